import type { LintRule } from '../rule.ts';
import { keyOf, provesNotNull } from '../schema-state.ts';
import { findVolatileCall } from '../volatility.ts';
import { quoted } from './words.ts';

const fill =
  'ALTER TABLE orders ADD COLUMN ref uuid;\nALTER TABLE orders ALTER COLUMN ref SET DEFAULT gen_random_uuid();\n' +
  '-- stanchion:step fill mode=batch table=orders key=id\n' +
  'UPDATE orders SET ref = gen_random_uuid() WHERE id IN (SELECT id FROM batch_keys) AND ref IS NULL;';
const rewrite = {
  lock: 'ACCESS EXCLUSIVE during a table rewrite',
  blocks: 'reads and writes',
  growsWithRows: true,
} as const;

/** ADD COLUMN, in the forms that do more than to note a column in the catalog. */
export const columnRules: readonly LintRule[] = [
  {
    id: 'ST010',
    name: 'add-column-volatile-default',
    severity: 'error',
    problem: 'A default that differs from row to row rewrites the whole table and all its indexes.',
    ...rewrite,
    safe: 'Add the column without it, set the default, fill the old rows in a batch step.',
    example: fill,
    page: 'sql-altertable.html#SQL-ALTERTABLE-NOTES',
    known: ['s:adding-field-with-default', 'r:add_column_default'],
    checks: {
      add_column: ({ table, column }, { isNew, state }) => {
        const call = isNew(table) ? undefined : findVolatileCall(column.default, state);
        return call === undefined
          ? undefined
          : `the default of "${column.name}" calls ${call}(), which is volatile or unknown: ${quoted(table)} is rewritten`;
      },
    },
  },
  {
    id: 'ST011',
    name: 'add-column-serial-or-identity',
    severity: 'error',
    problem: 'A serial or identity column gives each row a number: the table is rewritten.',
    ...rewrite,
    safe: 'Add a bigint, set nextval() of a new sequence as its default, fill in batches, then ADD GENERATED.',
    example:
      'ALTER TABLE orders ADD COLUMN no bigint;\nCREATE SEQUENCE orders_no OWNED BY orders.no;\n' +
      "ALTER TABLE orders ALTER COLUMN no SET DEFAULT nextval('orders_no');",
    page: 'sql-altertable.html#SQL-ALTERTABLE-NOTES',
    known: ['s:adding-serial-primary-key-field', 'r:add_column_auto_incrementing'],
    checks: {
      add_column: ({ table, column }, { isNew }) => {
        if (isNew(table) || !(column.identity || /^(?:big|small)?serial$/.test(column.type.name))) return undefined;
        return `"${column.name}" numbers the rows of ${quoted(table)}: all of them are written anew`;
      },
    },
  },
  {
    id: 'ST012',
    name: 'add-column-stored',
    severity: 'error',
    problem: 'A stored generated column is computed for every row: the table is rewritten.',
    ...rewrite,
    safe: 'PostgreSQL 18: a VIRTUAL one, which is computed when it is read. Before: a plain column, a trigger, a batch step.',
    example: 'ALTER TABLE orders ADD COLUMN gross numeric GENERATED ALWAYS AS (net * 1.2) VIRTUAL;',
    page: 'ddl-generated-columns.html',
    known: ['s:adding-field-with-default', 'r:add_column_generated_stored'],
    checks: {
      add_column: ({ table, column }, { isNew }) =>
        column.generated === 'stored' && !isNew(table)
          ? `"${column.name}" is computed and written for every row of ${quoted(table)}`
          : undefined,
    },
  },
  {
    id: 'ST013',
    name: 'add-column-constrained-domain',
    severity: 'error',
    problem: 'The rules of a domain are checked for every row of a new column, even when it is empty: a rewrite.',
    ...rewrite,
    safe: 'Take the plain type and a CHECK … NOT VALID, validated in a later step.',
    example:
      "ALTER TABLE orders ADD COLUMN mail text;\nALTER TABLE orders ADD CONSTRAINT orders_mail CHECK (mail LIKE '%@%') NOT VALID;",
    page: 'sql-createdomain.html',
    checks: {
      add_column: ({ table, column }, { isNew, state }) =>
        !isNew(table) && state.types.get(keyOf(state, column.type)) === true
          ? `"${column.name}" is of a domain with rules, for which ${quoted(table)} is rewritten`
          : undefined,
    },
  },
  {
    id: 'ST014',
    name: 'add-column-with-foreign-key',
    severity: 'error',
    problem:
      'A foreign key that comes with its column locks both tables in the same moment, and with a default is checked at once.',
    lock: 'ACCESS EXCLUSIVE on the table, SHARE ROW EXCLUSIVE on the other',
    blocks: 'reads and writes here, writes there',
    safe: 'Add the column; in a later step the foreign key NOT VALID; in another VALIDATE it.',
    example:
      'ALTER TABLE orders ADD COLUMN shop_id bigint;\n-- stanchion:step key mode=tx\n' +
      'ALTER TABLE orders ADD CONSTRAINT orders_shop FOREIGN KEY (shop_id) REFERENCES shops NOT VALID;\n' +
      '-- stanchion:step check mode=tx\nALTER TABLE orders VALIDATE CONSTRAINT orders_shop;',
    page: 'sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT',
    known: ['s:adding-foreign-key-constraint', 'r:add_reference'],
    checks: {
      add_column: ({ table, column }, { isNew }) => {
        const key = column.constraints.find((one) => one.kind === 'foreign_key');
        if (!key?.references || (isNew(table) && isNew(key.references))) return undefined;
        return `"${column.name}" REFERENCES ${quoted(key.references)}: one statement locks both tables`;
      },
    },
  },
  {
    id: 'ST015',
    name: 'add-column-unique',
    severity: 'error',
    problem: 'UNIQUE or PRIMARY KEY with a column builds its index while everybody waits.',
    lock: 'ACCESS EXCLUSIVE for the whole build',
    blocks: 'reads and writes',
    growsWithRows: true,
    safe: 'Add the column, build a unique index CONCURRENTLY, then ADD CONSTRAINT … USING INDEX.',
    example:
      '-- stanchion:step build mode=notx\nCREATE UNIQUE INDEX CONCURRENTLY orders_ref_key ON orders (ref);\n' +
      '-- stanchion:step constraint mode=tx\nALTER TABLE orders ADD CONSTRAINT orders_ref_key UNIQUE USING INDEX orders_ref_key;',
    page: 'sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT-USING-INDEX',
    known: ['s:disallowed-unique-constraint', 's:adding-serial-primary-key-field'],
    checks: {
      add_column: ({ table, column }, { isNew }) =>
        !isNew(table) && column.constraints.some((one) => one.kind === 'unique' || one.kind === 'primary_key')
          ? `the index of "${column.name}" is built while everybody waits for ${quoted(table)}`
          : undefined,
    },
  },
  {
    id: 'ST016',
    name: 'add-column-with-check',
    severity: 'error',
    problem: 'A CHECK that comes with its column reads the whole table while everybody waits.',
    lock: 'ACCESS EXCLUSIVE during a scan',
    blocks: 'reads and writes',
    growsWithRows: true,
    safe: 'Add the column; then the CHECK NOT VALID; VALIDATE it in a later step.',
    example:
      'ALTER TABLE orders ADD COLUMN total int;\nALTER TABLE orders ADD CONSTRAINT orders_total CHECK (total >= 0) NOT VALID;\n' +
      '-- stanchion:step check mode=tx\nALTER TABLE orders VALIDATE CONSTRAINT orders_total;',
    page: 'sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT',
    known: ['s:constraint-missing-not-valid'],
    checks: {
      add_column: ({ table, column }, { isNew }) =>
        !isNew(table) && column.constraints.some((one) => one.kind === 'check' && one.enforced)
          ? `the CHECK on "${column.name}" reads all of ${quoted(table)}`
          : undefined,
    },
  },
  {
    id: 'ST017',
    name: 'add-required-column',
    severity: 'error',
    problem:
      'NOT NULL without a default fails on a table with rows, and refuses every INSERT of the code that runs now.',
    lock: 'ACCESS EXCLUSIVE',
    blocks: 'old code, for good',
    safe: 'Give it a constant default; or add it nullable, fill it, and set NOT NULL by the ladder of ST018.',
    example: "ALTER TABLE orders ADD COLUMN state text NOT NULL DEFAULT 'new';",
    page: 'ddl-alter.html#DDL-ALTER-ADDING-A-COLUMN',
    known: ['s:adding-required-field', 's:adding-not-nullable-field', 'r:add_column'],
    checks: {
      add_column: ({ table, column }, { isNew }) => {
        const given = column.default !== undefined || column.identity || column.generated !== undefined;
        const isSerial = /^(?:big|small)?serial$/.test(column.type.name);
        if (!column.notNull || given || isSerial || isNew(table)) return undefined;
        return `"${column.name}" is NOT NULL and has no default: rows of ${quoted(table)} and INSERTs of old code have no value for it`;
      },
    },
  },
  {
    id: 'ST018',
    name: 'set-not-null',
    severity: 'error',
    problem: 'SET NOT NULL reads the whole table while everybody waits, unless a validated CHECK proves it.',
    lock: 'ACCESS EXCLUSIVE during a scan',
    blocks: 'reads and writes',
    growsWithRows: true,
    safe:
      'CHECK (… IS NOT NULL) NOT VALID, VALIDATE in a later step, then SET NOT NULL and drop the CHECK. ' +
      'PostgreSQL 18: ADD CONSTRAINT … NOT NULL … NOT VALID, then VALIDATE.',
    example:
      '-- stanchion:step rule mode=tx\nALTER TABLE orders ADD CONSTRAINT orders_ref_nn CHECK (ref IS NOT NULL) NOT VALID;\n' +
      '-- stanchion:step check mode=tx\nALTER TABLE orders VALIDATE CONSTRAINT orders_ref_nn;\n' +
      '-- stanchion:step set mode=tx\nALTER TABLE orders ALTER COLUMN ref SET NOT NULL;\nALTER TABLE orders DROP CONSTRAINT orders_ref_nn;',
    page: 'sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DROP-NOT-NULL',
    known: ['s:adding-not-nullable-field', 'r:change_column_null'],
    checks: {
      set_not_null: ({ table, column }, { isNew, state, serverMajor }) => {
        if (isNew(table) || (serverMajor >= 12 && provesNotNull(state, table, column))) return undefined;
        return `SET NOT NULL on "${column}" reads all of ${quoted(table)}: no validated CHECK proves it`;
      },
    },
  },
  {
    id: 'ST019',
    name: 'drop-column',
    severity: 'error',
    problem: 'The values are gone, and code that still runs names the column.',
    lock: 'ACCESS EXCLUSIVE for an instant',
    blocks: 'old code, for good',
    safe: 'Stop reading and writing it first; then set it aside instead of dropping it, which a downgrade can undo.',
    example: "SELECT stanchion.soft_drop_column('orders', 'ref', '<revision>');",
    page: 'ddl-alter.html#DDL-ALTER-REMOVING-A-COLUMN',
    known: ['s:ban-drop-column', 'r:remove_column'],
    checks: {
      drop_column: ({ table, column }, { isNew }) =>
        isNew(table) ? undefined : `dropping "${column}" of ${quoted(table)} loses its values`,
    },
  },
  {
    id: 'ST023',
    name: 'add-column-default-before-11',
    severity: 'error',
    problem: 'Before PostgreSQL 11 any default rewrites the table.',
    ...rewrite,
    safe: 'Add the column without it, set the default, fill the old rows in a batch step.',
    example: fill,
    page: 'release-11.html',
    known: ['s:adding-field-with-default'],
    checks: {
      add_column: ({ table, column }, { isNew, serverMajor }) =>
        serverMajor < 11 && column.default !== undefined && !isNew(table)
          ? `the default of "${column.name}" rewrites ${quoted(table)} before PostgreSQL 11`
          : undefined,
    },
  },
  {
    id: 'ST024',
    name: 'add-column-if-not-exists',
    severity: 'notice',
    problem: 'IF NOT EXISTS takes any column of that name, whatever its type, for the one that is wanted.',
    lock: 'none',
    blocks: 'nothing',
    safe: 'Leave it out: the journal knows what was done, and nothing is done twice. Behind take_back_column() it belongs.',
    example: 'ALTER TABLE orders ADD COLUMN ref text;',
    page: 'sql-altertable.html',
    checks: {
      add_column: ({ ifNotExists, table, column }, { preceding, state }) => {
        // What this revision's own downgrade set aside comes back as it was, or not at all.
        const isTakenBack = preceding.some(
          (one) =>
            one.kind === 'take_back' && one.column === column.name && keyOf(state, one.table) === keyOf(state, table),
        );
        return ifNotExists && !isTakenBack
          ? `a column "${column.name}" of another type would pass for this one`
          : undefined;
      },
    },
  },
];
