import type { Session } from './connection.ts';
import type { Settings } from './options.ts';
import { quoteName, quoteText } from './sql-names.ts';
import { parseServerError } from './sqlstate.ts';

/**
 * What a role, a database or an earlier step may have set must not change what a revision means: a timestamp converted in
 * Europe/Paris is another timestamp and a table rewrite. Sent as SET, because poolers refuse startup parameters.
 */
export async function pinSession(
  session: Session,
  settings: Settings,
  pins: { applicationName: string; lockTimeoutMs: number },
): Promise<void> {
  await session.execute(pinText(settings, pins));
}

/** The same as text, statement by statement. */
export function pinText(
  settings: Pick<Settings, 'searchPath'>,
  pins: { applicationName: string; lockTimeoutMs: number },
): string {
  return `
  SET application_name = ${quoteText(pins.applicationName)};
  SET search_path = ${settings.searchPath.map(quoteName).join(', ')};
  SET TimeZone = 'UTC';
  SET DateStyle = 'ISO, YMD';
  SET IntervalStyle = 'postgres';
  SET standard_conforming_strings = on;
  SET default_transaction_isolation = 'read committed';
  SET default_transaction_read_only = off;
  SET default_transaction_deferrable = off;
  SET lock_timeout = ${pins.lockTimeoutMs};
  SET statement_timeout = 0;
  SET idle_in_transaction_session_timeout = 0;
  SELECT ${newerTimeouts.map(withoutIfKnown).join(', ')}`;
}

/** Of PostgreSQL 14 and 17. */
const newerTimeouts = ['idle_session_timeout', 'transaction_timeout'];

/** pg_settings would say the same, after it has looked at every setting: at every step that is felt. */
function withoutIfKnown(name: string): string {
  const known = `current_setting(${quoteText(name)}, true) IS NOT NULL`;
  return `CASE WHEN ${known} THEN set_config(${quoteText(name)}, '0', false) END`;
}

/**
 * Once a session: a server whose client was killed notices within half a second instead of at the end of its statement,
 * and frees the lock. PostgreSQL 14 and newer, and not on every platform.
 */
export async function watchForLostClient(session: Session): Promise<void> {
  try {
    await session.query(
      `SELECT set_config(name, '500ms', false) FROM pg_settings WHERE name = 'client_connection_check_interval'`,
    );
  } catch (error) {
    if (!parseServerError(error)) throw error;
  }
}
