import type { OperationKind } from './operation.ts';
import type { LintRule, RuleCheck } from './rule.ts';
import { columnRules } from './rules/columns.ts';
import { constraintRules } from './rules/constraints.ts';
import { enumRules } from './rules/enums.ts';
import { fileRules } from './rules/files.ts';
import { indexRules } from './rules/indexes.ts';
import { partitionRules } from './rules/partitions.ts';
import { removalRules } from './rules/removals.ts';
import { rowRules } from './rules/rows.ts';
import { stepRules } from './rules/steps.ts';
import { tableRules } from './rules/tables.ts';
import { typeRules } from './rules/types.ts';
import { viewRules } from './rules/views.ts';

/** Every rule, in the order of their ids. */
export const lintRules: readonly LintRule[] = [
  ...indexRules,
  ...columnRules,
  ...removalRules,
  ...typeRules,
  ...constraintRules,
  ...partitionRules,
  ...enumRules,
  ...tableRules,
  ...viewRules,
  ...rowRules,
  ...stepRules,
  ...fileRules,
].toSorted((a, b) => (a.id < b.id ? -1 : 1));

export function findRule(id: string): LintRule | undefined {
  return lintRules.find((rule) => rule.id === id);
}

export interface OperationCheck {
  readonly rule: LintRule;
  readonly check: RuleCheck;
}

/** So that an operation meets only the rules that know its kind. */
export function checksByKind(): ReadonlyMap<OperationKind, readonly OperationCheck[]> {
  const found = new Map<OperationKind, OperationCheck[]>();
  for (const rule of lintRules) {
    for (const [kind, check] of Object.entries(rule.checks ?? {})) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of RuleChecks; each is called only with its own kind
      const key = kind as OperationKind;
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
      const entry = { rule, check: check as RuleCheck };
      const list = found.get(key);
      if (list) list.push(entry);
      else found.set(key, [entry]);
    }
  }
  return found;
}
