import { isAtLeast } from '../effects.ts';
import type { LintRule, StepItem, StepMatch, StepView } from '../rule.ts';
import { quoted } from './words.ts';

/** What statements do to each other: locks add up until the step commits. */
export const stepRules: readonly LintRule[] = [
  {
    id: 'ST033',
    name: 'validated-in-the-same-transaction',
    severity: 'error',
    problem:
      'VALIDATE in the transaction that adds the constraint reads under the lock that NOT VALID was meant to avoid.',
    lock: 'that of the ADD CONSTRAINT, during a scan',
    blocks: 'reads and writes, or writes of two tables',
    growsWithRows: true,
    safe: 'VALIDATE in a later step.',
    example:
      'ALTER TABLE orders ADD CONSTRAINT orders_total CHECK (total >= 0) NOT VALID;\n' +
      '-- stanchion:step check mode=tx\nALTER TABLE orders VALIDATE CONSTRAINT orders_total;',
    page: 'sql-altertable.html#SQL-ALTERTABLE-NOTES',
    known: ['s:constraint-missing-not-valid', 'r:validate_constraint'],
    checkStep: ({ items }) =>
      items.flatMap((item, index) => {
        const { operation } = item;
        if (operation.kind !== 'validate_constraint' || item.effects.length === 0) return [];
        const added = items
          .slice(0, index)
          .some(
            ({ operation: one }) =>
              one.kind === 'add_constraint' &&
              one.constraint.name === operation.name &&
              one.table.name === operation.table.name,
          );
        const message = `"${operation.name}" is validated in the transaction that adds it`;
        return added ? [{ at: operation.at, message, table: operation.table }] : [];
      }),
  },
  {
    id: 'ST083',
    name: 'rows-and-schema-in-one-transaction',
    severity: 'error',
    problem: 'Changing rows and the schema in one transaction holds the lock of the one for the time of the other.',
    lock: 'the strongest of all, for the time of all',
    blocks: 'reads and writes',
    safe: 'Split: the schema in one step, the rows in a batch step behind it.',
    example:
      "ALTER TABLE orders ADD COLUMN state text;\n-- stanchion:step fill mode=batch table=orders key=id\nUPDATE orders SET state = 'new' WHERE id IN (SELECT id FROM batch_keys);",
    page: 'explicit-locking.html',
    checkStep: ({ items }) => {
      const strong = items.find((item) => item.effects.some((one) => isAtLeast(one.lock, 'SHARE')));
      const change = items.find(({ operation, effects }) => changesRows(operation.kind) && effects.length > 0);
      if (!strong || !change) return [];
      const later = strong.operation.at > change.operation.at ? strong : change;
      const table = strong.effects[0]?.table;
      return [
        {
          at: later.operation.at,
          message: `rows are changed in the transaction that locks ${table ? quoted(table) : 'a table'}`,
          ...(table ? { table } : {}),
        },
      ];
    },
  },
  {
    id: 'ST090',
    name: 'several-tables-locked',
    severity: 'error',
    problem:
      'Two tables locked against everybody one after the other in a transaction: a deadlock with whoever takes them in the other order.',
    lock: 'ACCESS EXCLUSIVE on several tables',
    blocks: 'reads and writes of all of them',
    safe: 'One table a step.',
    example:
      'ALTER TABLE orders ADD COLUMN ref text;\n-- stanchion:step shops mode=tx\nALTER TABLE shops ADD COLUMN ref text;',
    page: 'explicit-locking.html#LOCKING-DEADLOCKS',
    checkStep: (step) => {
      const locked = exclusiveTables(step);
      const second = locked[1];
      if (!second) return [];
      const names = locked.map(({ table }) => quoted(table)).join(', ');
      return [
        { at: second.at, message: `${names} are locked against everybody in one transaction`, table: second.table },
      ];
    },
  },
  {
    id: 'ST091',
    name: 'slow-work-under-a-lock',
    severity: 'error',
    problem:
      'Something slow runs while an earlier statement of the same transaction holds a lock that others wait for.',
    lock: 'that of the earlier statement, for the time of both',
    blocks: 'whoever conflicts with the lock',
    growsWithRows: true,
    safe: 'Two steps.',
    example:
      'ALTER TABLE orders ADD COLUMN ref text;\n-- stanchion:step check mode=tx\nALTER TABLE orders VALIDATE CONSTRAINT orders_total;',
    page: 'explicit-locking.html',
    checkStep: ({ items }) =>
      followed(items, isStrong, isSlow, (strong, slow) => {
        return `runs long while ${quoted(strong)} is locked by a statement before it${slow.name === strong.name ? '' : ` and reads ${quoted(slow)}`}`;
      }),
  },
  {
    id: 'ST092',
    name: 'lock-after-slow-work',
    severity: 'warning',
    problem:
      'A lock behind something slow in one transaction: each time the lock is not granted at once, the slow work is done again.',
    lock: 'ACCESS EXCLUSIVE after a scan',
    blocks: 'reads and writes; the runner repeats the step',
    growsWithRows: true,
    safe: 'Two steps: what is slow commits first.',
    example:
      'ALTER TABLE orders VALIDATE CONSTRAINT orders_ref_nn;\n-- stanchion:step set mode=tx\nALTER TABLE orders DROP CONSTRAINT orders_ref_nn;',
    page: 'explicit-locking.html',
    checkStep: ({ items }) =>
      followed(items, isSlow, isStrong, (slow, strong) => {
        return `${quoted(strong)} is locked behind the long work on ${quoted(slow)}, which is repeated whenever the lock is not free`;
      }),
  },
  {
    id: 'ST095',
    name: 'setting-of-the-runner',
    severity: 'warning',
    problem:
      'The runner pins these settings for every step; a step that changes them waits longer, or means something else, than the rules assume.',
    lock: 'none',
    blocks: 'depends on the setting',
    safe: 'Leave them. Qualify names instead of setting search_path; waits are options of the run.',
    example: 'ALTER TABLE app.orders ADD COLUMN ref text;',
    page: 'runtime-config-client.html',
    checks: {
      set_setting: ({ name }) => (pinned.has(name.toLowerCase()) ? `"${name}" is pinned by the runner` : undefined),
    },
  },
];

const pinned = new Set([
  'all',
  'lock_timeout',
  'statement_timeout',
  'idle_in_transaction_session_timeout',
  'transaction_timeout',
  'timezone',
  'search_path',
  'datestyle',
  'intervalstyle',
  'standard_conforming_strings',
  'session_replication_role',
  'application_name',
  'role',
  'session_authorization',
]);

function changesRows(kind: string): boolean {
  return ['insert', 'update', 'delete', 'merge', 'copy_in', 'truncate'].includes(kind);
}

interface Place {
  readonly table: { readonly schema: string | undefined; readonly name: string };
  readonly at: number;
}

/** Tables locked by different statements; what one statement locks together it locks in one order. */
function exclusiveTables({ items, mode }: StepView): Place[] {
  if (mode === 'notx') return [];
  const found: (Place & { statement: number })[] = [];
  for (const { operation, effects, statement } of items) {
    for (const { table, lock } of effects) {
      if (lock !== 'ACCESS EXCLUSIVE' || operation.kind === 'drop_table') continue;
      if (found.some((one) => one.table.name === table.name)) continue;
      if (found.length > 0 && found.every((one) => one.statement === statement)) continue;
      found.push({ table, at: operation.at, statement });
    }
  }
  return found;
}

type Is = (item: StepItem) => Place['table'] | undefined;

function isStrong({ effects, operation }: StepItem): Place['table'] | undefined {
  return changesRows(operation.kind) ? undefined : effects.find((one) => isAtLeast(one.lock, 'SHARE'))?.table;
}

/** Changes of rows have a rule of their own, ST083. */
function isSlow({ effects, operation }: StepItem): Place['table'] | undefined {
  return changesRows(operation.kind) ? undefined : effects.find((one) => one.cost !== 'none')?.table;
}

/** One match, for the first statement that comes behind another. A statement is not behind itself. */
function followed(
  items: readonly StepItem[],
  isFirst: Is,
  isSecond: Is,
  say: (first: Place['table'], second: Place['table']) => string,
): StepMatch[] {
  let before: { table: Place['table']; statement: number } | undefined;
  for (const item of items) {
    const table = isSecond(item);
    if (table && before && before.statement < item.statement)
      return [{ at: item.operation.at, message: say(before.table, table), table }];
    const first = before ? undefined : isFirst(item);
    if (first) before = { table: first, statement: item.statement };
  }
  return [];
}
