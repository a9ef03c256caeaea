/**
 * Canonical unpadded base64url (RFC 4648 §5, §3.5) → bytes, else undefined. Encoding the bytes again must give the same
 * text: otherwise one signature would have several spellings and a token could slip past anything keyed by its text.
 */
export function decodeBase64Url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  // Foreign characters, which Buffer skips, are missing from the new text too.
  return text !== '' && bytes.toString('base64url') === text ? bytes : undefined;
}

/**
 * What python-jose decodes a segment to, else undefined: it pads to a multiple of four by the length as sent, maps `-_`
 * to `+/`, and hands the rest to CPython's `binascii.a2b_base64`, which skips every foreign byte, stops at the padding
 * that completes a group, and fails when the last group is incomplete.
 */
export function decodePythonBase64Url(segment: Uint8Array): Buffer | undefined {
  // What everybody sends: one alphabet or the other, no padding. The rest of this function would say the same.
  const text = Buffer.from(segment).toString('latin1');
  if (/^[A-Za-z0-9+/_-]*$/.test(text)) return text.length % 4 === 1 ? undefined : Buffer.from(text, 'base64');
  const missing = (4 - (segment.length % 4)) % 4;
  const digits: number[] = [];
  let pads = 0;
  for (const byte of [...segment, ...Array<number>(missing).fill(pad)]) {
    const position = digits.length % 4;
    if (byte === pad) {
      if (position >= 2 && position + ++pads >= 4) return Buffer.from(Buffer.from(digits).toString('latin1'), 'base64');
    } else if (isBase64Digit(byte)) {
      pads = 0;
      digits.push(byte);
    }
  }
  return digits.length % 4 === 0 ? Buffer.from(Buffer.from(digits).toString('latin1'), 'base64') : undefined;
}

/** Base64 with either alphabet for 62 (`+` or `.`), without padding; stray bits in the last digit are ignored. */
export function decodeLooseBase64(text: string): Buffer | undefined {
  if (!/^[A-Za-z0-9+/.]*$/.test(text) || text.length % 4 === 1) return undefined;
  return Buffer.from(text.replaceAll('.', '+'), 'base64');
}

const pad = 0x3d;

function isBase64Digit(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2b ||
    byte === 0x2f ||
    byte === 0x2d ||
    byte === 0x5f
  );
}
