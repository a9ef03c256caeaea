import type { LintRule } from '../rule.ts';
import { quoted } from './words.ts';

export const enumRules: readonly LintRule[] = [
  {
    id: 'ST065',
    name: 'enum-value-without-place',
    severity: 'warning',
    problem: 'A value that is added without BEFORE or AFTER sorts last, wherever the last one is in that database.',
    lock: 'none on tables',
    blocks: 'nothing',
    safe: 'Say BEFORE or AFTER. The value can be used only after COMMIT: in a later step.',
    example: "ALTER TYPE order_state ADD VALUE 'paid' AFTER 'sent';",
    page: 'sql-altertype.html',
    known: ['s:require-enum-value-ordering'],
    checks: {
      add_enum_value: ({ type, value, placed }) =>
        placed ? undefined : `'${value}' is added to ${quoted(type)} without BEFORE or AFTER`,
    },
  },
  {
    id: 'ST066',
    name: 'enum-value-used-before-commit',
    severity: 'error',
    problem: 'A new enum value cannot be used in the transaction that adds it: the step fails.',
    lock: 'none: it fails',
    blocks: 'the deployment',
    safe: 'Use it in a later step.',
    example:
      "ALTER TYPE order_state ADD VALUE 'paid' AFTER 'sent';\n-- stanchion:step use mode=tx\nINSERT INTO labels VALUES ('paid', 'Paid');",
    page: 'sql-altertype.html',
    checkStep: ({ items, mode }) => {
      if (mode === 'notx') return [];
      return items.flatMap(({ operation, statement }) => {
        if (operation.kind !== 'add_enum_value') return [];
        const later = items.find((one) => one.statement > statement && one.constants().includes(operation.value));
        const message = `'${operation.value}' is used in the transaction that adds it`;
        return later ? [{ at: later.operation.at, message }] : [];
      });
    },
  },
  {
    id: 'ST067',
    name: 'rename-enum-value',
    severity: 'error',
    problem: 'Code that runs now writes and compares the old label, which the type no longer knows.',
    lock: 'none on tables',
    blocks: 'old code, for good',
    safe: 'Add the new value, teach the code both, update the rows in a batch step, and leave the old one.',
    example: "ALTER TYPE order_state ADD VALUE 'cancelled' AFTER 'canceled';",
    page: 'sql-altertype.html',
    known: ['r:rename_enum_value'],
    checks: {
      rename_enum_value: ({ type, value }) => `code that runs now knows the label '${value}' of ${quoted(type)}`,
    },
  },
  {
    id: 'ST068',
    name: 'write-to-catalog',
    severity: 'error',
    problem:
      'Writing to a system catalog skips every rule that keeps it consistent; removing an enum value this way breaks its rows and indexes.',
    lock: 'none on tables',
    blocks: 'whatever reads the damaged object',
    safe: 'Use the statement for it. For an enum with one value less: text and a CHECK, or a new type in a new column.',
    example: "ALTER TABLE orders ADD CONSTRAINT orders_state CHECK (state IN ('new', 'sent')) NOT VALID;",
    page: 'catalogs-overview.html',
    checks: { write_catalog: ({ table }) => `${quoted(table)} is a system catalog` },
  },
];
