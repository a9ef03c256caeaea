import { randomBytes, randomUUID } from 'node:crypto';
import type { Config, Secrets } from '../config/types.ts';
import type { TxSource } from '../database/types.ts';
import type { MailTransport } from '../mail/transport.ts';
import { createAccessTokens } from '../security/access-tokens.ts';
import { createKeyRing, type PublishedKeys, publishKeys } from '../security/keys.ts';
import { createLegacyTokens } from '../security/legacy-tokens.ts';
import { loadBreachedPasswords } from '../security/password-breaches.ts';
import { createPasswordHasher, maxPasswordBytes, type PasswordHasher } from '../security/passwords.ts';
import { createRotatingKeyRing } from '../security/rotating-keys.ts';
import { createTokenVerifier } from '../security/token-verifier.ts';
import { type AccessService, createAccessService } from './access.ts';
import { type AccountsService, createAccountsService } from './accounts.ts';
import { type AdministrationService, createAdministrationService } from './administration.ts';
import { type Admission, createAdmission } from './admission.ts';
import { type AuditService, createAuditService } from './audit.ts';
import type { SecurityEvents } from './client-context.ts';
import { createConfirmations } from './confirmations.ts';
import { type AuthRateLimit, createCredentialsService } from './credentials.ts';
import { createDecoys } from './decoys.ts';
import { createExplanationsService, type ExplanationsService } from './explanations.ts';
import { createHashCensusService, type HashCensusService } from './hash-census.ts';
import { createIntrospectionService, type IntrospectionService } from './introspection.ts';
import { createKeysService, type KeysService } from './keys.ts';
import { createLegacyAuthService, type LegacyAuthService } from './legacy-auth.ts';
import { createLegacyStatusService, type LegacyStatusService } from './legacy-status.ts';
import { createMailService, type MailService } from './mail.ts';
import { createMaintenanceService, type MaintenanceService } from './maintenance.ts';
import type { PasswordRules } from './new-passwords.ts';
import { createPersonalDataService, type PersonalDataService } from './personal-data.ts';
import { createRateLimitsService, type RateLimitsService } from './rate-limits.ts';
import { createServiceTokensService, type ServiceTokensService } from './service-tokens.ts';
import { createSessionsService, type SessionsService } from './sessions.ts';
import { createStandingCache } from './standing.ts';
import { createTasksService, type TasksService } from './tasks.ts';
import { createTokenPairs } from './token-pairs.ts';
import { createTokenUses, type TokenUses } from './token-uses.ts';
import { createUsersService, type UsersService } from './users.ts';

export interface Services {
  access: AccessService;
  accounts: AccountsService;
  administration: AdministrationService;
  /** What a route may ask before it reads a password. */
  admission: Pick<Admission, 'assertRoom'>;
  audit: AuditService;
  introspection: IntrospectionService;
  serviceTokens: ServiceTokensService;
  explanations: ExplanationsService;
  hashCensus: HashCensusService;
  keys: KeysService;
  legacyAuth: LegacyAuthService;
  legacyStatus: LegacyStatusService;
  mail: MailService;
  maintenance: MaintenanceService;
  passwords: PasswordHasher;
  personalData: PersonalDataService;
  rateLimits: RateLimitsService<AuthRateLimit>;
  sessions: SessionsService;
  tasks: TasksService;
  tokenUses: TokenUses;
  users: UsersService;
  /** For `/.well-known/jwks.json`. Throws AppError `database_unavailable` while keys may be missing. */
  publicKeys: () => Promise<PublishedKeys>;
  close(): Promise<void>;
}

export interface ServicesOptions {
  config: Config;
  secrets: Secrets;
  db: TxSource;
  events: SecurityEvents;
  /** Null, the default: there is no mail, and nothing that needs it. */
  mailTransport?: MailTransport | null;
  /** Called after mail was written down. */
  wakeMail?: () => void;
  /** Called when security events wait to be written. */
  wakeAudit?: () => void;
  nowSeconds?: () => number;
  monotonicMs?: () => number;
}

/** Every instance reads the keys this often: a key signs when each had two occasions. */
export const keyReloadSeconds = 30;

/** Before their hash or after it. More would only ask the database together. */
const loginsBesideHashing = 1;
const passwordTimeoutMs = 30_000;
const cachedTokens = 10_000;
const cachedStandings = 20_000;

/** Every service, made once, in the order in which they need each other. */
export function createServices(options: ServicesOptions): Services {
  const { config, secrets, db } = options;
  const { auth, quirks } = config;
  const now = options.nowSeconds ?? (() => Date.now() / 1000);
  const monotonicMs = options.monotonicMs ?? (() => performance.now());
  const audit = createAuditService({ db, randomBytes, nowSeconds: now, wake: options.wakeAudit ?? (() => {}) });
  const events: SecurityEvents = (event) => {
    options.events(event);
    audit.record(event);
  };
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
    events,
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
    share: auth.passwordHash.sharePercent / 100,
    scheme: auth.passwordScheme,
    peppers: (secrets.passwordPeppers ?? []).map(({ id, secret }) => ({ id, secret: Buffer.from(secret) })),
    timeoutMs: passwordTimeoutMs,
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
  const serviceTokens = createServiceTokensService({
    ...common,
    keyRing,
    ttlSeconds: auth.sessionCheckSeconds,
    monotonicMs,
  });
  const tokenUses = createTokenUses({ db, monotonicMs });
  const access = createAccessService({
    verifier,
    standings,
    confirmations,
    events,
    serviceTokens,
    tokenUses,
    ...quirks,
  });
  const rateLimits = createRateLimitsService<AuthRateLimit>({
    db,
    rules: config.rateLimits.rules,
    enabled: config.rateLimits.enabled,
    events,
  });
  const decoys = createDecoys({ db, passwords, secret: secrets.authSecret, randomId: randomUUID });
  const credentials = createCredentialsService({ ...common, passwords, rateLimits, decoys, ...quirks });
  const mail = createMailService({
    ...common,
    ...config.mail,
    transport: options.mailTransport ?? null,
    wake: options.wakeMail ?? (() => {}),
  });
  const sessions = createSessionsService({
    ...common,
    tokenPairs: createTokenPairs({ keyRing, accessTokens, legacyTokens, accessTokenProfile: auth.accessTokenProfile }),
    keyRing,
    standings,
    nowSeconds: now,
    monotonicMs,
    lifetimes: auth,
    rateLimits,
    mail,
    ...quirks,
  });
  const passwordRules: PasswordRules = {
    minLength: auth.passwordMinLength,
    maxBytes: maxPasswordBytes(auth.passwordScheme),
    breached: auth.passwordBreachCheck ? loadBreachedPasswords() : undefined,
  };
  const admission = createAdmission({
    limit: auth.passwordHash.workers + auth.passwordHash.maxQueue,
    // While one is hashed, another one asks the database.
    atOnce: auth.passwordHash.workers + loginsBesideHashing,
    timeoutMs: passwordTimeoutMs,
    random: Math.random,
    monotonicMs,
  });
  const users = createUsersService({
    ...common,
    passwords,
    admission,
    credentials,
    sessions,
    rateLimits,
    passwordRules,
    mail,
  });
  const accounts = createAccountsService({
    ...common,
    passwords,
    credentials,
    rateLimits,
    standings,
    passwordRules,
    mail,
  });
  const legacyAuth = createLegacyAuthService({
    ...common,
    passwords,
    admission,
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
  const maintenance = createMaintenanceService({ db, users, keys, decoys });

  return {
    access,
    accounts,
    admission,
    administration: createAdministrationService({ ...common, standings }),
    audit,
    introspection: createIntrospectionService({ ...common, access, verifier, keyRing, serviceTokens, standings }),
    serviceTokens,
    explanations: createExplanationsService({ db }),
    hashCensus: createHashCensusService({ db, passwords }),
    keys,
    legacyAuth,
    legacyStatus: createLegacyStatusService({
      db,
      acceptUntil: auth.legacy.acceptUntil,
      tokenSeconds: auth.legacy.tokenSeconds,
    }),
    mail,
    maintenance,
    passwords,
    personalData: createPersonalDataService({ ...common, credentials, rateLimits, standings }),
    rateLimits,
    sessions,
    tasks,
    tokenUses,
    users,
    async publicKeys() {
      await keys.ready();
      return publishKeys(keyRing);
    },
    async close() {
      // What cannot be written now stands in the log.
      await audit.flush().catch(() => {});
      await passwords.close();
    },
  };
}
