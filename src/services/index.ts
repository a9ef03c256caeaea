import { randomBytes, randomUUID } from 'node:crypto';
import type { Config, Secrets } from '../config/types.ts';
import type { Db } from '../database/types.ts';
import { createAccessTokens } from '../security/access-tokens.ts';
import { createKeyRing, type PublishedKeys, publishKeys } from '../security/keys.ts';
import { createLegacyTokens } from '../security/legacy-tokens.ts';
import { createPasswordHasher, maxPasswordBytes, type PasswordHasher } from '../security/passwords.ts';
import { createRotatingKeyRing } from '../security/rotating-keys.ts';
import { createTokenVerifier } from '../security/token-verifier.ts';
import { type AccessService, createAccessService } from './access.ts';
import type { SecurityEvents } from './client-context.ts';
import { createConfirmations } from './confirmations.ts';
import { type AuthRateLimit, createCredentialsService } from './credentials.ts';
import { createKeysService, type KeysService } from './keys.ts';
import { createLegacyAuthService, type LegacyAuthService } from './legacy-auth.ts';
import { createLegacyStatusService, type LegacyStatusService } from './legacy-status.ts';
import { createMaintenanceService, type MaintenanceService } from './maintenance.ts';
import { createRateLimitsService, type RateLimitsService } from './rate-limits.ts';
import { createSessionsService, type SessionsService } from './sessions.ts';
import { createStandingCache } from './standing.ts';
import { createTasksService, type TasksService } from './tasks.ts';
import { createTokenPairs } from './token-pairs.ts';
import { createTokenUses, type TokenUses } from './token-uses.ts';
import { createUsersService, type UsersService } from './users.ts';

export interface Services {
  access: AccessService;
  keys: KeysService;
  legacyAuth: LegacyAuthService;
  legacyStatus: LegacyStatusService;
  maintenance: MaintenanceService;
  passwords: PasswordHasher;
  rateLimits: RateLimitsService<AuthRateLimit>;
  sessions: SessionsService;
  tasks: TasksService;
  tokenUses: TokenUses;
  users: UsersService;
  /** For `/.well-known/jwks.json`. */
  publicKeys: () => PublishedKeys;
  close(): Promise<void>;
}

export interface ServicesOptions {
  config: Config;
  secrets: Secrets;
  db: Db;
  events: SecurityEvents;
  nowSeconds?: () => number;
  monotonicMs?: () => number;
}

/** Every instance reads the keys this often: a key signs when each had two occasions. */
export const keyReloadSeconds = 30;

const cachedTokens = 10_000;
const cachedStandings = 20_000;

/** Every service, made once, in the order in which they need each other. */
export function createServices(options: ServicesOptions): Services {
  const { config, secrets, db, events } = options;
  const { auth, quirks } = config;
  const now = options.nowSeconds ?? (() => Date.now() / 1000);
  const monotonicMs = options.monotonicMs ?? (() => performance.now());
  const common = { db, events, newId: randomUUID, randomBytes };

  const keyRing = createRotatingKeyRing({
    fixed: createKeyRing({
      authSecret: secrets.authSecret,
      acceptedAuthSecrets: secrets.authSecretsAccepted ?? [],
      privateKeysJwk: secrets.authPrivateKeys,
    }),
    signsWithStored: secrets.authPrivateKeys === null,
    now,
  });
  // The sign-in of old clients, which can refresh nothing, outlives the incumbent's kind of token.
  const longestTokenSeconds = Math.max(auth.accessTokenSeconds, auth.legacy.tokenSeconds);
  const keys = createKeysService({
    db,
    ring: keyRing,
    random: randomBytes,
    ringSource: secrets.authPrivateKeys === null ? 'secret' : 'AUTH_PRIVATE_KEYS',
    longestTokenSeconds,
    reloadSeconds: keyReloadSeconds,
    onChange: () => verifier.clear(),
  });
  const accessTokens = createAccessTokens({
    keyRing,
    issuer: auth.issuer,
    audience: auth.audience,
    lifetimeSeconds: auth.accessTokenSeconds,
    maxLifetimeSeconds: longestTokenSeconds,
    ready: () => keys.ready(),
    now,
  });
  const legacyTokens = createLegacyTokens({
    secret: secrets.jwtSecret,
    algorithm: auth.legacy.algorithm,
    now,
    requireExp: !quirks.tokenWithoutExp,
    refuseCrit: !quirks.tokenCritIgnored,
    looseBase64: quirks.tokenLooseBase64,
    ...(auth.legacy.acceptUntil === null ? {} : { acceptUntil: Date.parse(auth.legacy.acceptUntil) / 1000 }),
  });
  const passwords = createPasswordHasher({
    ...auth.passwordHash,
    scheme: auth.passwordScheme,
    // What the incumbent read of a longer password is offered in its place: a hash is made of what was compared.
    bcryptTruncates: false,
  });

  const standings = createStandingCache({
    db,
    ttlSeconds: auth.sessionCheckSeconds,
    maxEntries: cachedStandings,
    monotonicMs,
  });
  const verifier = createTokenVerifier({ native: accessTokens, legacy: legacyTokens, now, cacheSize: cachedTokens });
  const confirmations = createConfirmations({
    db,
    enabled: auth.refreshConfirmedBy === 'use',
    maxEntries: cachedStandings,
  });
  const tokenUses = createTokenUses({ db, monotonicMs });
  const access = createAccessService({ verifier, standings, confirmations, tokenUses, ...quirks });
  const rateLimits = createRateLimitsService<AuthRateLimit>({
    db,
    rules: config.rateLimits.rules,
    enabled: config.rateLimits.enabled,
    events,
  });
  const credentials = createCredentialsService({ ...common, passwords, rateLimits, ...quirks });
  const sessions = createSessionsService({
    ...common,
    tokenPairs: createTokenPairs({ keyRing, accessTokens, legacyTokens, accessTokenProfile: auth.accessTokenProfile }),
    keyRing,
    standings,
    nowSeconds: now,
    monotonicMs,
    lifetimes: auth,
    rateLimits,
    ...quirks,
  });
  const users = createUsersService({
    ...common,
    passwords,
    credentials,
    sessions,
    rateLimits,
    passwordLimits: { minLength: auth.passwordMinLength, maxBytes: maxPasswordBytes(auth.passwordScheme) },
  });
  const legacyAuth = createLegacyAuthService({
    ...common,
    passwords,
    credentials,
    rateLimits,
    sessions,
    legacyTokens,
    accessTokens,
    nowSeconds: now,
    tokenSeconds: auth.legacy.tokenSeconds,
    quirks,
  });
  const tasks = createTasksService({ db, newId: randomUUID, ...quirks });
  const maintenance = createMaintenanceService({ db, users, keys });

  return {
    access,
    keys,
    legacyAuth,
    legacyStatus: createLegacyStatusService({
      db,
      acceptUntil: auth.legacy.acceptUntil,
      tokenSeconds: auth.legacy.tokenSeconds,
    }),
    maintenance,
    passwords,
    rateLimits,
    sessions,
    tasks,
    tokenUses,
    users,
    publicKeys: () => publishKeys(keyRing),
    close: () => passwords.close(),
  };
}
