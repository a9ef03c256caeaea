import { type CustomTypesConfig, types } from 'pg';

/**
 * How the driver turns PostgreSQL's text into JavaScript values. Its own object: pg's global parsers stay as they are.
 * Timestamps and dates stay text, so that microseconds, infinity and years beyond Date's survive.
 */
export const valueParsers: CustomTypesConfig = { getTypeParser };

/** `2024-05-01 10:00:00.12` → `2024-05-01T10:00:00.120000`; other notations (infinity, BC) are left as they are. */
export function toWireTimestamp(text: string): string {
  const space = text.indexOf(' ');
  if (space < 0 || !isDigit(text.charCodeAt(text.length - 1))) return text;
  const clock = text.slice(space + 1);
  const padding = clock.length > 8 ? zeros[15 - clock.length] : '';
  return `${text.slice(0, space)}T${clock}${padding}`;
}

/** The same for `timestamptz`. Sessions run in UTC, so the server's offset is `+00`: it becomes `Z`. */
export function toWireTimestampTz(text: string): string {
  return text.endsWith('+00') ? `${toWireTimestamp(text.slice(0, -3))}Z` : text;
}

/** PostgreSQL drops trailing zeros of the fraction: by how many are missing. */
const zeros = ['', '0', '00', '000', '0000', '00000'];

/** By type (`select oid, typname from pg_type`); all others as pg parses them. */
const parsers = new Map<number, (text: string) => unknown>([
  [types.builtins.TIMESTAMP, toWireTimestamp],
  [types.builtins.TIMESTAMPTZ, toWireTimestampTz],
  [types.builtins.DATE, asText],
  [types.builtins.INT8, toInteger],
]);

/** Only text is ever asked for: pg's binary option stays off. */
export function getTypeParser(oid: number): (text: string) => unknown {
  const standard: (oid: number) => (text: string) => unknown = types.getTypeParser;
  return parsers.get(oid) ?? standard(oid);
}

function asText(text: string): string {
  return text;
}

function toInteger(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

function isDigit(charCode: number): boolean {
  return charCode >= 48 && charCode <= 57;
}
