import type { WireProfile } from '../profile.ts';
import { Float, floatValue } from '../values/float.ts';
import { isIndexKey, manyKeys, rememberKeyOrder, setOwn } from './key-order.ts';

/** A syntax error with CPython's message and its position in UTF-16 code units. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
  readonly index: number;

  constructor(message: string, index: number) {
    super(message);
    this.index = index;
  }
}

/** A value that Python's parser gives up on (nesting, digits): FastAPI answers 400 and names no position. */
export class JsonLimitError extends Error {
  override readonly name = 'JsonLimitError';
}

export interface ScannerLimits {
  maxDepth: number;
  maxIntegerDigits: number;
  trailingComma?: WireProfile['trailingComma'];
}

/**
 * Reads `text` as CPython's `json.loads` does (Modules/_json.c): same values, same messages, same positions.
 * Throws {@link JsonSyntaxError} or {@link JsonLimitError}, whichever Python meets first. Linear in the text's length.
 */
export function scanJson(text: string, limits: ScannerLimits): unknown {
  return new Scanner(text, limits).scanDocument();
}

const simpleEscapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

class Scanner {
  readonly #text: string;
  readonly #limits: ScannerLimits;
  readonly #plain = /[^"\\\0-\x1f]*/y; // oxlint-disable-line no-control-regex -- JSON forbids exactly these raw in strings
  readonly #number = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?/y;
  readonly #space = /[ \t\n\r]*/y;
  #at = 0;
  #depth = 0;

  constructor(text: string, limits: ScannerLimits) {
    this.#text = text;
    this.#limits = limits;
  }

  scanDocument(): unknown {
    this.#skipSpace();
    const value = this.#scanValue();
    this.#skipSpace();
    if (this.#at !== this.#text.length) throw new JsonSyntaxError('Extra data', this.#at);
    return value;
  }

  #scanValue(): unknown {
    const text = this.#text;
    switch (text.charAt(this.#at)) {
      case '"':
        return this.#scanString();
      case '{':
        return this.#scanObject();
      case '[':
        return this.#scanArray();
      case 'n':
        return this.#literal('null', null);
      case 't':
        return this.#literal('true', true);
      case 'f':
        return this.#literal('false', false);
      case 'N':
        return this.#literal('NaN', new Float(Number.NaN));
      case 'I':
        return this.#literal('Infinity', new Float(Number.POSITIVE_INFINITY));
      case '-':
        if (text.startsWith('-Infinity', this.#at)) {
          return this.#literal('-Infinity', new Float(Number.NEGATIVE_INFINITY));
        }
        return this.#scanNumber();
      default:
        return this.#scanNumber();
    }
  }

  #literal(word: string, value: unknown): unknown {
    if (!this.#text.startsWith(word, this.#at)) throw new JsonSyntaxError('Expecting value', this.#at);
    this.#at += word.length;
    return value;
  }

  #scanObject(): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    const keys: string[] = [];
    let hasIndexKey = false;
    if (this.#openEmpty('}')) return object;
    for (;;) {
      if (this.#text[this.#at] !== '"') {
        throw new JsonSyntaxError('Expecting property name enclosed in double quotes', this.#at);
      }
      const key = this.#scanString();
      this.#expectColon();
      const value = this.#scanValue();
      // Of equal keys the last value counts, at the place of the first.
      if (!Object.hasOwn(object, key)) keys.push(key);
      setOwn(object, key, value);
      hasIndexKey ||= isIndexKey(key);
      this.#skipSpace();
      if (!this.#moreUntil('}')) break;
    }
    // To list the keys of an object that has very many costs as much as to read them.
    if (hasIndexKey || keys.length > manyKeys) rememberKeyOrder(object, keys);
    this.#depth -= 1;
    return object;
  }

  #expectColon(): void {
    this.#skipSpace();
    if (this.#text[this.#at] !== ':') throw new JsonSyntaxError("Expecting ':' delimiter", this.#at);
    this.#at += 1;
    this.#skipSpace();
  }

  #scanArray(): unknown[] {
    const array: unknown[] = [];
    if (this.#openEmpty(']')) return array;
    do {
      array.push(this.#scanValue());
      this.#skipSpace();
    } while (this.#moreUntil(']'));
    this.#depth -= 1;
    return array;
  }

  /** Past an opening bracket, one level deeper; past its closing one as well, and true, when nothing stands between. */
  #openEmpty(close: string): boolean {
    if (this.#depth === this.#limits.maxDepth) throw new JsonLimitError('nested too deeply');
    this.#at += 1;
    this.#skipSpace();
    if (this.#text[this.#at] === close) {
      this.#at += 1;
      return true;
    }
    this.#depth += 1;
    return false;
  }

  /** After a member: true past a comma, false past the closing bracket. */
  #moreUntil(close: string): boolean {
    const character = this.#text[this.#at];
    if (character !== close && character !== ',') throw new JsonSyntaxError("Expecting ',' delimiter", this.#at);
    this.#at += 1;
    if (character === close) return false;
    const comma = this.#at - 1;
    this.#skipSpace();
    if (this.#limits.trailingComma === 'illegal-comma' && this.#text[this.#at] === close) {
      const container = close === '}' ? 'object' : 'array';
      throw new JsonSyntaxError(`Illegal trailing comma before end of ${container}`, comma);
    }
    return true;
  }

  /** One to fifteen digits and no more: most numbers, several times faster than by the pattern. */
  #scanShortInteger(): number | undefined {
    let at = this.#at;
    let code = this.#text.charCodeAt(at);
    if (!(code >= 0x31 && code <= 0x39)) return undefined;
    let value = 0;
    while (code >= 0x30 && code <= 0x39) {
      if (at - this.#at === 15) return undefined;
      value = value * 10 + code - 0x30;
      at += 1;
      code = this.#text.charCodeAt(at);
    }
    if (code === 0x2e || code === 0x45 || code === 0x65) return undefined;
    this.#at = at;
    return value;
  }

  #scanNumber(): unknown {
    const short = this.#scanShortInteger();
    if (short !== undefined) return short;
    this.#number.lastIndex = this.#at;
    const match = this.#number.exec(this.#text);
    if (match === null) throw new JsonSyntaxError('Expecting value', this.#at);
    const [token, fraction, exponent] = match;
    this.#at += token.length;
    if (fraction !== undefined || exponent !== undefined) return floatValue(Number(token));
    const digits = token.startsWith('-') ? token.length - 1 : token.length;
    if (digits > this.#limits.maxIntegerDigits) throw new JsonLimitError('too many digits');
    const value = Number(token);
    if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
    return BigInt(token);
  }

  /** A short text without escapes, up to its closing quote: most keys. */
  #scanShortString(): string | undefined {
    const start = this.#at + 1;
    for (let at = start; at < start + 40; at += 1) {
      const code = this.#text.charCodeAt(at);
      if (code === 0x22) {
        this.#at = at + 1;
        return this.#text.slice(start, at);
      }
      // Not a number past the end, where nothing is greater.
      if (!(code >= 0x20) || code === 0x5c) return undefined;
    }
    return undefined;
  }

  #scanString(): string {
    const short = this.#scanShortString();
    if (short !== undefined) return short;
    const text = this.#text;
    const quote = this.#at;
    let value = '';
    this.#at += 1;
    for (;;) {
      this.#plain.lastIndex = this.#at;
      const run = this.#plain.exec(text)?.[0] ?? '';
      value += run;
      this.#at += run.length;
      const stop = text[this.#at];
      if (stop === '"') {
        this.#at += 1;
        return value;
      }
      if (stop === undefined) throw new JsonSyntaxError('Unterminated string starting at', quote);
      if (stop !== '\\') throw new JsonSyntaxError('Invalid control character at', this.#at);
      value += this.#scanEscape(quote);
    }
  }

  #scanEscape(quote: number): string {
    const letter = this.#text[this.#at + 1];
    if (letter === undefined) throw new JsonSyntaxError('Unterminated string starting at', quote);
    if (letter === 'u') {
      const unit = this.#hexUnit(this.#at + 1);
      this.#at += 6;
      // _json.c reads the second half of a surrogate pair only when more than six characters follow the first half.
      const paired = unit >= 0xd800 && unit <= 0xdbff && this.#at + 6 < this.#text.length;
      if (!paired || !this.#text.startsWith('\\u', this.#at)) return String.fromCharCode(unit);
      const next = this.#hexUnit(this.#at + 1);
      if (next < 0xdc00 || next > 0xdfff) return String.fromCharCode(unit);
      this.#at += 6;
      return String.fromCharCode(unit, next);
    }
    const character = simpleEscapes[letter];
    if (character === undefined) throw new JsonSyntaxError('Invalid \\escape', this.#at);
    this.#at += 2;
    return character;
  }

  /** The code unit of `uXXXX` whose `u` is at `index`; a character must follow it, as in _json.c. */
  #hexUnit(index: number): number {
    const hex = this.#text.slice(index + 1, index + 5);
    if (!/^[0-9a-fA-F]{4}$/.test(hex) || index + 5 >= this.#text.length) {
      throw new JsonSyntaxError('Invalid \\uXXXX escape', index);
    }
    return Number.parseInt(hex, 16);
  }

  #skipSpace(): void {
    const code = this.#text.charCodeAt(this.#at);
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
    this.#space.lastIndex = this.#at;
    this.#at += this.#space.exec(this.#text)?.[0].length ?? 0;
  }
}
