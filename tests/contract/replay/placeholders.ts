import { createHmac } from 'node:crypto';
import type { TokenRecipe } from './scenario.ts';

/** Values of earlier steps by their names, and `base`. */
export type Variables = Map<string, string>;

/** A step names a value that no earlier step gave. */
export class MissingValue extends Error {
  override readonly name = 'MissingValue';
}

const filters: Readonly<Record<string, (value: string) => string | undefined>> = {
  upper: (value) => value.toUpperCase(),
  hex: (value) => value.replaceAll('-', ''),
  seg0: (value) => value.split('.')[0],
  seg1: (value) => value.split('.')[1],
  seg2: (value) => value.split('.')[2],
};

/** Replaces each `{{name}}` and `{{name|filter}}`. Throws MissingValue. */
export function fillIn(text: string, variables: Variables): string {
  return text.replaceAll(/\{\{(\w+)(?:\|(\w+))?\}\}/g, (whole: string, name: string, filter?: string) => {
    const value = variables.get(name);
    if (value === undefined) throw new MissingValue(`${whole} was not captured by an earlier step`);
    if (filter === undefined) return value;
    const filtered = filters[filter]?.(value);
    if (filtered === undefined) throw new TypeError(`${whole} names a filter that does not fit`);
    return filtered;
  });
}

const hashes: Readonly<Record<string, string>> = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' };

/** A compact JWS. Claims may be `@now` and `@now±seconds`; an algorithm without a hash leaves the signature empty. */
export function mintToken(recipe: TokenRecipe, secret: string, variables: Variables = new Map()): string {
  const alg = recipe.alg ?? 'HS256';
  const header = Object.entries({ alg, typ: 'JWT', ...recipe.header }).filter(([, value]) => value !== null);
  const payload =
    recipe.raw === undefined
      ? JSON.stringify(fillClaims(recipe.claims ?? {}, variables))
      : fillIn(recipe.raw, variables);
  const signed = [JSON.stringify(Object.fromEntries(header)), payload]
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');
  const hash = hashes[alg];
  const signature =
    hash === undefined
      ? ''
      : createHmac(hash, recipe.secret ?? secret)
          .update(signed)
          .digest('base64url');
  return `${signed}.${signature}`;
}

function fillClaims(value: unknown, variables: Variables): unknown {
  if (typeof value === 'string') {
    const [, moved] = /^@now([+-]\d+(?:\.\d+)?)?$/.exec(value) ?? [];
    if (value === '@now' || moved !== undefined) return Math.floor(Date.now() / 1000) + Number(moved ?? 0);
    return fillIn(value, variables);
  }
  if (Array.isArray(value)) return value.map((part) => fillClaims(part, variables));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, fillClaims(part, variables)]));
}
