import {
  createHash,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { createHmacKey, deriveBytes, UnusableKeyError } from './secrets.ts';

/** The algorithm follows from the key, never from a token: Ed25519 → EdDSA, P-256 → ES256. */
export type NativeAlgorithm = 'EdDSA' | 'ES256';

export interface VerifyKey {
  /** RFC 7638 thumbprint of the public key: two instances that hold one key give it one name. */
  kid: string;
  alg: NativeAlgorithm;
  publicKey: KeyObject;
}

export interface SigningKey extends VerifyKey {
  privateKey: KeyObject;
}

/** Key material for refresh tokens, named so that a secret can be replaced while its tokens live on. */
export interface RefreshKey {
  kid: string;
  /** Proves that a token is ours before any database row is read. */
  ringKey: KeyObject;
  /** Input for the key of one session; useless without that session's salt. */
  sessionBase: KeyObject;
}

/** Encrypts private keys that are kept in the database. */
export interface SealKey {
  /** Twelve characters that name the secret. */
  id: string;
  key: KeyObject;
}

export interface KeyRing {
  /** False while keys may be missing, because the database could not be read yet: then an unknown kid proves nothing. */
  readonly isComplete: boolean;
  signing: SigningKey;
  /** Undefined for anything that is not the kid of a key in the ring. No I/O. */
  findVerifyKey(kid: unknown): VerifyKey | undefined;
  /** Every key whose signatures count, the signing one first. */
  readonly verifyKeys: readonly VerifyKey[];
  /** The public set for `/.well-known/jwks.json`: never a private member. */
  jwks(): { keys: PublicJwk[] };
  refresh: RefreshKey;
  findRefreshKey(kid: string): RefreshKey | undefined;
  /** The first seals, all open. */
  readonly seals: readonly [SealKey, ...SealKey[]];
}

export interface PublicJwk {
  kty: string;
  crv: string;
  x: string;
  y?: string;
  kid: string;
  alg: NativeAlgorithm;
  use: 'sig';
}

export interface KeyRingOptions {
  /** At least 32 bytes. All instances with one secret agree on every key. */
  authSecret: string;
  /** Their tokens are accepted and nothing new is made with them: the next secret before a switch, the previous one after. */
  acceptedAuthSecrets?: readonly string[];
  /** A JWK set or a single JWK as JSON. The first key signs, the others (private or public) only verify. */
  privateKeysJwk?: string | null;
}

/**
 * All keys of one deployment. Without `privateKeysJwk` the signing key is an Ed25519 key derived from `authSecret`, so
 * that one secret is enough to start. Throws UnusableKeyError (`weak_secret`, `public_key_as_secret`, `invalid_key`).
 */
export function createKeyRing({ authSecret, acceptedAuthSecrets = [], privateKeysJwk }: KeyRingOptions): KeyRing {
  const secrets = [authSecret, ...acceptedAuthSecrets].map(createHmacKey);
  const given = privateKeysJwk === undefined || privateKeysJwk === null ? undefined : readJwkSet(privateKeysJwk);
  const keys = given ?? secrets.map(deriveSigningKey);
  const [first] = keys;
  if (first === undefined || !isSigningKey(first)) throw invalidKey('the first key must be a private key');
  const byKid = new Map(keys.map((key) => [key.kid, key]));
  if (byKid.size !== keys.length) throw invalidKey('a key stands twice in the ring');
  const refreshKeys = secrets.map(deriveRefreshKey);
  const [refresh] = refreshKeys;
  if (refresh === undefined) throw invalidKey('there is no secret');
  const [seal, ...moreSeals] = secrets.map(deriveSealKey);
  if (seal === undefined) throw invalidKey('there is no secret');
  const refreshByKid = new Map(refreshKeys.map((key) => [key.kid, key]));
  return {
    isComplete: true,
    signing: first,
    findVerifyKey: (kid) => (typeof kid === 'string' ? byKid.get(kid) : undefined),
    verifyKeys: keys,
    jwks: () => ({ keys: keys.map(toPublicJwk) }),
    refresh,
    findRefreshKey: (kid) => refreshByKid.get(kid),
    seals: [seal, ...moreSeals],
  };
}

export interface PublishedKeys {
  /** A JWK set as JSON. */
  text: string;
  /** The same for the same set on every instance, another one for any other. */
  version: string;
}

export function publishKeys(ring: Pick<KeyRing, 'jwks'>): PublishedKeys {
  const text = JSON.stringify(ring.jwks());
  return { text, version: createHash('sha256').update(text).digest('base64url').slice(0, 22) };
}

/** A new random key. */
export function generateSigningKey(alg: NativeAlgorithm): SigningKey {
  const { privateKey } =
    alg === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return toSigningKey(privateKey);
}

/** Throws UnusableKeyError for anything but Ed25519 and P-256. */
export function toSigningKey(privateKey: KeyObject): SigningKey {
  return { ...toVerifyKey(createPublicKey(privateKey)), privateKey };
}

export function toPublicJwk({ kid, alg, publicKey }: VerifyKey): PublicJwk {
  const { kty = '', crv = '', x = '', y } = publicKey.export({ format: 'jwk' });
  return { kty, crv, x, ...(y === undefined ? {} : { y }), kid, alg, use: 'sig' };
}

/** RFC 7638 §3: SHA-256 over the required members in lexicographic order, without blanks, as base64url. */
function thumbprint(publicKey: KeyObject): string {
  const { crv, kty, x, y } = publicKey.export({ format: 'jwk' });
  const members = y === undefined ? { crv, kty, x } : { crv, kty, x, y };
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url');
}

// RFC 8410 §7: the PKCS #8 frame of an Ed25519 private key, before its 32 bytes.
const ed25519Frame = Buffer.from('302e020100300506032b657004220420', 'hex');

function deriveSigningKey(secret: KeyObject): SigningKey {
  const seed = deriveBytes(secret, 'stanchion access token Ed25519 v1');
  return toSigningKey(createPrivateKey({ key: Buffer.concat([ed25519Frame, seed]), format: 'der', type: 'pkcs8' }));
}

function deriveRefreshKey(secret: KeyObject): RefreshKey {
  return {
    kid: deriveBytes(secret, 'stanchion refresh token kid v1').toString('base64url').slice(0, 12),
    ringKey: createSecretKey(deriveBytes(secret, 'stanchion refresh token ring v1')),
    sessionBase: createSecretKey(deriveBytes(secret, 'stanchion refresh token session v1')),
  };
}

function deriveSealKey(secret: KeyObject): SealKey {
  return {
    id: deriveBytes(secret, 'stanchion signing key seal id v1').toString('base64url').slice(0, 12),
    key: createSecretKey(deriveBytes(secret, 'stanchion signing key seal v1')),
  };
}

function readJwkSet(text: string): (SigningKey | VerifyKey)[] {
  const parsed = parseJsonText(text);
  const keys = isRecord(parsed) && 'keys' in parsed ? parsed.keys : [parsed];
  if (!Array.isArray(keys) || keys.length === 0) throw invalidKey('the key set is empty or not a JWK set');
  return keys.map((jwk: unknown) => readJwk(jwk));
}

function readJwk(jwk: unknown): SigningKey | VerifyKey {
  if (!isRecord(jwk)) throw invalidKey('a key of the set is not an object');
  try {
    if ('d' in jwk) return toSigningKey(createPrivateKey({ key: jwk, format: 'jwk' }));
    return toVerifyKey(createPublicKey({ key: jwk, format: 'jwk' }));
  } catch (error) {
    if (error instanceof UnusableKeyError) throw error;
    // The cause is dropped on purpose: its text may quote private members.
    throw invalidKey('a key of the set is not a valid JWK');
  }
}

function toVerifyKey(publicKey: KeyObject): VerifyKey {
  return { kid: thumbprint(publicKey), alg: algorithmOf(publicKey), publicKey };
}

function algorithmOf(key: KeyObject): NativeAlgorithm {
  if (key.asymmetricKeyType === 'ed25519') return 'EdDSA';
  if (key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return 'ES256';
  throw invalidKey('only Ed25519 and P-256 keys are supported');
}

function isSigningKey(key: SigningKey | VerifyKey): key is SigningKey {
  return 'privateKey' in key;
}

function parseJsonText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidKey('the key set is not JSON');
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalidKey(message: string): UnusableKeyError {
  return new UnusableKeyError('invalid_key', message);
}
