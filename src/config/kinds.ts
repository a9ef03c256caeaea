import { isIP } from 'node:net';
import type { RateLimit } from './types.ts';

/** How a text becomes a value, and what to tell someone whose text does not. */
export interface Kind<Value> {
  /** What is accepted, in words that finish "must be …"; also the docs' type column. */
  readonly accepts: string;
  readonly parse: (text: string) => Parsed<Value>;
}

/** `problem` finishes the variable's name ("is not …"); left out, it is "must be " + `accepts`. */
export type Parsed<Value> = { readonly value: Value } | { readonly problem?: string; readonly fix?: string };

const refused: Parsed<never> = {};

export function integer(min: number, max: number): Kind<number> {
  return {
    accepts: `a whole number from ${min} to ${max}`,
    parse: (text) => (/^\d{1,15}$/.test(text) ? inRange(Number(text), min, max) : refused),
  };
}

/** A time in milliseconds: `1500`, or with a unit `1500ms`, `15s`, `10m`. */
export function milliseconds(min: number, max: number): Kind<number> {
  return {
    accepts: `milliseconds from ${min} to ${max} (or with a unit: 500ms, 15s, 2m)`,
    parse: (text) => parseScaled(text, { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }, [min, max]),
  };
}

/** A time in whole seconds: `900`, or with a unit `900s`, `15m`, `24h`, `7d`. */
export function seconds(min: number, max: number): Kind<number> {
  return {
    accepts: `seconds from ${min} to ${max} (or with a unit: 30s, 15m, 24h, 7d)`,
    parse: (text) => parseScaled(text, secondsByUnit, [min, max]),
  };
}

/** A size in bytes: `1048576`, or with a unit `100KiB`, `1MiB`. */
export function bytes(min: number, max: number): Kind<number> {
  return {
    accepts: `bytes from ${min} to ${max} (or with a unit: 100KiB, 1MiB)`,
    parse: (text) => parseScaled(text, { b: 1, kib: 1_024, mib: 1_048_576 }, [min, max]),
  };
}

/** One of a few words in any case; `synonyms` are other projects' words for them. */
export function oneOf<const Word extends string>(
  words: readonly Word[],
  synonyms: Readonly<Record<string, Word>> = {},
): Kind<Word> {
  return {
    accepts: `one of ${words.join(', ')}`,
    parse: (text) => {
      const lower = text.toLowerCase();
      const word = words.find((candidate) => candidate === lower) ?? synonyms[lower];
      return word === undefined ? refused : { value: word };
    },
  };
}

/** The HMAC algorithms of RFC 7518 §3.2, in any case. */
export function hmacAlgorithm(): Kind<'HS256' | 'HS384' | 'HS512'> {
  const names = ['HS256', 'HS384', 'HS512'] as const;
  return {
    accepts: `one of ${names.join(', ')}`,
    parse: (text) => {
      const name = names.find((candidate) => candidate === text.toUpperCase());
      return name === undefined ? refused : { value: name };
    },
  };
}

/** `on` and `off`, and the words that pydantic and compose files use for them. */
export function flag(): Kind<boolean> {
  const values: Readonly<Record<string, boolean>> = {
    ...{ on: true, true: true, yes: true, '1': true },
    ...{ off: false, false: false, no: false, '0': false },
  };
  return {
    accepts: 'on or off',
    parse: (text) => {
      const value = values[text.toLowerCase()];
      return value === undefined ? refused : { value };
    },
  };
}

export function text(accepts: string, pattern: RegExp): Kind<string> {
  return { accepts, parse: (value) => (pattern.test(value) ? { value } : refused) };
}

/** `a,b`, or a JSON list for texts with commas. */
export function textList(accepts: string, pattern: RegExp): Kind<readonly string[]> {
  return {
    accepts,
    parse: (value) => {
      const items = parseList(value);
      return items !== undefined && items.every((item) => pattern.test(item)) ? { value: items } : refused;
    },
  };
}

/** `limit/window`: `10/15m` is ten at once and ten per quarter of an hour. */
export function rateLimit(): Kind<RateLimit> {
  return {
    accepts: 'a number per time, such as 10/15m (units s, m, h, d)',
    parse: (value) => {
      const [, count, length, unit] = /^(\d{1,7})\/(\d{1,6})([smhd])$/.exec(value) ?? [];
      const scale = secondsByUnit[unit ?? ''];
      const limit = Number(count);
      const windowSeconds = Number(length) * (scale ?? 0);
      return limit > 0 && windowSeconds > 0 ? { value: { limit, windowSeconds } } : refused;
    },
  };
}

/** `a,b` or, as pydantic-settings takes lists, `["a","b"]`. */
export function originList(): Kind<readonly string[]> {
  return {
    accepts: 'a comma-separated list of origins such as https://app.example.com, or a JSON list of them',
    parse: (value) => {
      const items = parseList(value);
      return items === undefined ? refused : { value: items };
    },
  };
}

/** Addresses and CIDR ranges. Nothing that stands for "everyone": then any client could write its own address. */
export function addressList(): Kind<readonly string[]> {
  return {
    accepts: 'a comma-separated list of addresses and CIDR ranges such as 10.0.0.0/8',
    parse: (value) => {
      const items = parseList(value);
      if (items === undefined) return refused;
      const fix = 'list the addresses or CIDR ranges of your proxies, such as 10.0.0.0/8';
      if (items.some((item) => /^\d+$/.test(item)))
        return { problem: 'is a number of hops, which any client can fake', fix };
      if (items.some((item) => /^(?:true|all|\*|.*\/0+)$/i.test(item)))
        return { problem: 'would trust every client', fix };
      return items.every(isAddressOrRange) ? { value: items } : { fix };
    },
  };
}

/** An ISO 8601 instant, given back in UTC. Without an offset it would mean another moment on another machine. */
export function instant(): Kind<string> {
  const pattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})$/;
  return {
    accepts: 'a date and time with an offset, such as 2027-01-31T00:00:00Z',
    parse: (value) => {
      const time = pattern.test(value) ? Date.parse(value) : Number.NaN;
      return Number.isNaN(time) ? refused : { value: new Date(time).toISOString() };
    },
  };
}

/** A JWK set (RFC 7517 §5) whose first key has its private part. Only looked at here; key-checks.ts imports it. */
export function privateKeySet(): Kind<string> {
  return {
    accepts: 'a JSON Web Key set of P-256 or Ed25519 keys, the first with its private part: {"keys":[…]}',
    parse: (value) => {
      try {
        const set: unknown = JSON.parse(value);
        const keys = isRecord(set) && Array.isArray(set.keys) ? set.keys : [];
        const isAsymmetric = (key: unknown) => isRecord(key) && (key.kty === 'EC' || key.kty === 'OKP');
        const [first]: unknown[] = keys;
        return keys.every(isAsymmetric) && isRecord(first) && typeof first.d === 'string' ? { value } : refused;
      } catch {
        return { problem: 'is not JSON' }; // The parser's message would quote the text.
      }
    },
  };
}

/** `id:secret,id:secret`. Ids are short, because they stand in every hash; secrets are as long as a hash's own key. */
export function pepperList(): Kind<readonly { readonly id: string; readonly secret: string }[]> {
  return {
    accepts: 'a comma-separated list of id:secret (an id has 1 to 8 characters a-z 0-9 . -; a secret at least 32)',
    parse: (value) => {
      const items = value.split(',').map((item) => /^\s*([a-z0-9.-]{1,8}):([^\s,]{32,})\s*$/.exec(item));
      const peppers = items.flatMap((match) => (match ? [{ id: match[1] ?? '', secret: match[2] ?? '' }] : []));
      const ids = new Set(peppers.map(({ id }) => id));
      if (peppers.length < items.length) return { problem: 'has an entry that is not id:secret' };
      return ids.size < peppers.length
        ? { problem: 'has one id twice', fix: 'give each secret an id of its own' }
        : { value: peppers };
    },
  };
}

const secondsByUnit: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

function inRange(value: number, min: number, max: number): Parsed<number> {
  return value >= min && value <= max ? { value } : refused;
}

function parseScaled(
  value: string,
  units: Readonly<Record<string, number>>,
  range: readonly [number, number],
): Parsed<number> {
  const [, digits, unit] = /^(\d{1,15})\s?([a-z]*)$/i.exec(value) ?? [];
  const scale = unit === '' ? 1 : units[unit?.toLowerCase() ?? ''];
  return digits === undefined || scale === undefined ? refused : inRange(Number(digits) * scale, range[0], range[1]);
}

function parseList(value: string): string[] | undefined {
  const trimmed = value.trim();
  if (!trimmed.startsWith('['))
    return trimmed
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  try {
    const list: unknown = JSON.parse(trimmed);
    return Array.isArray(list) && list.every((item) => typeof item === 'string') ? list : undefined;
  } catch {
    return undefined;
  }
}

function isAddressOrRange(item: string): boolean {
  const [address = '', bits, ...more] = item.split('/');
  const version = isIP(address);
  if (version === 0 || address.includes('%') || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
