/** A change and the way back, both one statement. */
export interface Change {
  readonly up: string;
  readonly down: string;
}

/** Tables, columns, constraints and indexes in turn, as a schema grows; on an empty database all are cheap. */
export function createChanges(count: number): Change[] {
  return Array.from({ length: count }, (_, index) => {
    const table = `thing_${Math.floor(index / kinds.length)}`;
    const kind = kinds[index % kinds.length];
    if (!kind) throw new TypeError('no kinds');
    return kind(table);
  });
}

const kinds: readonly ((table: string) => Change)[] = [
  (table) => ({
    up: `CREATE TABLE ${table} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, amount integer)`,
    down: `DROP TABLE ${table}`,
  }),
  (table) => ({
    up: `ALTER TABLE ${table} ADD COLUMN created_at timestamptz NOT NULL DEFAULT now()`,
    down: `ALTER TABLE ${table} DROP COLUMN created_at`,
  }),
  (table) => ({
    up: `CREATE INDEX ${table}_created_at_idx ON ${table} (created_at)`,
    down: `DROP INDEX ${table}_created_at_idx`,
  }),
  (table) => ({
    up: `ALTER TABLE ${table} ADD CONSTRAINT ${table}_amount_check CHECK (amount >= 0)`,
    down: `ALTER TABLE ${table} DROP CONSTRAINT ${table}_amount_check`,
  }),
];

/** What the changes of {@link createChanges} leave behind, without the tools' own tables: the same whoever applied them. */
export const fingerprintSql = `
  SELECT (SELECT count(*) FROM pg_class WHERE relname ~ '^thing_\\d+$' AND relkind = 'r')::int AS tables,
         (SELECT count(*) FROM pg_class WHERE relname ~ '^thing_' AND relkind = 'i')::int AS indexes,
         (SELECT count(*) FROM pg_constraint WHERE conname ~ '^thing_.*_check$')::int AS checks,
         (SELECT count(*) FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
           WHERE c.relname ~ '^thing_\\d+$' AND a.attnum > 0)::int AS columns`;
