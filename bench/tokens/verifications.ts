import { createHmac, timingSafeEqual, verify } from 'node:crypto';
import { createAccessTokens } from '../../src/security/access-tokens.ts';
import { createKeyRing } from '../../src/security/keys.ts';
import { createLegacyTokens } from '../../src/security/legacy-tokens.ts';
import { createTokenVerifier } from '../../src/security/token-verifier.ts';
import { jwtSecret, mintToken } from '../seed.ts';

/** Each checks one token, as the server does before it looks up the standing of whoever holds it. */
export interface Verifications {
  /** A token that was not seen before: form, signature, claims. */
  readonly cold: () => Promise<unknown>;
  /** The incumbent's kind, HS256. */
  readonly legacyCold: () => Promise<unknown>;
  /** A token that this process has checked before. */
  readonly warm: () => Promise<unknown>;
  /** The signature of `cold` alone, by OpenSSL with everything at hand: what no verifier in Node goes below. */
  readonly bareEd25519: () => unknown;
  readonly bareHmac: () => unknown;
}

const userId = '6a26ce8b-c3d0-4fe4-b8e6-c6f6060d7f3c';
const subject = { userId, sessionId: '0b8f7a51-31f2-4d3c-9f0e-5a0d5b0f9c11', generation: 3 };

export async function createVerifications(): Promise<Verifications> {
  const now = () => Date.now() / 1000;
  const keyRing = createKeyRing({ authSecret: jwtSecret });
  const common = { keyRing, issuer: 'https://api.bench.example', audience: 'bench', lifetimeSeconds: 86_400, now };
  const native = createAccessTokens(common);
  const legacy = createLegacyTokens({ secret: jwtSecret, now });
  const token = await native.mint({ ...subject, incumbent: { email: 'user1@bench.example', name: 'Bench user 1' } });
  const legacyToken = mintToken({ user_id: userId, email: 'user1@bench.example', name: 'Bench user 1' }, jwtSecret);
  const uncached = createTokenVerifier({ native, legacy, now, cacheSize: 0 });
  const cached = createTokenVerifier({ native, legacy, now, cacheSize: 10_000 });
  const signed = takeApart(token);
  const legacySigned = takeApart(legacyToken);
  const { publicKey } = keyRing.signing;
  return {
    bareEd25519: () => verify(null, signed.input, publicKey, signed.signature),
    bareHmac: () => {
      const expected = createHmac('sha256', jwtSecret).update(legacySigned.input).digest();
      return timingSafeEqual(expected, legacySigned.signature);
    },
    cold: async () => uncached.verify(token),
    legacyCold: async () => uncached.verify(legacyToken),
    warm: async () => cached.verify(token),
  };
}

function takeApart(token: string): { input: Buffer; signature: Buffer } {
  const end = token.lastIndexOf('.');
  return { input: Buffer.from(token.slice(0, end)), signature: Buffer.from(token.slice(end + 1), 'base64url') };
}
