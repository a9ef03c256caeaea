// Not the global of that name, which is an accessor: it costs as much as a short body's decoding.
import { Buffer, isUtf8 } from 'node:buffer';

/**
 * The text of a JSON body, decoded as Python's `json.loads(bytes)` does (json.detect_encoding, then `surrogatepass`).
 * `undefined` when the bytes are not valid in the detected encoding.
 */
export function decodeJsonText(bytes: Uint8Array): string | undefined {
  const buffer = bufferOf(bytes);
  const encoding = detectEncoding(buffer);
  // Nearly every body: a view of the bytes costs as much as reading them.
  const rest = encoding.skip === 0 ? buffer : buffer.subarray(encoding.skip);
  if (encoding.unit === 1) return decodeUtf8(rest);
  return encoding.unit === 2 ? decodeUtf16(rest, encoding.bigEndian) : decodeUtf32(rest, encoding.bigEndian);
}

/** Text for validation: UTF-8, every undecodable byte shown as U+FFFD instead of failing the request. */
export function decodeTextLeniently(bytes: Uint8Array): string {
  return bufferOf(bytes).toString('utf8');
}

interface Encoding {
  unit: 1 | 2 | 4;
  bigEndian: boolean;
  /** Bytes of the byte order mark. */
  skip: number;
}

const plainUtf8: Encoding = { unit: 1, bigEndian: false, skip: 0 };

function detectEncoding(bytes: Uint8Array): Encoding {
  const { 0: a = 0, 1: b = 0, 2: c = 0, 3: d = 0 } = bytes;
  // A character of ASCII and another character: all marks, and all encodings with zeros in between, begin otherwise.
  if (a > 0 && a < 0x80 && b > 0) return plainUtf8;
  if (a === 0 && b === 0 && c === 0xfe && d === 0xff) return { unit: 4, bigEndian: true, skip: 4 };
  if (a === 0xff && b === 0xfe && c === 0 && d === 0) return { unit: 4, bigEndian: false, skip: 4 };
  if (a === 0xfe && b === 0xff) return { unit: 2, bigEndian: true, skip: 2 };
  if (a === 0xff && b === 0xfe) return { unit: 2, bigEndian: false, skip: 2 };
  if (a === 0xef && b === 0xbb && c === 0xbf) return { unit: 1, bigEndian: false, skip: 3 };
  if (bytes.length >= 4) {
    if (a === 0) return { unit: b === 0 ? 4 : 2, bigEndian: true, skip: 0 };
    if (b === 0) return { unit: c === 0 && d === 0 ? 4 : 2, bigEndian: false, skip: 0 };
  } else if (bytes.length === 2) {
    if (a === 0) return { unit: 2, bigEndian: true, skip: 0 };
    if (b === 0) return { unit: 2, bigEndian: false, skip: 0 };
  }
  return plainUtf8;
}

function bufferOf(bytes: Uint8Array): Buffer {
  if (bytes instanceof Buffer) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function decodeUtf8(buffer: Buffer): string | undefined {
  // Faster than a strict decoder, and the same unless this stands for bytes that could not be decoded.
  const text = buffer.toString();
  if (!text.includes('\ufffd') || isUtf8(buffer)) return text;
  return decodeUtf8WithSurrogates(buffer);
}

/** Python's `surrogatepass`: three-byte encodings of U+D800–U+DFFF are let through, everything else stays strict. */
function decodeUtf8WithSurrogates(buffer: Buffer): string | undefined {
  const parts: string[] = [];
  let start = 0;
  for (let i = buffer.indexOf(0xed); i !== -1; i = buffer.indexOf(0xed, i + 1)) {
    const second = buffer[i + 1] ?? 0;
    const third = buffer[i + 2] ?? 0;
    if (second < 0xa0 || second > 0xbf || third < 0x80 || third > 0xbf) continue;
    const before = buffer.subarray(start, i);
    if (!isUtf8(before)) return undefined;
    parts.push(before.toString('utf8'), String.fromCharCode(0xd000 | ((second & 0x3f) << 6) | (third & 0x3f)));
    start = i + 3;
  }
  const rest = buffer.subarray(start);
  if (!isUtf8(rest)) return undefined;
  parts.push(rest.toString('utf8'));
  return parts.join('');
}

function decodeUtf16(buffer: Buffer, bigEndian: boolean): string | undefined {
  if (buffer.length % 2 !== 0) return undefined;
  return bigEndian ? Buffer.from(buffer).swap16().toString('utf16le') : buffer.toString('utf16le');
}

function decodeUtf32(buffer: Buffer, bigEndian: boolean): string | undefined {
  if (buffer.length % 4 !== 0) return undefined;
  const parts: string[] = [];
  for (let i = 0; i < buffer.length; i += 4) {
    const codePoint = bigEndian ? buffer.readUInt32BE(i) : buffer.readUInt32LE(i);
    if (codePoint > 0x10ffff) return undefined;
    parts.push(String.fromCodePoint(codePoint));
  }
  return parts.join('');
}
