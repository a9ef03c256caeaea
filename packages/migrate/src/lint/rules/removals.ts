import type { LintRule } from '../rule.ts';
import { findTable, keyOf, relatedTables } from '../schema-state.ts';
import { mayTakeBack } from '../taken-back.ts';
import { isAside, quoted } from './words.ts';

/** What goes away or gets another name. */
export const removalRules: readonly LintRule[] = [
  {
    id: 'ST050',
    name: 'drop-table',
    severity: 'error',
    problem: 'All rows are gone; and a foreign key makes the drop lock the other table too.',
    lock: 'ACCESS EXCLUSIVE, also on the tables at the other end of its foreign keys',
    blocks: 'reads and writes; old code, for good',
    safe: 'Drop its foreign keys in steps before, then set the table aside, which a downgrade can undo.',
    example: "SELECT stanchion.soft_drop_table('orders', '<revision>');",
    page: 'sql-droptable.html',
    known: ['s:ban-drop-table', 'r:drop_table'],
    checks: {
      drop_table: ({ table }, { isNew, state, phase, section }) => {
        // The down of a baseline has nothing else to do, and the run counts rows and refuses. To accept it here would end that.
        const isBaselineDown = phase === 'baseline' && section.endsWith(':down');
        if (isNew(table) || isBaselineDown) return undefined;
        const others = relatedTables(state, table).map(quoted);
        const locks = others.length === 0 ? '' : `, and locks ${others.join(', ')} too`;
        return `dropping ${quoted(table)} loses its rows${locks}`;
      },
    },
  },
  {
    id: 'ST051',
    name: 'truncate',
    severity: 'error',
    problem: 'TRUNCATE empties the table, waits for every reader, and is not visible as such to older snapshots.',
    lock: 'ACCESS EXCLUSIVE',
    blocks: 'reads and writes',
    safe: 'Set the table aside, or delete in a batch step.',
    example:
      '-- stanchion:step empty mode=batch table=orders key=id\nDELETE FROM orders WHERE id IN (SELECT id FROM batch_keys);',
    page: 'sql-truncate.html',
    known: ['s:ban-truncate-cascade'],
    checks: {
      truncate: ({ table, cascade }, { isNew }) =>
        isNew(table) && !cascade
          ? undefined
          : `TRUNCATE of ${quoted(table)}${cascade ? ' CASCADE, which empties every table that refers to it,' : ''} loses rows`,
    },
  },
  {
    id: 'ST052',
    name: 'rename-table',
    severity: 'error',
    problem: 'Code that runs now knows only the old name: it fails from the commit on, and again after a rollback.',
    lock: 'ACCESS EXCLUSIVE for an instant',
    blocks: 'old code, for good',
    safe: 'Leave the name and map it in the code; or, in the same transaction, a view with the old name, which takes writes too.',
    example: 'ALTER TABLE orders RENAME TO purchases;\nCREATE VIEW orders AS SELECT * FROM purchases;',
    page: 'sql-createview.html#SQL-CREATEVIEW-UPDATABLE-VIEWS',
    known: ['s:renaming-table', 'r:rename_table'],
    checks: {
      rename_table: ({ table }, { isNew, following, state }) => {
        const key = keyOf(state, table);
        // Aliased at once: old code finds an updatable view where the table was.
        const isAliased = following.some((one) => one.kind === 'create_view' && keyOf(state, one.view) === key);
        return isNew(table) || isAliased || isAside(table) ? undefined : `code that runs now asks for ${quoted(table)}`;
      },
    },
  },
  {
    id: 'ST020',
    name: 'rename-column',
    severity: 'error',
    problem: 'Code that runs now knows only the old name: it fails from the commit on, and again after a rollback.',
    lock: 'ACCESS EXCLUSIVE for an instant',
    blocks: 'old code, for good',
    safe: 'Leave the name and map it in the code; or add the new column, write both, fill, switch, and set the old one aside.',
    example:
      'ALTER TABLE orders ADD COLUMN reference text; -- then a trigger that writes both, a batch step, a contract revision',
    page: 'ddl-alter.html#DDL-ALTER-RENAMING-COLUMN',
    known: ['s:renaming-column', 'r:rename_column'],
    checks: {
      rename_column: ({ table, column }, { isNew }) =>
        isNew(table) || isAside({ schema: undefined, name: column })
          ? undefined
          : `code that runs now asks for "${column}" of ${quoted(table)}`,
    },
  },
  {
    id: 'ST053',
    name: 'move-to-schema',
    severity: 'error',
    problem: 'Code that runs now does not find the table in its new schema.',
    lock: 'ACCESS EXCLUSIVE for an instant',
    blocks: 'old code, for good',
    safe: 'Leave it where it is; or, in the same transaction, a view with the old name. To set a table aside there is soft_drop_table().',
    example: 'ALTER TABLE orders SET SCHEMA sales;\nCREATE VIEW public.orders AS SELECT * FROM sales.orders;',
    page: 'sql-createview.html#SQL-CREATEVIEW-UPDATABLE-VIEWS',
    checks: {
      set_schema: ({ table, to }, { isNew, following, state }) => {
        const isAliased = following.some(
          (one) => one.kind === 'create_view' && keyOf(state, one.view) === keyOf(state, table),
        );
        return isNew(table) || isAliased || isAside(table)
          ? undefined
          : `code that runs now does not find ${quoted(table)} in schema "${to}"`;
      },
    },
  },
  {
    id: 'ST054',
    name: 'cascade',
    severity: 'error',
    problem:
      'CASCADE drops whatever depends on it in that database, which this file does not name and no downgrade restores.',
    lock: 'ACCESS EXCLUSIVE on everything that goes',
    blocks: 'whatever used it',
    safe: 'Drop what depends on it by name, each with its way back; without CASCADE a surprise is an error.',
    example: 'DROP VIEW order_totals;\n-- stanchion:step view mode=tx\nDROP VIEW orders_view;',
    page: 'ddl-depend.html',
    checks: {
      drop_table: ({ table, cascade }) => sayCascade(cascade, quoted(table)),
      drop_column: ({ table, column, cascade }) => sayCascade(cascade, `"${column}" of ${quoted(table)}`),
      drop_view: ({ view, cascade }) => sayCascade(cascade, quoted(view)),
      drop_constraint: ({ name, cascade }) => sayCascade(cascade, `constraint "${name}"`),
      drop_object: ({ what, name, cascade }) => sayCascade(cascade, `${what} "${name.name}"`),
    },
  },
  {
    id: 'ST058',
    name: 'drop-or-rename-container',
    severity: 'error',
    problem: 'A schema or database goes away, or changes its name, with everything in it.',
    lock: 'ACCESS EXCLUSIVE on what is in it',
    blocks: 'all code that uses it',
    safe: 'Set its tables aside one by one; give new things a new schema and move the code.',
    example: "SELECT stanchion.soft_drop_table('sales.orders', '<revision>');",
    page: 'sql-dropschema.html',
    known: ['s:ban-drop-database', 'r:rename_schema'],
    checks: {
      drop_object: ({ what, name }) =>
        what === 'schema' || what === 'database' || what.startsWith('everything')
          ? `${what} "${name.name}" goes away`
          : undefined,
      rename_object: ({ what, name }) =>
        what === 'schema' || what === 'database' ? `code that runs now asks for ${what} "${name.name}"` : undefined,
    },
  },
  {
    id: 'ST084',
    name: 'set-aside-not-taken-back',
    severity: 'warning',
    problem:
      'The down sets aside a table that its up makes, and the up does not ask for it: the next upgrade makes an empty one, while the rows stay in the archive until they are purged.',
    lock: 'none',
    blocks: 'nothing; the rows are missing',
    safe: 'Ask for it in the up, before the table is made: what is kept comes back, else nothing happens.',
    example:
      "SELECT stanchion.take_back_table('orders', '<revision>');\nCREATE TABLE IF NOT EXISTS orders (id bigint PRIMARY KEY);",
    page: 'sql-createtable.html',
    checks: {
      soft_drop: ({ table, column }, { state, section, up }) => {
        if (column !== undefined || !section.endsWith(':down')) return undefined;
        const isMadeByUp = findTable(state, table)?.madeIn === section.replace(/:down$/, ':up');
        return isMadeByUp && !mayTakeBack(up, table.name)
          ? `${quoted(table)} is set aside with its rows, and an upgrade after that makes an empty one`
          : undefined;
      },
    },
  },
  {
    id: 'ST059',
    name: 'rename-object',
    severity: 'warning',
    problem: 'Code that runs now knows a type, view, sequence or function only by its old name and schema.',
    lock: 'ACCESS EXCLUSIVE on a view; none on tables otherwise',
    blocks: 'old code that names it',
    safe: 'Create it anew beside the old one, and drop the old one when nothing names it any more.',
    example: 'CREATE VIEW open_orders AS SELECT * FROM orders WHERE closed_at IS NULL;',
    page: 'sql-alterview.html',
    checks: {
      rename_object: ({ what, name }, { state, section }) =>
        isAside(name) ||
        what === 'schema' ||
        what === 'database' ||
        state.views.get(keyOf(state, name))?.madeIn === section
          ? undefined
          : `code that runs now asks for ${what} ${quoted(name)}`,
      move_object: ({ what, name }) =>
        isAside(name) ? undefined : `code that runs now asks for ${what} ${quoted(name)}`,
    },
  },
];

function sayCascade(cascade: boolean, what: string): string | undefined {
  return cascade ? `whatever depends on ${what} is dropped with it` : undefined;
}
