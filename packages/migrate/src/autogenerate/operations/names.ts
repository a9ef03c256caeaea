import { createHash } from 'node:crypto';
import type { Schema } from '../../schema/objects.ts';
import { quoteName } from '../../sql-names.ts';

/** As PostgreSQL's quote_ident() does it: with quotes only where they are needed. */
export function ident(schema: Pick<Schema, 'keywords'>, name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) && !schema.keywords.has(name) ? name : quoteName(name);
}

/** A name made of others that fits into 63 bytes; a cut one keeps what tells it from others. */
export function derivedName(...parts: string[]): string {
  const whole = parts.join('_');
  if (Buffer.byteLength(whole) <= 63) return whole;
  const digest = createHash('sha256').update(whole).digest('hex').slice(0, 8);
  let start = parts.slice(0, -1).join('_');
  const end = `_${digest}_${parts.at(-1) ?? ''}`;
  while (Buffer.byteLength(start + end) > 63) start = start.slice(0, -1);
  return start + end;
}

/** The beginning that fits, as PostgreSQL counts. */
export function cutBytes(text: string, bytes: number): string {
  let cut = text;
  while (Buffer.byteLength(cut) > bytes) cut = cut.slice(0, -1);
  return cut;
}

/** What stands beside something until it takes its place. */
export function nextName(name: string): string {
  return derivedName(name, 'next');
}

/** Letters, digits and _ of something's name, for the names of steps. */
export function words(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
}
