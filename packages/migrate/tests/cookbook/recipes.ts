import type { MatrixCase } from '../autogenerate/case.ts';

/** A change as the cookbook shows it: what it is about, the models before and after, and rows to try it on. */
export interface Recipe extends Omit<MatrixCase, 'phases' | 'contains' | 'refused' | 'since' | 'until'> {
  readonly rows: string;
  /** What to know, in a few sentences. */
  readonly text: string;
  /** The command line behind `revision --autogenerate -m …`. */
  readonly flags?: string;
}

const orders = (columns: string): string =>
  `CREATE TABLE orders (\n  id bigint PRIMARY KEY,\n  customer_id bigint NOT NULL${columns}\n);`;
const rows = 'INSERT INTO orders (id, customer_id) SELECT n, n % 3 FROM generate_series(1, 100) n;';

export const recipes: readonly Recipe[] = [
  {
    name: 'Add a column',
    text: `Nullable, or with a constant default: PostgreSQL keeps the default beside the rows and rewrites nothing. A downgrade sets the column
aside with its values, and the next upgrade takes them back; the second step only matters then.`,
    before: orders(''),
    after: orders(",\n  note text,\n  state text NOT NULL DEFAULT 'new'"),
    rows,
  },
  {
    name: 'Add a column whose default differs from row to row',
    text: `In one \`ADD COLUMN\` each row would have to be written under \`ACCESS EXCLUSIVE\`. So: the column, then its default for new rows, then the old
rows in batches, then the ladder to \`NOT NULL\`. Deploy the code that reads it after the backfill.`,
    before: orders(''),
    after: orders(',\n  token uuid NOT NULL DEFAULT gen_random_uuid()'),
    rows,
  },
  {
    name: 'Make a column required',
    text: `\`SET NOT NULL\` scans under \`ACCESS EXCLUSIVE\`, unless a valid \`CHECK\` says the same: that one is validated beside readers and
writers. Without \`--fill\` the first step counts the rows without a value, and stops with their number. It is a contract revision: the
old version may still write nulls.`,
    before: orders(',\n  note text'),
    after: orders(',\n  note text NOT NULL'),
    rows,
    fills: { 'orders.note': "''" },
    flags: `--fill "orders.note=''"`,
    fillsStay: true,
  },
  {
    name: 'Drop a column',
    text: `First new code must be able to leave it out, then, when the old version is gone, it is set aside: renamed, not dropped, so that
the downgrade has every value. \`stanchion-migrate archive purge\` drops it for good after its retention.`,
    before: orders(',\n  code varchar(10) NOT NULL UNIQUE'),
    after: orders(''),
    rows: "INSERT INTO orders SELECT n, n % 3, 'c' || n FROM generate_series(1, 100) n;",
  },
  {
    name: 'Rename a column',
    text: `A plain \`RENAME\` breaks the version that runs. Here both names work: a trigger keeps them equal while both versions are deployed. Without
\`--rename\` (or an answer at the terminal) nothing is written: \`note\` may as well have gone, and \`remark\` be new.`,
    before: `${orders(',\n  note text')}\nCREATE INDEX orders_note ON orders (note);`,
    after: `${orders(',\n  remark text')}\nCREATE INDEX orders_note ON orders (remark);`,
    rows: "INSERT INTO orders SELECT n, n % 3, 'note ' || n FROM generate_series(1, 100) n;",
    renames: [['orders.note', 'orders.remark']],
    flags: '--rename orders.note:orders.remark',
  },
  {
    name: 'Change a type that needs every row: int to bigint',
    text: `The new column is filled beside the old one, with its indexes and keys, and takes its place in one short transaction; the old one
is set aside. A downgrade copies back only what was written since, and counts beforehand what the old type cannot hold.
Changes that need no rewrite (a wider varchar, varchar to text) are made as they are; the shadow measures which those are.`,
    before: 'CREATE TABLE orders (\n  id serial PRIMARY KEY,\n  name text\n);',
    after: 'CREATE TABLE orders (\n  id bigserial PRIMARY KEY,\n  name text\n);',
    rows: "INSERT INTO orders (name) SELECT 'name ' || n FROM generate_series(1, 100) n;",
  },
  {
    name: 'Add an index and a unique constraint',
    text: `Both are built concurrently, each in a step of its own; what a killed run left invalid is dropped and built again. The constraint takes
its finished index over.`,
    before: orders(',\n  code text'),
    after: `${orders(',\n  code text,\n  CONSTRAINT orders_code_key UNIQUE (code)')}\nCREATE INDEX orders_customer_id ON orders (customer_id);`,
    rows: "INSERT INTO orders SELECT n, n % 3, 'c' || n FROM generate_series(1, 100) n;",
  },
  {
    name: 'Add a foreign key',
    text: `\`NOT VALID\` binds new rows at once and reads none; \`VALIDATE\` reads the old ones beside readers and writers. An index on the referring
column is your own decision: without one, deleting a customer reads all orders.`,
    before: `CREATE TABLE customers (\n  id bigint PRIMARY KEY\n);\n${orders('')}`,
    after: `CREATE TABLE customers (\n  id bigint PRIMARY KEY\n);\n${orders(',\n  CONSTRAINT orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers (id)')}`,
    rows: `INSERT INTO customers SELECT n FROM generate_series(0, 2) n; ${rows}`,
  },
  {
    name: 'Change a check',
    text: `The new one stands beside the old one until it is valid; then it takes its name. Adding one is the first two steps of this.`,
    before: orders(',\n  amount int,\n  CONSTRAINT orders_amount CHECK (amount > 0)'),
    after: orders(',\n  amount int,\n  CONSTRAINT orders_amount CHECK (amount BETWEEN 1 AND 1000)'),
    rows: 'INSERT INTO orders SELECT n, n % 3, n FROM generate_series(1, 100) n;',
  },
  {
    name: 'Rename a table',
    text: `The old name becomes a view that passes reads and writes on, with the rights of who asks, until the contract revision.`,
    before: orders(''),
    after: orders('').replace('orders', 'purchases'),
    rows,
    renames: [['orders', 'purchases']],
    flags: '--rename orders:purchases',
  },
  {
    name: 'Drop a table',
    text: `Set aside with its rows, indexes and keys, in a schema of its own; the downgrade moves it back.`,
    before: `${orders('')}\nCREATE TABLE drafts (\n  id bigint PRIMARY KEY,\n  order_id bigint REFERENCES orders (id)\n);`,
    after: orders(''),
    rows: `${rows} INSERT INTO drafts VALUES (1, 1), (2, NULL);`,
  },
];
