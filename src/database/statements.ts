import type pg from 'pg';
import type { Session } from './pool.ts';
import { bindValues } from './query.ts';
import { sendQuery, sendStatement } from './send-query.ts';
import type { CompiledQuery, Query, QueryParams } from './types.ts';

/** Sends queries over a connection, under their names where prepared statements are wanted and work. */
export interface Statements {
  run<Row>(session: StatementSession, query: Query<Row>, params: QueryParams): Promise<Row[]>;
  /**
   * Whether the failure is one of the name and not of the statement, so that the same query may be sent again.
   * The query is then sent without its name for the rest of the process's life.
   */
  dropsName(query: Query<unknown>, error: unknown): boolean;
}

export type StatementSession = Pick<Session, 'isOurs'> & { readonly client: pg.ClientBase };

export interface StatementsOptions {
  named: boolean;
  queryTimeoutMs: number;
}

export function createStatements({ named, queryTimeoutMs }: StatementsOptions): Statements {
  const withoutName = new Set<string>();
  let namesWork = named;

  const isNamed = (query: Query<unknown>) => namesWork && !withoutName.has(query.name);

  return {
    async run<Row>({ client, isOurs }: StatementSession, query: Query<Row>, params: QueryParams): Promise<Row[]> {
      const compiled = query.compiled();
      const values = bindValues(compiled, params);
      if (isNamed(query)) {
        const statement = { name: query.name, text: compiled.text, values, describedOnce: isOurs };
        return sendStatement<Row>(client, statement, queryTimeoutMs);
      }
      const result = await sendQuery<Row & pg.QueryResultRow>(client, toPlain(compiled, values), queryTimeoutMs);
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

/** The extended protocol even without values: a second statement in the text is refused. */
function toPlain({ text }: CompiledQuery, values: unknown[]): pg.QueryConfig & { queryMode: 'extended' } {
  return { text, values, queryMode: 'extended' };
}
