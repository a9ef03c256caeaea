import type { MeasuredStatement, MeasureReport } from '../measure/report.ts';
import type { QualifiedName } from '../sql-statements.ts';
import { type Cost, type Effect, isAtLeast } from './effects.ts';
import type { LockMode, Operation } from './operation.ts';
import type { LintRule } from './rule.ts';

/** What was measured, by the step in which it stands. */
export type MeasuredSteps = ReadonlyMap<string, readonly MeasuredStatement[]>;

export function bySteps({ statements }: MeasureReport): MeasuredSteps {
  const steps = new Map<string, MeasuredStatement[]>();
  for (const one of statements) {
    const key = stepKey(one.revision, one.direction, one.step);
    const list = steps.get(key) ?? [];
    list.push(one);
    steps.set(key, list);
  }
  return steps;
}

export function stepKey(revision: string, direction: string, step: string): string {
  return `${revision}:${direction}:${step}`;
}

/** The same shape as the prediction, from what happened. */
export function measuredEffects(facts: MeasuredStatement): Effect[] {
  return facts.locks.map(({ table, lock }) => ({ table: nameOf(table), lock, cost: costOf(facts, table) }));
}

/** Changes of rows cost what there are rows: a shadow without rows tells nothing about them. */
const ofRows = new Set<Operation['kind']>(['update', 'delete', 'merge', 'insert', 'copy_in', 'truncate', 'soft_drop']);

/** Whether the rule speaks of a cost, and PostgreSQL had none. */
export function isRefuted(rule: LintRule, kind: Operation['kind'], facts: MeasuredStatement | undefined): boolean {
  if (!facts || ofRows.has(kind)) return false;
  if (kind === 'opaque' || kind === 'select') return rule.id === 'ST093';
  return rule.growsWithRows === true && facts.rewritten.length + facts.indexed.length + facts.scanned.length === 0;
}

/**
 * What a statement did that nobody has named: work under a lock for which others wait. `held` are the locks of the transaction so
 * far. Of a statement that cannot be looked into also the lock alone.
 */
export function unnamed(
  facts: MeasuredStatement,
  { held, isOpaque }: { held: ReadonlyMap<string, LockMode>; isOpaque: boolean },
): { message: string; table: QualifiedName } | undefined {
  const locks = new Map([...held, ...facts.locks.map(({ table, lock }) => [table, lock] as const)]);
  for (const [table, lock] of locks) {
    if (!isAtLeast(lock, 'SHARE')) continue;
    const cost = costOf(facts, table);
    if (cost !== 'none') return { message: `"${table}" ${words[cost]} under ${lock}`, table: nameOf(table) };
    if (isOpaque && facts.locks.some((one) => one.table === table))
      return { message: `"${table}" is locked ${lock}`, table: nameOf(table) };
  }
  return undefined;
}

const words: Readonly<Record<Exclude<Cost, 'none'>, string>> = {
  rewrite: 'is rewritten',
  index: 'gets an index built',
  scan: 'is read as a whole',
  rows: 'is changed',
};

function costOf({ rewritten, indexed, scanned }: MeasuredStatement, table: string): Cost {
  if (rewritten.includes(table)) return 'rewrite';
  if (indexed.includes(table)) return 'index';
  return scanned.includes(table) ? 'scan' : 'none';
}

function nameOf(table: string): QualifiedName {
  const at = table.indexOf('.');
  return { schema: table.slice(0, at), name: table.slice(at + 1) };
}
