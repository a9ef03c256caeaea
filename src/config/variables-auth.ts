import { hmacAlgorithm, instant, integer, oneOf, privateKeySet, rateLimit, seconds, text, textList } from './kinds.ts';
import { variable } from './variable.ts';

const DAY = 86_400;
const anySecret = text('a text', /^[^\0]+$/);
const name = text('a name or a URL without spaces', /^[!-~]{1,255}$/);
const generateFix = 'generate one with `./stanchion generate secret`';

export const authVariables = {
  JWT_SECRET: variable({
    kind: anySecret,
    default: null,
    field: 'secrets.jwtSecret',
    aliases: ['BETTER_AUTH_SECRET'],
    mustAgree: true,
    secret: true,
    withoutDefault: 'generated once, kept in DATA_DIR (development); generated at each start (test); none (production)',
    example: 'replace-with-the-output-of-stanchion-generate-secret',
    fix: generateFix,
    help: "The secret of the incumbent's tokens (HMAC): the value that the old backend has, so that its tokens stay valid. Production refuses one under 64 characters, one of low variety and known defaults.",
  }),
  AUTH_SECRET: variable({
    kind: anySecret,
    default: null,
    field: 'secrets.authSecret',
    secret: true,
    withoutDefault: 'derived from JWT_SECRET',
    fix: generateFix,
    help: 'The root of the keys of refresh tokens and of this backend’s own access tokens. Set it once the old backend no longer shares JWT_SECRET with anyone. As strong as JWT_SECRET.',
  }),
  AUTH_SECRETS_ACCEPTED: variable({
    kind: textList('a comma-separated list of secrets (or a JSON list)', /^[^\0]+$/),
    default: null,
    field: 'secrets.authSecretsAccepted',
    secret: true,
    withoutDefault: 'none',
    fix: generateFix,
    help: 'Secrets beside AUTH_SECRET whose tokens and stored keys are accepted; nothing new is made with them. To replace AUTH_SECRET: first list the new one here on every instance, then swap the two, and take the old one off after REFRESH_IDLE_SECONDS. The word `JWT_SECRET` stands for the secret that is derived from JWT_SECRET.',
  }),
  AUTH_PRIVATE_KEYS: variable({
    kind: privateKeySet(),
    default: null,
    field: 'secrets.authPrivateKeys',
    secret: true,
    withoutDefault: 'derived from AUTH_SECRET, or kept in the database after `./stanchion auth keys rotate`',
    help: 'The keys of access tokens as a JSON Web Key set: the first signs, the others verify. Set, it alone says which key signs; keys in the database then only verify.',
  }),
  AUTH_ISSUER: variable({
    kind: name,
    default: 'stanchion',
    field: 'auth.issuer',
    help: 'The `iss` of access tokens.',
  }),
  AUTH_AUDIENCE: variable({
    kind: name,
    default: 'stanchion-api',
    field: 'auth.audience',
    help: 'The `aud` of access tokens.',
  }),
  ACCESS_TOKEN_SECONDS: variable({
    kind: seconds(60, DAY),
    default: '15m',
    field: 'auth.accessTokenSeconds',
    help: 'The lifetime of an access token.',
  }),
  REFRESH_IDLE_SECONDS: variable({
    kind: seconds(60, 365 * DAY),
    default: '7d',
    field: 'auth.refreshIdleSeconds',
    help: 'A session ends when it was not refreshed for this long.',
  }),
  REFRESH_ABSOLUTE_SECONDS: variable({
    kind: seconds(60, 3_650 * DAY),
    default: '30d',
    field: 'auth.refreshAbsoluteSeconds',
    help: 'A session ends this long after its login.',
  }),
  REFRESH_REUSE_WINDOW_SECONDS: variable({
    kind: seconds(0, 600),
    default: '30',
    field: 'auth.refreshReuseWindowSeconds',
    help: 'For this long after a rotation the previous refresh token is answered with the same successor, so that two tabs do not end their session.',
  }),
  REFRESH_CONFIRMED_BY: variable({
    kind: oneOf(['use', 'refresh']),
    default: 'use',
    field: 'auth.refreshConfirmedBy',
    help: 'What shows that a client has the successor of its refresh token, after which the token before it counts as stolen when it returns. `use`: a request with the new access token; a thief is noticed at once, and a client must store the new refresh token before it uses the new access token. `refresh`: only the next refresh; for clients that lose tokens they have begun to use, at the price of slower detection (docs/adr/0010-refresh-confirmation.md).',
  }),
  ACCESS_TOKEN_PROFILE: variable({
    kind: oneOf(['native', 'incumbent']),
    default: 'native',
    field: 'auth.accessTokenProfile',
    help: 'The access tokens of /auth/login and /auth/refresh. `incumbent`: HMAC tokens of the old backend’s kind, without `aud`, so that both backends accept them while both run; they end with LEGACY_TOKENS_ACCEPT_UNTIL.',
  }),
  SESSION_CHECK_SECONDS: variable({
    kind: seconds(0, 3_600),
    default: '10',
    field: 'auth.sessionCheckSeconds',
    help: 'The access token of a revoked session, or of a disabled user, dies within this time on every instance.',
  }),
  PASSWORD_MIN_LENGTH: variable({
    kind: integer(1, 128),
    default: '15',
    field: 'auth.passwordMinLength',
    help: 'For new passwords on the new routes, in characters (NIST SP 800-63B-4 §3.1.1.2: 15 where a password is the only factor).',
  }),
  PASSWORD_SCHEME: variable({
    kind: oneOf(['argon2id', 'bcrypt']),
    default: 'argon2id',
    field: 'auth.passwordScheme',
    help: 'What new password hashes are. `bcrypt` keeps every hash readable for the old backend, and upgrades none, for as long as going back to it is an option; new passwords then have at most 72 bytes.',
  }),
  PASSWORD_HASH_MEMORY_KIB: variable({
    kind: integer(7_168, 1_048_576),
    default: '19456',
    field: 'auth.passwordHash.memoryKib',
    help: 'argon2id: memory of one hash in KiB (OWASP: 19456 with two iterations).',
  }),
  PASSWORD_HASH_ITERATIONS: variable({
    kind: integer(1, 100),
    default: '2',
    field: 'auth.passwordHash.iterations',
    help: 'argon2id: passes over the memory.',
  }),
  PASSWORD_HASH_PARALLELISM: variable({
    kind: integer(1, 16),
    default: '1',
    field: 'auth.passwordHash.parallelism',
    help: 'argon2id: lanes.',
  }),
  PASSWORD_HASH_WORKERS: variable({
    kind: integer(1, 64),
    default: '1',
    field: 'auth.passwordHash.workers',
    help: 'Threads of low priority that hash passwords, one at a time each.',
  }),
  PASSWORD_HASH_MAX_QUEUE: variable({
    kind: integer(1, 10_000),
    default: '64',
    field: 'auth.passwordHash.maxQueue',
    help: 'Logins that may wait for a thread; one more is answered 503 at once.',
  }),
  LOGIN_RATE_LIMIT_PER_ACCOUNT: variable({
    kind: rateLimit(),
    default: { development: '100/15m', test: '100/15m', production: '10/15m' },
    field: 'rateLimits.rules.loginPerAccount',
    help: 'Logins to one account, whoever tries.',
  }),
  LOGIN_RATE_LIMIT_PER_ADDRESS: variable({
    kind: rateLimit(),
    default: { development: '1000/15m', test: '1000/15m', production: '100/15m' },
    field: 'rateLimits.rules.loginPerAddress',
    help: 'Logins from one address (IPv6: one /64), whatever the account.',
  }),
  REGISTER_RATE_LIMIT_PER_ADDRESS: variable({
    kind: rateLimit(),
    default: { development: '300/1h', test: '300/1h', production: '30/1h' },
    field: 'rateLimits.rules.registerPerAddress',
    help: 'Registrations from one address.',
  }),
  REFRESH_RATE_LIMIT_PER_ADDRESS: variable({
    kind: rateLimit(),
    default: { development: '12000/15m', test: '12000/15m', production: '1200/15m' },
    field: 'rateLimits.rules.refreshPerAddress',
    help: 'Refreshes from one address.',
  }),
  JWT_ALGORITHM: variable({
    kind: hmacAlgorithm(),
    default: 'HS256',
    field: 'auth.legacy.algorithm',
    help: "The algorithm of the incumbent's tokens.",
  }),
  JWT_EXPIRATION_DELTA_HOURS: variable({
    kind: integer(1, 8_760),
    default: '24',
    field: 'auth.legacy.tokenSeconds',
    help: "The lifetime of the tokens that the incumbent's sign-in answers, in hours.",
  }),
  LEGACY_TOKENS_ACCEPT_UNTIL: variable({
    kind: instant(),
    default: null,
    field: 'auth.legacy.acceptUntil',
    withoutDefault: 'no end',
    example: '2027-01-31T00:00:00Z',
    help: "From then on tokens of the incumbent's kind are refused.",
  }),
};
