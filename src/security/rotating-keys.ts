import { type KeyRing, type SigningKey, toPublicJwk, type VerifyKey } from './keys.ts';

/** A key of the database; times in unix seconds. */
export interface StoredKey {
  kid: string;
  /** Undefined: it follows from a secret, or none of the secrets opens it. */
  key: SigningKey | undefined;
  signsFrom: number;
  /** Infinity: it has no successor yet. */
  verifyUntil: number;
}

/** The keys of the configuration and those of the database as one ring that changes while it is in use. */
export interface RotatingKeyRing extends KeyRing {
  /** True when the set of keys that verify has changed. */
  replace(stored: readonly StoredKey[]): boolean;
}

export interface RotatingKeyRingOptions {
  fixed: KeyRing;
  /** False: the configuration alone says which key signs; what the database holds still verifies. */
  signsWithStored: boolean;
  /** Unix time in seconds. */
  now: () => number;
}

/**
 * Which key signs follows from the time and from rows that every instance has long before they matter, so that instances
 * change over without a word to each other.
 */
export function createRotatingKeyRing({ fixed, signsWithStored, now }: RotatingKeyRingOptions): RotatingKeyRing {
  let stored: ReadonlyMap<string, StoredKey> = new Map();
  let isComplete = false;

  function verifies(kid: string): boolean {
    return (stored.get(kid)?.verifyUntil ?? Number.POSITIVE_INFINITY) > now();
  }

  function listVerifyKeys(): VerifyKey[] {
    const own = [...stored.values()].flatMap(({ key }) => (key === undefined ? [] : [key]));
    const all = [...fixed.verifyKeys, ...own].filter(({ kid }) => verifies(kid));
    const { signing } = ring;
    return [signing, ...all.filter(({ kid }) => kid !== signing.kid)];
  }

  const ring: RotatingKeyRing = {
    get signing() {
      return (signsWithStored ? findSigningKey(stored.values(), now()) : undefined) ?? fixed.signing;
    },
    findVerifyKey(kid) {
      if (typeof kid !== 'string' || !verifies(kid)) return undefined;
      return stored.get(kid)?.key ?? fixed.findVerifyKey(kid);
    },
    get verifyKeys() {
      return listVerifyKeys();
    },
    jwks: () => ({ keys: listVerifyKeys().map(toPublicJwk) }),
    refresh: fixed.refresh,
    findRefreshKey: (kid) => fixed.findRefreshKey(kid),
    seals: fixed.seals,
    get isComplete() {
      return isComplete;
    },
    replace(keys) {
      const before = describe(stored);
      stored = new Map(keys.map((key) => [key.kid, key]));
      isComplete = true;
      return describe(stored) !== before;
    },
  };
  return ring;
}

function findSigningKey(stored: Iterable<StoredKey>, at: number): SigningKey | undefined {
  let best: { key: SigningKey; signsFrom: number } | undefined;
  for (const { key, signsFrom, verifyUntil } of stored) {
    if (key === undefined || signsFrom > at || verifyUntil <= at) continue;
    if (best === undefined || signsFrom > best.signsFrom) best = { key, signsFrom };
  }
  return best?.key;
}

function describe(stored: ReadonlyMap<string, StoredKey>): string {
  return JSON.stringify([...stored.values()].map(({ kid, key, verifyUntil }) => [kid, key !== undefined, verifyUntil]));
}
