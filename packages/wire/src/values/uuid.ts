const hyphenated = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/;
const simple = /^[0-9a-fA-F]{32}$/;
const groupStarts = [0, 9, 14, 19, 24] as const;
const groupLengths = [8, 4, 4, 4, 12] as const;

/**
 * Reads a UUID as Rust's `uuid` crate does: 32 hex digits, or hyphenated, the latter also in braces or after a
 * lower-case `urn:uuid:`. The result is lower case and hyphenated; the error text is the crate's.
 */
export function parseUuid(text: string): { ok: true; value: string } | { ok: false; error: string } {
  if (hyphenated.test(text)) return { ok: true, value: text.toLowerCase() };
  if (simple.test(text)) return { ok: true, value: hyphenate(text.toLowerCase()) };
  const inner = stripWrapping(text);
  if (inner.offset > 0 && hyphenated.test(inner.text)) return { ok: true, value: inner.text.toLowerCase() };
  // The crate looks at a wrapped text of the right length as if it stood alone.
  const alone = Buffer.byteLength(inner.text) === 36;
  return { ok: false, error: alone ? explain(inner.text, { text: inner.text, offset: 0 }) : explain(text, inner) };
}

function hyphenate(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function stripWrapping(text: string): { text: string; offset: number } {
  if (text.length >= 2 && text.startsWith('{') && text.endsWith('}')) return { text: text.slice(1, -1), offset: 1 };
  if (text.startsWith('urn:uuid:')) return { text: text.slice(9), offset: 9 };
  return { text, offset: 0 };
}

/** After `InvalidUuid::into_err` of the crate; every position and length counts UTF-8 bytes, from 1. */
function explain(text: string, inner: { text: string; offset: number }): string {
  const odd = /[^0-9a-fA-F-]/u.exec(inner.text);
  if (odd !== null) {
    const index = Buffer.byteLength(inner.text.slice(0, odd.index)) + inner.offset + 1;
    return `invalid character: found \`${odd[0]}\` at ${index}`;
  }
  // Nothing but ASCII is left, so lengths in characters are lengths in bytes.
  const hyphens = [...inner.text.matchAll(/-/g)].map((match) => match.index);
  if (hyphens.length === 0 && inner.offset === 0) {
    return `invalid length: expected length 32 for simple format, found ${text.length}`;
  }
  if (hyphens.length !== 4) return `invalid group count: expected 5, found ${hyphens.length + 1}`;
  return explainGroups(text, hyphens);
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
