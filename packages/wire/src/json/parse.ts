import type { WireProfile } from '../profile.ts';
import { fastapi0128 } from '../profile.ts';
import { decodeJsonText, decodeTextLeniently } from './encoding.ts';
import { isIndexKey, manyKeys } from './key-order.ts';
import { JsonLimitError, JsonSyntaxError, scanJson } from './scanner.ts';

/** What a request body turned out to be. `position` counts code points, as Python does. */
export type ParsedBody =
  | { kind: 'empty' }
  | { kind: 'json'; value: unknown }
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
export function parseJsonText(text: string, profile = fastapi0128): ParsedBody {
  if (!isDeepOrWide(text, profile.maxJsonDepth)) {
    try {
      const isShort = text.length <= shortText;
      if (isShort || !scannerNeeded.test(text)) {
        const value: unknown = JSON.parse(text);
        // Of a short body it is cheaper to look at the values than at every character.
        if (!isShort || isUnchanged(value) || !scannerNeeded.test(text)) return { kind: 'json', value };
      }
    } catch {
      // The scanner finds the position and Python's wording, or reads what only Python accepts.
    }
  }
  try {
    const { maxJsonDepth: maxDepth, maxIntegerDigits, trailingComma } = profile;
    const limits = { maxDepth, maxIntegerDigits, trailingComma };
    return { kind: 'json', value: scanJson(text, limits) };
  } catch (error) {
    if (error instanceof JsonLimitError) return { kind: 'unreadable' };
    if (!(error instanceof JsonSyntaxError)) throw error;
    return { kind: 'syntax-error', message: error.message, position: codePointsBefore(text, error.index) };
  }
}

// JSON.parse would change these: floats and numbers of 16 digits or more, -0, and the order of integer-like keys.
// Anchored at the delimiter before a token, so that a long run of digits is looked at once.
const scannerNeeded = /(?:^|[[:,\s])-?(?:\d+[.eE]|\d{16}|(?<=-)0)|"\d{1,10}"\s*:|"\\u003/;

const shortText = 4096;

/** Whether the text holds nothing that JSON.parse could have changed: no number, and no key that looks like an index. */
function isUnchanged(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'number';
  if (Array.isArray(value)) return value.every(isUnchanged);
  return hasUnchangedMembers(value as Record<string, unknown>); // oxlint-disable-line typescript/no-unsafe-type-assertion -- JSON has no other object
}

function hasUnchangedMembers(object: Readonly<Record<string, unknown>>): boolean {
  // Such keys come first, wherever they were sent.
  let isFirst = true;
  // JSON.parse made it: nothing enumerable is inherited.
  for (const key in object) {
    if (isFirst && isIndexKey(key)) return false;
    isFirst = false;
    const member = object[key];
    if (typeof member === 'string' || typeof member === 'boolean' || member === null) continue;
    if (!isUnchanged(member)) return false;
  }
  return true;
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
