import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { decodeBase64Url } from './base64.ts';
import type { KeyRing, RefreshKey } from './keys.ts';
import type { RandomBytes } from './random.ts';
import { isUuid } from './uuid.ts';

type Ring = Pick<KeyRing, 'refresh' | 'findRefreshKey'>;

export interface MintedServiceToken {
  token: string;
  /** The only form that is stored. */
  hash: Buffer;
}

const prefix = 'sk1';
const secretBytes = 32;
const tagBytes = 16;

/**
 * `sk1.<kid>.<id>.<secret><tag>`: a random secret, of which the digest is stored, and a MAC under the key ring by which junk is
 * refused without a query. Scanners of source code find it by its prefix.
 */
export function mintServiceToken(ring: Ring, id: string, random: RandomBytes): MintedServiceToken {
  if (!isUuid(id)) throw new TypeError('id must be a canonical UUID');
  const secret = Buffer.from(random(secretBytes));
  const head = `${prefix}.${ring.refresh.kid}.${id}`;
  const token = `${head}.${Buffer.concat([secret, tagOf(ring.refresh, head, secret)]).toString('base64url')}`;
  return { token, hash: hashServiceToken(token) };
}

export function isServiceToken(text: string): boolean {
  return text.startsWith(`${prefix}.`);
}

/** The id in a token that our ring made. Undefined for anything else. That it still works is for its row to decide. */
export function parseServiceToken(ring: Ring, text: string): string | undefined {
  const [, kid, id, last] = shape.exec(text) ?? [];
  const bytes = last === undefined ? undefined : decodeBase64Url(last);
  const key = kid === undefined ? undefined : ring.findRefreshKey(kid);
  if (id === undefined || bytes?.length !== secretBytes + tagBytes || key === undefined) return undefined;
  const expected = tagOf(key, `${prefix}.${kid}.${id}`, bytes.subarray(0, secretBytes));
  return timingSafeEqual(bytes.subarray(secretBytes), expected) ? id : undefined;
}

export function hashServiceToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

const shape = /^sk1\.([A-Za-z0-9_-]{12})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([A-Za-z0-9_-]{64})$/;

function tagOf(key: RefreshKey, head: string, secret: Uint8Array): Buffer {
  return createHmac('sha256', key.ringKey)
    .update('stanchion service token v1\n')
    .update(head)
    .update(secret)
    .digest()
    .subarray(0, tagBytes);
}
