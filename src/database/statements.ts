import type pg from 'pg';
import { bindValues } from './query.ts';
import { sendQuery } from './send-query.ts';
import type { CompiledQuery, Query, QueryParams } from './types.ts';

/** Sends queries over a connection, under their names where prepared statements are wanted and work. */
export interface Statements {
  run<Row>(client: pg.ClientBase, query: Query<Row>, params: QueryParams): Promise<Row[]>;
  /**
   * Whether the failure is one of the name and not of the statement, so that the same query may be sent again.
   * The query is then sent without its name for the rest of the process's life.
   */
  dropsName(query: Query<unknown>, error: unknown): boolean;
}

export interface StatementsOptions {
  named: boolean;
  queryTimeoutMs: number;
}

export function createStatements({ named, queryTimeoutMs }: StatementsOptions): Statements {
  const withoutName = new Set<string>();
  let namesWork = named;

  const isNamed = (query: Query<unknown>) => namesWork && !withoutName.has(query.name);

  return {
    async run<Row>(client: pg.ClientBase, query: Query<Row>, params: QueryParams): Promise<Row[]> {
      const compiled = query.compiled();
      const values = bindValues(compiled, params);
      const question = isNamed(query) ? toNamed(query.name, compiled, values) : toPlain(compiled, values);
      const result = await sendQuery<Row & pg.QueryResultRow>(client, question, queryTimeoutMs);
      // The query's author gives the row's type; row-fields.ts checks it for what the builder built.
      return result.rows;
    },
    dropsName(query, error) {
      if (!isNamed(query)) return false;
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === '0A000') withoutName.add(query.name);
      else if (code === '42P05' || code === '26000') namesWork = false;
      else return false;
      return true;
    },
  };
}

function toNamed(name: string, { text }: CompiledQuery, values: unknown[]): pg.QueryConfig {
  return { name, text, values };
}

/** The extended protocol even without values: a second statement in the text is refused. */
function toPlain({ text }: CompiledQuery, values: unknown[]): pg.QueryConfig & { queryMode: 'extended' } {
  return { text, values, queryMode: 'extended' };
}
