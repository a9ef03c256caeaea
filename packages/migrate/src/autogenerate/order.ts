import type { Schema } from '../schema/objects.ts';
import type { Operation, PlanContext } from './operations/operation.ts';

const phases = ['expand', 'backfill', 'contract'] as const;
const stages = ['loosen', 'make', 'drop'] as const;

/** By phase and stage; within one, what is needed comes first, and goes last. */
export function sortOperations(context: PlanContext, operations: readonly Operation[]): Operation[] {
  return phases.flatMap((phase) =>
    stages.flatMap((stage) => {
      const group = operations.filter((one) => one.phase === phase && one.stage === stage);
      if (stage === 'make') return byNeed(context.after, group);
      return byNeed(context.before, group).toReversed();
    }),
  );
}

function byNeed(schema: Schema, operations: readonly Operation[]): Operation[] {
  const makers = new Map<string, Operation[]>();
  for (const operation of operations) {
    for (const key of operation.keys) makers.set(key, [...(makers.get(key) ?? []), operation]);
  }
  const sorted = new Set<Operation>();
  const open = new Set<Operation>();
  const add = (operation: Operation): void => {
    if (sorted.has(operation) || open.has(operation)) return;
    open.add(operation);
    for (const key of operation.keys) {
      for (const needed of schema.needs.get(key) ?? []) for (const maker of makers.get(needed) ?? []) add(maker);
    }
    open.delete(operation);
    sorted.add(operation);
  };
  for (const operation of operations) add(operation);
  return [...sorted];
}
