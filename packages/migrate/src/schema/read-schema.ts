import type { Session } from '../connection.ts';
import { quoteName } from '../sql-names.ts';
import { readNeeds } from './needs.ts';
import type { Schema, SchemaObject } from './objects.ts';
import { codeQueries } from './queries-code.ts';
import { relationQueries } from './queries-relations.ts';
import { typeQueries } from './queries-types.ts';

export interface ReadOptions {
  /** As in RunOptions. Names that it reaches are printed without their schema. */
  searchPath: readonly string[];
  /** Schemas of the engine itself: the journal's and the archive. */
  ignoreSchemas: readonly string[];
  /** As `schema.name` or, in the first schema, `name`: tables that the models never have. */
  ignoreTables: readonly string[];
}

/** Columns that were set aside begin like this. */
export const asidePrefix = '_st_';

/**
 * Reads everything that models could describe, from the catalog alone. Not read, because they belong to who runs the
 * database: owners, privileges, roles, tablespaces, the order of columns.
 */
export async function readSchema(session: Session, options: ReadOptions): Promise<Schema> {
  await session.execute(`SET search_path = ${options.searchPath.map(quoteName).join(', ')}`);
  const [version] = await session.query<{ major: number }>(
    "SELECT current_setting('server_version_num')::int / 10000 AS major",
  );
  const majorVersion = version?.major ?? 0;
  const keywords = await session.query<{ word: string }>("SELECT word FROM pg_get_keywords() WHERE catcode <> 'U'");
  const first = options.searchPath[0] ?? 'public';
  const tables = options.ignoreTables.map((name) => (name.includes('.') ? name : `${first}.${name}`));
  const objects = new Map<string, SchemaObject>();
  const oids = new Map<string, string>();
  for (const sql of [...typeQueries(majorVersion), ...relationQueries(majorVersion), ...codeQueries(majorVersion)]) {
    // PostgreSQL wants every parameter to be used.
    const whole = `SELECT q.* FROM (${sql}) AS q WHERE num_nonnulls($1::text[], $2::text[], $3::text) = 3`;
    const rows = await session.query<Row>(whole, [options.ignoreSchemas, tables, `${asidePrefix}%`]);
    for (const { address, ...object } of rows) {
      objects.set(object.key, object);
      for (const one of address.split(' ')) oids.set(one, object.key);
    }
  }
  const words = new Set(keywords.map((row) => row.word));
  return { majorVersion, keywords: words, objects, needs: await readNeeds(session, oids) };
}

/** Each query names the columns as the facts do; `address` is `class/oid/part`, several apart by spaces. */
type Row = SchemaObject & { address: string };
