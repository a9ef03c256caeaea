/** What one reader of JSON refuses and another takes. */
export interface JsonRules {
  /** false: a key that stands twice in one object is a fault. true: the last one counts. */
  duplicateKeys: boolean;
  /** NaN, Infinity and -Infinity are values. */
  nonFinite: boolean;
  /** An escape may leave half a surrogate pair in a text. */
  loneSurrogates: boolean;
  /** Arrays and objects inside each other; the outermost counts as 1. */
  maxDepth: number;
  /** Digits in a number without fraction and exponent. */
  maxIntegerDigits: number;
}

const pythonDigits = 4300;

/** RFC 8259, read so that no two readers can disagree about the value: what passes here passes by `pythonJson` too, as the same. */
export const strictJson: JsonRules = {
  duplicateKeys: false,
  nonFinite: false,
  loneSurrogates: false,
  maxDepth: 64,
  maxIntegerDigits: pythonDigits,
};

/** CPython's `json.loads`: its recursion ends near 1000 levels and `int()` at 4300 digits. */
export const pythonJson: JsonRules = {
  duplicateKeys: true,
  nonFinite: true,
  loneSurrogates: true,
  maxDepth: 900,
  maxIntegerDigits: pythonDigits,
};

export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
/** Has no prototype, so that `__proto__` and `constructor` are keys like any other. */
export interface JsonObject {
  [key: string]: JsonValue;
}

/** `value` is undefined when the text breaks a rule; a JSON text itself is never undefined. */
export function parseJson(text: string, rules: JsonRules): JsonValue | undefined {
  const cursor: Cursor = { text, at: 0, rules };
  try {
    const value = readValue(cursor, 1);
    skipBlanks(cursor);
    return cursor.at === text.length ? value : undefined;
  } catch (error) {
    if (error instanceof JsonFault) return undefined;
    throw error;
  }
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

class JsonFault extends Error {}

interface Cursor {
  readonly text: string;
  at: number;
  readonly rules: JsonRules;
}

function readValue(cursor: Cursor, depth: number): JsonValue {
  skipBlanks(cursor);
  const first = cursor.text[cursor.at];
  if (first === '"') return readString(cursor);
  if (first === '{' || first === '[') {
    if (depth > cursor.rules.maxDepth) throw new JsonFault();
    cursor.at += 1;
    return first === '{' ? readObject(cursor, depth) : readArray(cursor, depth);
  }
  const word = readWord(cursor);
  return word === undefined ? readNumber(cursor) : word;
}

function readObject(cursor: Cursor, depth: number): JsonObject {
  const object: JsonObject = { __proto__: null };
  if (take(cursor, '}')) return object;
  do {
    skipBlanks(cursor);
    const key = readString(cursor);
    expect(cursor, ':');
    if (!cursor.rules.duplicateKeys && key in object) throw new JsonFault();
    object[key] = readValue(cursor, depth + 1);
  } while (take(cursor, ','));
  expect(cursor, '}');
  return object;
}

function readArray(cursor: Cursor, depth: number): JsonValue[] {
  const array: JsonValue[] = [];
  if (take(cursor, ']')) return array;
  do array.push(readValue(cursor, depth + 1));
  while (take(cursor, ','));
  expect(cursor, ']');
  return array;
}

// oxlint-disable-next-line no-control-regex -- RFC 8259 §7: these must be escaped.
const stringText = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

function readString(cursor: Cursor): string {
  const raw = match(cursor, stringText);
  const value: unknown = raw.includes('\\') ? JSON.parse(raw) : raw.slice(1, -1);
  if (typeof value !== 'string') throw new JsonFault();
  if (!cursor.rules.loneSurrogates && !value.isWellFormed()) throw new JsonFault();
  return value;
}

const numberText = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

function readNumber(cursor: Cursor): number {
  const raw = match(cursor, numberText);
  if (raw.length > cursor.rules.maxIntegerDigits && /^-?[0-9]+$/.test(raw)) {
    if (raw.replace('-', '').length > cursor.rules.maxIntegerDigits) throw new JsonFault();
  }
  return Number(raw);
}

const words = new Map<string, JsonValue>([
  ['true', true],
  ['false', false],
  ['null', null],
]);
const pythonWords = new Map<string, JsonValue>([
  ...words,
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

function readWord(cursor: Cursor): JsonValue | undefined {
  for (const [word, value] of cursor.rules.nonFinite ? pythonWords : words) {
    if (cursor.text.startsWith(word, cursor.at)) {
      cursor.at += word.length;
      return value;
    }
  }
  return undefined;
}

function match(cursor: Cursor, pattern: RegExp): string {
  pattern.lastIndex = cursor.at;
  const found = pattern.exec(cursor.text)?.[0];
  if (found === undefined || found === '') throw new JsonFault();
  cursor.at += found.length;
  return found;
}

function take(cursor: Cursor, sign: string): boolean {
  skipBlanks(cursor);
  if (cursor.text[cursor.at] !== sign) return false;
  cursor.at += 1;
  return true;
}

function expect(cursor: Cursor, sign: string): void {
  if (!take(cursor, sign)) throw new JsonFault();
}

function skipBlanks(cursor: Cursor): void {
  for (;;) {
    const code = cursor.text.charCodeAt(cursor.at);
    if (code !== 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) return;
    cursor.at += 1;
  }
}
