import type { WireProfile } from '../profile.ts';
import { fastapi0128 } from '../profile.ts';
import { decodeJsonText, decodeTextLeniently } from './encoding.ts';
import { manyKeys } from './key-order.ts';
import { JsonLimitError, JsonSyntaxError, scanJson } from './scanner.ts';
import { mayBeChanged, ShortJson } from './short-json.ts';

/** What a request body turned out to be. `position` counts code points, as Python does. */
export type ParsedBody =
  | { kind: 'empty' }
  | { kind: 'json'; value: unknown }
  | ShortJson
  | { kind: 'text'; value: string; bytes: Uint8Array }
  | { kind: 'syntax-error'; message: string; position: number }
  | { kind: 'unreadable'; detail?: string };

/**
 * Reads a request body as FastAPI does: JSON for an absent content-type, `application/json` and `application/*+json`;
 * the raw text for any other type. Integers beyond 2^53 become bigint, integral or non-finite floats become Float.
 */
export function parseBody(bytes: Uint8Array, contentType: string | undefined, profile = fastapi0128): ParsedBody {
  if (bytes.length === 0) return { kind: 'empty' };
  if (!isJsonContentType(contentType, profile)) return { kind: 'text', value: decodeTextLeniently(bytes), bytes };
  const text = decodeJsonText(bytes);
  if (text === undefined) return { kind: 'unreadable' };
  return parseJsonText(text, profile);
}

const jsonType = 'application/json';

/** Whether FastAPI reads a body of this type as JSON. Case and parameters are ignored. */
export function isJsonContentType(contentType: string | undefined, profile: WireProfile): boolean {
  if (contentType === jsonType) return true;
  if (contentType === undefined || contentType === '') return profile.jsonWithoutContentType;
  const [type = ''] = contentType.split(';', 1);
  return /^\s*application\/(?:json|[^/]*\+json)\s*$/i.test(type);
}

/** As {@link parseBody}, for text that is already decoded. */
export function parseJsonText(text: string, profile: WireProfile = fastapi0128): ParsedBody {
  if (!isDeepOrWide(text, profile.maxJsonDepth)) {
    try {
      // Too short for a number of too many digits, too.
      if (text.length <= shortText && text.length <= profile.maxIntegerDigits) return new ShortJson(text, profile);
      if (!mayBeChanged(text)) return { kind: 'json', value: JSON.parse(text) };
    } catch {
      // The scanner finds the position and Python's wording, or reads what only Python accepts.
    }
  }
  return scanText(text, profile);
}

const shortText = 4096;

function scanText(text: string, { maxJsonDepth: maxDepth, maxIntegerDigits, trailingComma }: WireProfile): ParsedBody {
  try {
    return { kind: 'json', value: scanJson(text, { maxDepth, maxIntegerDigits, trailingComma }) };
  } catch (error) {
    if (error instanceof JsonLimitError) return { kind: 'unreadable' };
    if (!(error instanceof JsonSyntaxError)) throw error;
    return { kind: 'syntax-error', message: error.message, position: codePointsBefore(text, error.index) };
  }
}

/**
 * Whether brackets outside strings nest deeper than `maxDepth`, or an object has very many keys, which the scanner reads
 * faster than JSON.parse and lists in no time. One pass; short bodies need none.
 */
function isDeepOrWide(text: string, maxDepth: number): boolean {
  if (text.length <= maxDepth) return false;
  // The keys of the innermost open object, and of those around it; an array counts as an object without any.
  let keys = 0;
  const around: number[] = [];
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === 0x22) {
      i = closingQuote(text, i);
      if (i === -1) return false;
    } else if (code === 0x3a) {
      keys += 1;
      if (keys > manyKeys) return true;
    } else if (code === 0x5b || code === 0x7b) {
      around.push(keys);
      keys = 0;
      if (around.length > maxDepth) return true;
    } else if (code === 0x5d || code === 0x7d) {
      keys = around.pop() ?? 0;
    }
  }
  return false;
}

function closingQuote(text: string, open: number): number {
  let end = text.indexOf('"', open + 1);
  while (end !== -1) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === 0x5c) backslashes += 1;
    if (backslashes % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  return -1;
}

function codePointsBefore(text: string, index: number): number {
  let count = index;
  for (let i = 0; i < index - 1; i += 1) {
    const pair = (text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00;
    if (pair) {
      count -= 1;
      i += 1;
    }
  }
  return count;
}
