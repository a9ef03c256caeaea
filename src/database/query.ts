import { is, type SQL } from 'drizzle-orm';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { PgDialect } from 'drizzle-orm/pg-core';
import { Param, Placeholder } from 'drizzle-orm/sql';
import { assertRowMatches } from './row-fields.ts';
import type { Bind, CompiledQuery, NamedBind, Query, QueryParams } from './types.ts';

/** Drizzle without a connection: it only builds SQL. */
export type QueryBuilder = NodePgDatabase;

/** A finished builder: select, or insert/update/delete with or without `returning`. */
export interface Statement extends PromiseLike<unknown> {
  toSQL(): { sql: string; params: unknown[] };
  prepare(name: string): unknown;
}

/** The row of a builder's result; a statement without `returning` has none. */
export type RowOf<Built extends Statement> = Awaited<Built> extends (infer Row)[] ? Row : never;

/**
 * A named query whose SQL is built once, on first use. Values come from `sql.placeholder('name')`; rows are plain objects
 * keyed by the SQL column names, so the selected keys must be those names.
 * Throws TypeError for a name that is no prepared statement's name, and on first use for rows that would lie.
 */
export function defineQuery<Built extends Statement>(
  name: string,
  build: (db: QueryBuilder) => Built,
): Query<RowOf<Built>> {
  assertName(name);
  return { name, compiled: once(() => compileBuilt(name, build(drizzle.mock()))) };
}

/**
 * A named query in SQL, for what the builder cannot say. The row's type is the caller's word.
 * `readOnly` allows one repetition when the connection is lost while it runs.
 */
export function defineSql<Row>(name: string, statement: SQL, options: { readOnly?: boolean } = {}): Query<Row> {
  assertName(name);
  return {
    name,
    compiled: once(() => {
      const { sql, params } = new PgDialect().sqlToQuery(statement);
      return { text: sql, binds: params.map(toBind), readOnly: options.readOnly ?? false };
    }),
  };
}

/** The bind values in order. Throws TypeError when a placeholder has no value: null says null. */
export function bindValues(query: CompiledQuery, params: QueryParams): unknown[] {
  return query.binds.map((bind) => ('name' in bind ? valueOf(bind, params) : bind.value));
}

function compileBuilt(name: string, built: Statement): CompiledQuery {
  const { sql, params } = built.toSQL();
  assertRowMatches(name, built.prepare(name));
  return { text: sql, binds: params.map(toBind), readOnly: onlyReads(sql) };
}

/** A `with` may hold a write, and `for update` takes locks: both count as writes. */
function onlyReads(text: string): boolean {
  return /^select\b/i.test(text) && !/\bfor (update|share|no key update|key share)\b/i.test(text);
}

function toBind(param: unknown): Bind {
  if (is(param, Placeholder)) return { name: param.name };
  if (is(param, Param) && is(param.value, Placeholder)) {
    const { encoder, value } = param;
    return { name: value.name, encode: (plain) => encoder.mapToDriverValue(plain) };
  }
  return { value: param };
}

function valueOf(bind: NamedBind, params: QueryParams): unknown {
  const value = params[bind.name];
  if (value === undefined) throw new TypeError(`no value for the placeholder "${bind.name}"`);
  return bind.encode && value !== null ? bind.encode(value) : value;
}

function assertName(name: string): void {
  // A prepared statement's name is an identifier: longer ones are cut silently and could collide.
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(name))
    throw new TypeError(`"${name}" is not a query name: a-z, 0-9, _, at most 63`);
}

function once<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
