import type { WireResponse } from '../errors.ts';
import type { WireProfile } from '../profile.ts';

/** FastAPI's security classes, by what their challenge names. OAuth2PasswordBearer is `OAuth2`. */
export type CredentialScheme = 'Bearer' | 'Digest' | 'APIKey' | 'Basic' | 'OAuth2';

/**
 * What a security class of FastAPI answers when there are no credentials (`missing`), or credentials of another scheme or
 * that it cannot read (`foreign`). A token that the application then refuses is the application's business.
 */
export function credentialsRefusal(
  { missingCredentials }: Pick<WireProfile, 'missingCredentials'>,
  scheme: CredentialScheme,
  problem: 'missing' | 'foreign' = 'missing',
): WireResponse {
  const alwaysChallenges = scheme === 'Basic' || scheme === 'OAuth2';
  const status = alwaysChallenges ? 401 : missingCredentials;
  const wasInvalid = problem === 'foreign' && missingCredentials === 403 && scheme !== 'OAuth2' && scheme !== 'APIKey';
  const detail = wasInvalid ? 'Invalid authentication credentials' : 'Not authenticated';
  const challenge = scheme === 'OAuth2' ? 'Bearer' : scheme;
  return {
    status,
    headers: { 'content-type': 'application/json', ...(status === 401 ? { 'www-authenticate': challenge } : {}) },
    body: JSON.stringify({ detail }),
  };
}

/** The credentials of an `Authorization` value, what is wrong with it, in the terms of {@link credentialsRefusal}. */
export type BearerCredentials = { credentials: string } | { problem: 'missing' | 'foreign' };

/**
 * Reads `Authorization` as HTTPBearer does: a scheme in any case, then everything after the first space. With no
 * credentials there is nothing; with another scheme they are foreign.
 */
export function parseBearerCredentials(
  authorization: string | undefined,
  { bearerCredentials }: Pick<WireProfile, 'bearerCredentials'>,
): BearerCredentials {
  const space = authorization?.indexOf(' ') ?? -1;
  if (authorization === undefined || space <= 0) return { problem: 'missing' };
  const sent = authorization.slice(space + 1);
  const credentials = bearerCredentials === 'stripped' ? sent.trim() : sent;
  if (credentials === '') return { problem: 'missing' };
  return authorization.slice(0, space).toLowerCase() === 'bearer' ? { credentials } : { problem: 'foreign' };
}
