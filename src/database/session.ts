import type pg from 'pg';
import type { DatabaseConfig } from '../config/types.ts';
import type { ConnectionTarget } from './connection.ts';
import { sendQuery } from './send-query.ts';

export type SessionTimeouts = Pick<
  DatabaseConfig,
  'statementTimeoutMs' | 'lockTimeoutMs' | 'idleInTransactionTimeoutMs' | 'queryTimeoutMs'
>;

/** Where the migrations make our tables; queries name them without it. */
const tableSchema = 'public';

/**
 * Gives a new session its timeouts and the schema of our tables, whatever role or database have set, where the session is ours
 * alone. A transaction pooler lends its sessions to others, and not every URL tells that there is one; but a pooler makes up the
 * process id of the login, so that the settings are made only where the server's own process id is the one that we were told.
 * Elsewhere each transaction sets its own timeouts, and readiness tells of a search_path that hides the tables.
 */
export async function prepareSession(
  client: pg.ClientBase,
  { config, connection }: { config: SessionTimeouts; connection: ConnectionTarget },
): Promise<{ isOurs: boolean }> {
  if (connection.isPooler) return { isOurs: false };
  const all = [...timeoutSettings(config), ['search_path', tableSchema]];
  const settings = all.map(([name, value]) => `set_config('${name}', '${value}', false)`);
  const text = `SELECT ${settings.join(', ')} WHERE pg_backend_pid() = ${processIdOf(client)}`;
  const { rowCount } = await sendQuery(client, text, config.queryTimeoutMs);
  return { isOurs: rowCount === 1 };
}

/** For a transaction in a session that has no timeouts of its own. */
export function localTimeouts(config: SessionTimeouts): string {
  return timeoutSettings(config)
    .map(([name, value]) => `SET LOCAL ${name} = ${value}`)
    .join('; ');
}

function timeoutSettings(config: SessionTimeouts): [string, number][] {
  return [
    ['statement_timeout', Math.trunc(config.statementTimeoutMs)],
    ['lock_timeout', Math.trunc(config.lockTimeoutMs)],
    ['idle_in_transaction_session_timeout', Math.trunc(config.idleInTransactionTimeoutMs)],
  ];
}

/** pg keeps the process id of BackendKeyData, which its types leave out. */
function processIdOf(client: pg.ClientBase): number {
  const { processID } = client as pg.ClientBase & { processID?: unknown };
  return typeof processID === 'number' ? processID : 0;
}
