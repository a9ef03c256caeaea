const canonical = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const plain = /^(?:[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/i;

/** True only for the one form that we write ourselves: lower case, hyphenated, nothing around it. */
export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && canonical.test(value);
}

/** 32 hexadecimal digits, with the hyphens of the canonical form or with none, any case → canonical, else undefined. */
export function parseUuid(value: unknown): string | undefined {
  return typeof value === 'string' && plain.test(value) ? formatUuid(value.replaceAll('-', '')) : undefined;
}

/**
 * Every text that Python's `uuid.UUID(text)` takes, as canonical UUID, else undefined: `urn:` and `uuid:` dropped
 * wherever they stand, braces stripped from both ends, all hyphens dropped, then 32 characters that `int(text, 16)`
 * reads. That last step is why blanks around, a `+`, a `0x` and single underscores between digits pass.
 */
export function parsePythonUuid(text: string): string | undefined {
  const bare = stripBraces(text.replaceAll('urn:', '').replaceAll('uuid:', '')).replaceAll('-', '');
  if (bare.length !== 32) return undefined;
  const digits = /^[ \t-\r\u0085\p{Z}]*\+?(?:0[xX]_?)?([0-9a-fA-F]+(?:_[0-9a-fA-F]+)*)[ \t-\r\u0085\p{Z}]*$/u.exec(
    bare,
  )?.[1];
  return digits === undefined ? undefined : formatUuid(digits.replaceAll('_', '').padStart(32, '0'));
}

/** 16 bytes as a UUID of this version; six of its bits are overwritten (RFC 9562 §4). */
export function stampUuid(source: Uint8Array, version: 4 | 7 | 8): string {
  if (source.length !== 16) throw new TypeError('a UUID has 16 bytes');
  const bytes = Buffer.from(source);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | (version << 4);
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return formatUuid(bytes.toString('hex'));
}

function stripBraces(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && '{}'.includes(text.charAt(start))) start += 1;
  while (end > start && '{}'.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function formatUuid(hex: string): string {
  const lower = hex.toLowerCase();
  return `${lower.slice(0, 8)}-${lower.slice(8, 12)}-${lower.slice(12, 16)}-${lower.slice(16, 20)}-${lower.slice(20)}`;
}
