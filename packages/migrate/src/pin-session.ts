import type { Session } from './connection.ts';
import type { Settings } from './options.ts';
import type { Prepared } from './prepared.ts';
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

/** The same as one query of one number: what SET sets one by one costs a statement, and an answer, each. */
export function pinText(settings: PinnedSettings, { applicationName, lockTimeoutMs }: Pins): string {
  return pinQuery(settings, [quoteText(applicationName), quoteText(String(lockTimeoutMs))]);
}

/** For a run to prepare: `pins` of {@link PinText} as SQL. */
export function pinQuery({ searchPath }: PinnedSettings, [applicationName, lockTimeout]: [string, string]): string {
  const always = [searchPathPin(searchPath), ...fixed].map(([name, value]) => setConfig(name, quoteText(value)));
  const changing = [setConfig('application_name', applicationName), setConfig('lock_timeout', lockTimeout)];
  return `SELECT num_nulls(${[...changing, ...always, ...newerPins()].join(', ')})`;
}

/** The settings of a step, as one statement. */
export type PinText = (pins: Pins) => string;

/** {@link pinText}, planned once a run. */
export function definePins(prepared: Prepared, settings: PinnedSettings): PinText {
  const pin = prepared.define('stanchion_pin', ['text', 'text'], pinQuery(settings, ['$1', '$2']));
  return ({ applicationName, lockTimeoutMs }) => pin(quoteText(applicationName), quoteText(String(lockTimeoutMs)));
}

type PinnedSettings = Pick<Settings, 'searchPath'>;
type Pins = { applicationName: string; lockTimeoutMs: number };

/** What every server knows; a list of names is written as SQL writes one. */
export function pinList(settings: PinnedSettings, pins: Pins): Pin[] {
  return [
    ['application_name', pins.applicationName],
    searchPathPin(settings.searchPath),
    ...fixed,
    ['lock_timeout', String(pins.lockTimeoutMs)],
  ];
}

function searchPathPin(searchPath: readonly string[]): Pin {
  return ['search_path', searchPath.map(quoteName).join(', ')];
}

/** `value` is SQL. */
function setConfig(name: string, value: string): string {
  return `set_config(${quoteText(name)}, ${value}, false)`;
}

type Pin = readonly [name: string, value: string];

const fixed: readonly Pin[] = [
  ['TimeZone', 'UTC'],
  ['DateStyle', 'ISO, YMD'],
  ['IntervalStyle', 'postgres'],
  ['standard_conforming_strings', 'on'],
  ['default_transaction_isolation', 'read committed'],
  ['default_transaction_read_only', 'off'],
  ['default_transaction_deferrable', 'off'],
  ['statement_timeout', '0'],
  ['idle_in_transaction_session_timeout', '0'],
];

/** Whatever the defaults were when the message that it begins arrived. */
export const beginSql = 'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE NOT DEFERRABLE';

/**
 * Of PostgreSQL 14 and 17, as expressions of a query. pg_settings would say the same, after it has looked at every setting: at every
 * step that is felt.
 */
export function newerPins(): string[] {
  return ['idle_session_timeout', 'transaction_timeout'].map((name) => setConfigIfKnown(name, '0'));
}

function setConfigIfKnown(name: string, value: string): string {
  const known = `current_setting(${quoteText(name)}, true) IS NOT NULL`;
  return `CASE WHEN ${known} THEN ${setConfig(name, quoteText(value))} END`;
}

/**
 * Once a session: a server whose client was killed notices within half a second instead of at the end of its statement,
 * and frees the lock. PostgreSQL 14 and newer, and not on every platform.
 */
export async function watchForLostClient(session: Session): Promise<void> {
  try {
    await session.execute(`SELECT ${setConfigIfKnown('client_connection_check_interval', '500ms')}`);
  } catch (error) {
    if (!parseServerError(error)) throw error;
  }
}
