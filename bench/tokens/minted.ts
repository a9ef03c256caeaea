import { createAccessTokens } from '../../src/security/access-tokens.ts';
import { createKeyRing } from '../../src/security/keys.ts';
import { parseCompactToken } from '../../src/security/token-syntax.ts';
import { listRequest } from '../answers.ts';
import type { LoadRequest } from '../load/jobs.ts';
import { authSecret, type SeededUser } from '../seed.ts';

/** How often each token is used, in one lane of a round each. */
export const usesOfToken = [1, 5, 10, 20, 100] as const;

/** So many users with access tokens that nobody has seen yet, of the sessions that these users have. */
export type TokenMint = (count: number) => Promise<SeededUser[]>;

/** The server's own key follows from the bench's secret: a log-in for each token would take a password hash each. */
export function createTokenMint(signedIn: readonly SeededUser[]): TokenMint {
  const keyRing = createKeyRing({ authSecret });
  const now = () => Date.now() / 1000;
  const mints = signedIn.map((user) => {
    const { issuer, audience, ...subject } = readClaims(user.token);
    const tokens = createAccessTokens({ keyRing, issuer, audience, lifetimeSeconds: 900, now });
    return async () => ({ ...user, token: await tokens.mint(subject) });
  });
  return async (count) => {
    const minted: SeededUser[] = [];
    while (minted.length < count) minted.push(...(await Promise.all(mints.map((mint) => mint()))));
    return minted.slice(0, count);
  };
}

/** As clients do that use their tokens side by side: `together` tokens in turn until each had its uses, then the next ones. */
export function requestsWithUses(users: readonly SeededUser[], uses: number, together: number): LoadRequest[] {
  const requests: LoadRequest[] = [];
  for (let start = 0; start < users.length; start += together) {
    const group = users.slice(start, start + together).map(listRequest);
    for (let use = 0; use < uses; use += 1) requests.push(...group);
  }
  return requests;
}

/** Of a token that our server has just made. */
function readClaims(token: string) {
  const parsed = parseCompactToken(token);
  const { iss, aud, sub, sid, gen } = parsed.ok ? parsed.token.payload : {};
  if (typeof iss !== 'string' || typeof aud !== 'string' || typeof sub !== 'string' || typeof sid !== 'string') {
    throw new Error('the server has minted a token of another kind');
  }
  return { issuer: iss, audience: aud, userId: sub, sessionId: sid, generation: Number(gen) };
}
