import type { JsonObject, JsonValue } from './json-text.ts';
import { expiredToken, invalidToken } from './token-syntax.ts';
import { isUuid, parsePythonUuid } from './uuid.ts';

export interface LegacyClaimRules {
  requireExp: boolean;
  audience: string | undefined;
  issuer: string | undefined;
}

/**
 * The claims as python-jose's `jwt.decode` and the incumbent's own check read them, in their order: times, `aud`,
 * `iss`, `sub`, `jti`, `at_hash`, then the user. Throws AppError `invalid_token` with the incumbent's detail.
 */
export function readLegacyClaims(
  payload: JsonObject,
  rules: LegacyClaimRules,
  now: number,
): { userId: string; validBefore: number } {
  const second = Math.floor(now);
  readTime(payload, 'iat');
  if ((readTime(payload, 'nbf') ?? second) > second) throw invalidToken('not_before');
  const exp = readTime(payload, 'exp');
  if (exp === undefined && rules.requireExp) throw invalidToken('expiry');
  // python-jose compares whole seconds and still accepts the second that exp names.
  if (exp !== undefined && exp < second) throw expiredToken(holderOf(payload));
  assertParties(payload, rules);
  return { userId: readUserId(payload), validBefore: exp === undefined ? Number.POSITIVE_INFINITY : exp + 1 };
}

function holderOf({ user_id, sid }: JsonObject): { userId?: string; sessionId?: string } {
  const userId = typeof user_id === 'string' ? parsePythonUuid(user_id) : undefined;
  return { ...(userId === undefined ? {} : { userId }), ...(isUuid(sid) ? { sessionId: sid } : {}) };
}

/** Undefined when absent. What Python's `int()` refuses is refused, also where python-jose crashes on it. */
function readTime(payload: JsonObject, name: 'exp' | 'nbf' | 'iat'): number | undefined {
  if (!(name in payload)) return undefined;
  const seconds = pythonInt(payload[name]);
  if (seconds === undefined) throw invalidToken(`${name}_type`);
  return seconds;
}

// Whole-number text for int(): blanks around it, a sign, single underscores between digits; 4300 digits at most.
const wholeNumber = /^[ \t-\r\u0085\p{Z}]*([+-]?[0-9]+(?:_[0-9]+)*)[ \t-\r\u0085\p{Z}]*$/u;
const maxDigits = 4300;

function pythonInt(value: JsonValue | undefined): number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number') return Number.isFinite(value) ? Math.trunc(value) : undefined;
  if (typeof value !== 'string' || value.length > 2 * maxDigits) return undefined;
  const digits = wholeNumber.exec(value)?.[1]?.replaceAll('_', '');
  return digits === undefined || digits.replace(/^[+-]/, '').length > maxDigits ? undefined : Number(digits);
}

function assertParties(payload: JsonObject, { audience, issuer }: LegacyClaimRules): void {
  if ('aud' in payload && !audienceMatches(payload.aud, audience)) throw invalidToken('audience');
  if (issuer !== undefined && payload.iss !== issuer) throw invalidToken('issuer');
  for (const name of ['sub', 'jti']) {
    if (name in payload && typeof payload[name] !== 'string') throw invalidToken(`${name}_type`);
  }
  if ('at_hash' in payload) throw invalidToken('at_hash');
}

function audienceMatches(aud: JsonValue | undefined, audience: string | undefined): boolean {
  const entries = Array.isArray(aud) ? aud : [aud];
  return audience !== undefined && entries.every((entry) => typeof entry === 'string') && entries.includes(audience);
}

function readUserId({ user_id: value }: JsonObject): string {
  if (value === undefined || value === null) {
    throw invalidToken('no_user', 'Could not validate credentials - no user_id in token');
  }
  const userId = typeof value === 'string' ? parsePythonUuid(value) : undefined;
  if (userId === undefined) throw invalidToken('user', 'Invalid user_id in token');
  return userId;
}
