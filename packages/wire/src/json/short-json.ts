import type { WireProfile } from '../profile.ts';
import { isIndexKey } from './key-order.ts';
import { scanJson } from './scanner.ts';

/**
 * A short JSON body as JSON.parse made it. Whether that changed a number or the order of keys is looked at when somebody
 * asks for the value: who only takes what JSON.parse leaves alone need not.
 */
export class ShortJson {
  readonly kind = 'json';
  readonly #text: string;
  readonly #profile: WireProfile;
  #parsed: unknown;
  #isLookedAt = false;

  /** The text keeps to the profile's limits. Throws SyntaxError where JSON.parse does. */
  constructor(text: string, profile: WireProfile) {
    this.#text = text;
    this.#profile = profile;
    this.#parsed = JSON.parse(text);
  }

  /** May differ from what was sent in numbers and in the order of keys. */
  get parsed(): unknown {
    return this.#parsed;
  }

  /** As it was sent. */
  get value(): unknown {
    if (!this.#isLookedAt) this.#look();
    return this.#parsed;
  }

  #look(): void {
    this.#isLookedAt = true;
    // It is cheaper to look at the values than at every character.
    if (isUnchanged(this.#parsed) || !mayBeChanged(this.#text)) return;
    const { maxJsonDepth: maxDepth, maxIntegerDigits, trailingComma } = this.#profile;
    this.#parsed = scanJson(this.#text, { maxDepth, maxIntegerDigits, trailingComma });
  }
}

// JSON.parse would change these: floats and numbers of 16 digits or more, -0, and the order of integer-like keys.
// Anchored at the delimiter before a token, so that a long run of digits is looked at once.
const changedByParsing = /(?:^|[[:,\s])-?(?:\d+[.eE]|\d{16}|(?<=-)0)|"\d{1,10}"\s*:|"\\u003/;

/** Whether the text holds anything that JSON.parse could change. */
export function mayBeChanged(text: string): boolean {
  return changedByParsing.test(text);
}

/** Whether the value holds nothing that JSON.parse could have changed: no number, and no key that looks like an index. */
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
