import type { WireProfile } from '../profile.ts';

type UuidMessages = WireProfile['uuidMessages'];

const hyphenated = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/;
const simple = /^[0-9a-fA-F]{32}$/;
const groupStarts = [0, 9, 14, 19, 24] as const;
const groupLengths = [8, 4, 4, 4, 12] as const;

/**
 * Reads a UUID as Rust's `uuid` crate does: 32 hex digits, or hyphenated, the latter also in braces or after a
 * lower-case `urn:uuid:`. The result is lower case and hyphenated; the error text is the crate's.
 */
export function parseUuid(
  text: string,
  messages: UuidMessages = 'from-1',
): { ok: true; value: string } | { ok: false; error: string } {
  if (hyphenated.test(text)) return { ok: true, value: text.toLowerCase() };
  if (simple.test(text)) return { ok: true, value: hyphenate(text.toLowerCase()) };
  const inner = stripWrapping(text);
  if (inner.offset > 0 && hyphenated.test(inner.text)) return { ok: true, value: inner.text.toLowerCase() };
  return { ok: false, error: explain(text, { ...inner, messages }) };
}

function hyphenate(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function stripWrapping(text: string): { text: string; offset: number } {
  if (text.length >= 2 && text.startsWith('{') && text.endsWith('}')) return { text: text.slice(1, -1), offset: 1 };
  if (text.startsWith('urn:uuid:')) return { text: text.slice(9), offset: 9 };
  return { text, offset: 0 };
}

interface Inner {
  text: string;
  offset: number;
  messages: UuidMessages;
}

const mostBytes = 45;

/** After the crate's `InvalidUuid::into_err`; every position and length counts UTF-8 bytes. */
function explain(text: string, inner: Inner): string {
  const bytes = Buffer.byteLength(text);
  const isNewest = inner.messages === 'from-0';
  if (isNewest && bytes > mostBytes) return `invalid length: found ${bytes}`;
  // The newest release takes 36 bytes for a plain UUID whatever stands around it.
  const isPlain = inner.offset === 0 || (isNewest && bytes === 36);
  const body = isPlain ? text : inner.text;
  const odd = /[^0-9a-fA-F-]/u.exec(body);
  if (odd !== null) return oddCharacter(odd, { ...inner, text: body, offset: isPlain ? 0 : inner.offset }, bytes);
  // Nothing but ASCII is left, so lengths in characters are lengths in bytes.
  const hyphens: number[] = [];
  for (let at = body.indexOf('-'); at !== -1; at = body.indexOf('-', at + 1)) hyphens.push(at);
  // Older releases look at a wrapped text of the right length as if it stood alone.
  const standsAlone = isNewest ? isPlain && bytes !== 36 : isPlain || body.length === 36;
  if (hyphens.length === 0 && standsAlone) {
    return isNewest
      ? `invalid length: found ${bytes}`
      : `invalid length: expected length 32 for simple format, found ${body.length}`;
  }
  if (hyphens.length !== 4) return `invalid group count: expected 5, found ${hyphens.length + 1}`;
  return explainGroups(text, hyphens);
}

/** In a text as long as a UUID in braces or with a prefix has to be, the position is that inside them. */
function oddCharacter(odd: RegExpExecArray, { text, offset, messages }: Inner, bytes: number): string {
  const isWholeLength = bytes === (offset === 1 ? 38 : mostBytes);
  const index = Buffer.byteLength(text.slice(0, odd.index)) + (isWholeLength ? 0 : offset);
  const hint =
    messages === 'hint-from-1' ? 'expected an optional prefix of `urn:uuid:` followed by [0-9a-fA-F-], ' : '';
  return `invalid character: ${hint}found \`${odd[0]}\` at ${messages === 'from-0' ? index : index + 1}`;
}

function explainGroups(text: string, hyphens: readonly number[]): string {
  for (const [group, start] of groupStarts.entries()) {
    const bound = hyphens[group];
    if (bound === undefined || bound === start + (groupLengths[group] ?? 0)) continue;
    return groupLength(group, bound - start);
  }
  return groupLength(4, text.length - groupStarts[4]);
}

function groupLength(group: number, found: number): string {
  return `invalid group length in group ${group}: expected ${groupLengths[group] ?? 0}, found ${found}`;
}
