import { type DatabaseUrl, findDirectDatabaseUrl, findTlsWeakness, parseDatabaseUrl } from './database-url.ts';
import type { ConfigFault } from './faults.ts';
import { checkKeys } from './key-checks.ts';
import { findSecretWeakness } from './secret-strength.ts';
import type { Environment } from './types.ts';
import type { Values, VariableName } from './variables.ts';
import { variables } from './variables.ts';

/** The values that could be read; one whose text was refused is missing here and already reported. */
export interface CheckInput {
  readonly environment: Environment;
  readonly values: Partial<Values>;
  /** Where each value came from; `default` when nobody set it. */
  readonly originOf: (name: VariableName) => string;
}

/** What no single variable can know: faults between variables, and what production refuses. */
export function checkValues(input: CheckInput): ConfigFault[] {
  const always = [
    ...checkDatabaseUrls(input),
    ...checkOrder(input),
    ...checkPorts(input),
    ...checkBcrypt(input),
    ...checkPeppers(input),
  ];
  const production = input.environment === 'production' ? checkProduction(input) : [];
  // What production refuses for its weakness need not be refused twice.
  const keys = checkKeys(input).filter(({ variable }) => !production.some((found) => found.variable === variable));
  return [...always, ...production, ...keys];
}

/** The same worries outside production, where they stop nobody. */
export function listWarnings({ environment, values }: CheckInput): string[] {
  const warnings: string[] = [];
  for (const name of ['JWT_SECRET', 'AUTH_SECRET'] as const) {
    const secret = values[name];
    if (typeof secret !== 'string') continue;
    const weakness = findSecretWeakness(secret);
    if (weakness !== undefined && environment !== 'production')
      warnings.push(`${name} ${weakness}: production would refuse it`);
    if (secret.trim() !== secret) warnings.push(`${name} begins or ends with white space, which is part of it`);
  }
  if (typeof values.AUTH_SECRET === 'string' && values.AUTH_SECRET === values.JWT_SECRET) {
    warnings.push('AUTH_SECRET is JWT_SECRET: whoever has the secret of the old backend can make tokens of this one');
  }
  if (environment === 'production' && typeof values.AUTH_SECRET !== 'string') {
    warnings.push(
      'AUTH_SECRET is not set and follows from JWT_SECRET: whoever has the secret of the old backend can make tokens of this one',
    );
  }
  for (const origin of values.ALLOWED_ORIGINS ?? []) {
    if (origin !== '*' && origin !== 'null' && !isOrigin(origin)) {
      warnings.push(
        `ALLOWED_ORIGINS has ${JSON.stringify(origin)}, which no browser sends: an origin is scheme://host[:port], no more`,
      );
    }
  }
  if (values.DATABASE_ALLOW_INSECURE_TLS === true) {
    warnings.push('DATABASE_ALLOW_INSECURE_TLS is on: the connection to the database may be unencrypted or unverified');
  }
  return warnings;
}

/**
 * The URL for migrations: the one that is set, else the direct one behind a Neon pooler, else DATABASE_URL itself when
 * it is direct. Undefined: there is none.
 */
export function findMigrationUrl(values: Partial<Values>): string | undefined {
  if (typeof values.MIGRATION_DATABASE_URL === 'string') return values.MIGRATION_DATABASE_URL;
  if (typeof values.DATABASE_URL !== 'string') return undefined;
  const direct = findDirectDatabaseUrl(values.DATABASE_URL) ?? values.DATABASE_URL;
  return readUrl(direct)?.isPooler === true ? undefined : direct;
}

function checkDatabaseUrls({ values, originOf }: CheckInput): ConfigFault[] {
  const faults: ConfigFault[] = [];
  for (const name of ['DATABASE_URL', 'MIGRATION_DATABASE_URL'] as const) {
    const text = values[name];
    if (typeof text !== 'string') continue;
    const parsed = parseDatabaseUrl(text);
    const problems = 'faults' in parsed ? parsed.faults : [];
    faults.push(...problems.map((problem) => fault(name, problem, originOf(name))));
  }
  if (typeof values.MIGRATION_DATABASE_URL === 'string') {
    const isPooler = readUrl(values.MIGRATION_DATABASE_URL)?.isPooler === true;
    if (isPooler) faults.push(fault('MIGRATION_DATABASE_URL', 'names a pooler', originOf('MIGRATION_DATABASE_URL')));
  } else if (typeof values.DATABASE_URL === 'string' && findMigrationUrl(values) === undefined) {
    faults.push(fault('MIGRATION_DATABASE_URL', 'is missing, and DATABASE_URL names a pooler', 'not set'));
  }
  return faults;
}

/** Each limit must end before the one around it, or the outer one ends first and its message is about the wrong thing. */
const ascending: readonly (readonly VariableName[])[] = [
  [
    ...(['DATABASE_ACQUIRE_TIMEOUT_MS', 'DATABASE_LOCK_TIMEOUT_MS', 'DATABASE_STATEMENT_TIMEOUT_MS'] as const),
    ...(['DATABASE_QUERY_TIMEOUT_MS', 'DATABASE_IDLE_IN_TRANSACTION_TIMEOUT_MS', 'HANDLER_TIMEOUT_MS'] as const),
    'REQUEST_TIMEOUT_MS',
  ],
  ['DRAIN_DELAY_MS', 'SHUTDOWN_TIMEOUT_MS'],
  ['ACCESS_TOKEN_SECONDS', 'REFRESH_IDLE_SECONDS'],
];
/** Pairs that may also be equal. */
const notDescending: readonly (readonly VariableName[])[] = [
  ['HEADERS_TIMEOUT_MS', 'REQUEST_TIMEOUT_MS'],
  ['REFRESH_IDLE_SECONDS', 'REFRESH_ABSOLUTE_SECONDS'],
];

function checkOrder(input: CheckInput): ConfigFault[] {
  const strict = ascending.flatMap((names) => checkNeighbours(names, input, (left, right) => left < right));
  return [
    ...strict,
    ...notDescending.flatMap((names) => checkNeighbours(names, input, (left, right) => left <= right)),
  ];
}

function checkNeighbours(
  names: readonly VariableName[],
  { values, originOf }: CheckInput,
  isOrdered: (left: number, right: number) => boolean,
): ConfigFault[] {
  const known = names.filter((name) => typeof values[name] === 'number');
  return known.slice(1).flatMap((right, index) => {
    const left = known[index];
    const leftValue = left === undefined ? undefined : values[left];
    const rightValue = values[right];
    if (left === undefined || typeof leftValue !== 'number' || typeof rightValue !== 'number') return [];
    if (isOrdered(leftValue, rightValue)) return [];
    // The one that somebody set is the one to mend.
    const isLeftToBlame = originOf(left) !== 'default';
    const problem = isLeftToBlame
      ? `(${leftValue}) must be below ${right} (${rightValue}, ${originOf(right)})`
      : `(${rightValue}) must be above ${left} (${leftValue}, ${originOf(left)})`;
    const blamed = isLeftToBlame ? left : right;
    return [{ variable: blamed, problem, origin: originOf(blamed), fix: `keep this order: ${names.join(' < ')}` }];
  });
}

function checkPorts({ values, originOf }: CheckInput): ConfigFault[] {
  const { PORT: port, METRICS_PORT: metricsPort } = values;
  if (metricsPort === null || metricsPort === undefined || metricsPort === 0 || metricsPort !== port) return [];
  return [{ ...fault('METRICS_PORT', 'is the port of the API', originOf('METRICS_PORT')), fix: 'choose another port' }];
}

const bcryptBytes = 72;

/** Nobody could choose a password then: each is too short or too long. */
function checkBcrypt({ values, originOf }: CheckInput): ConfigFault[] {
  const { PASSWORD_SCHEME: scheme, PASSWORD_MIN_LENGTH: minLength } = values;
  if (scheme !== 'bcrypt' || minLength === undefined || minLength <= bcryptBytes) return [];
  const problem = `(${minLength}) is more than a password may have under PASSWORD_SCHEME=bcrypt (${bcryptBytes} bytes)`;
  return [
    {
      ...fault('PASSWORD_MIN_LENGTH', problem, originOf('PASSWORD_MIN_LENGTH')),
      fix: `lower it, ${bcryptBytes} at most`,
    },
  ];
}

/** A hash for the incumbent has none, so that the setting would protect nothing. */
function checkPeppers({ values, originOf }: CheckInput): ConfigFault[] {
  if (values.PASSWORD_SCHEME !== 'bcrypt' || (values.PASSWORD_PEPPERS ?? null) === null) return [];
  const fix = 'remove one of them: peppers are for the time after the old backend';
  return [{ ...fault('PASSWORD_PEPPERS', 'is set, and PASSWORD_SCHEME is bcrypt', originOf('PASSWORD_PEPPERS')), fix }];
}

function checkProduction({ values, originOf }: CheckInput): ConfigFault[] {
  const faults: ConfigFault[] = [];
  const refuse = (name: VariableName, problem: string) => faults.push(fault(name, problem, originOf(name)));
  if (values.DATABASE_URL === null)
    refuse('DATABASE_URL', 'is missing: production does not run on the embedded database');
  if (values.JWT_SECRET === null) refuse('JWT_SECRET', 'is missing');
  for (const secret of values.AUTH_SECRETS_ACCEPTED ?? []) {
    const weakness = secret === 'JWT_SECRET' ? undefined : findSecretWeakness(secret);
    if (weakness !== undefined) refuse('AUTH_SECRETS_ACCEPTED', `holds a secret that ${weakness}`);
  }
  for (const name of ['JWT_SECRET', 'AUTH_SECRET'] as const) {
    const secret = values[name];
    const weakness = typeof secret === 'string' ? findSecretWeakness(secret) : undefined;
    if (weakness !== undefined) refuse(name, weakness);
  }
  if (values.DATABASE_ALLOW_INSECURE_TLS !== true) {
    for (const name of ['DATABASE_URL', 'MIGRATION_DATABASE_URL'] as const) {
      const weakness = findWeaknessOf(values[name]);
      if (weakness === undefined) continue;
      const fix =
        'write sslmode=verify-full, or set DATABASE_ALLOW_INSECURE_TLS=on and accept that anyone on the way can read it';
      const problem = `has ${weakness}: a remote database is reached over verified TLS only`;
      faults.push({ variable: name, problem, origin: originOf(name), fix });
    }
  }
  for (const origin of values.ALLOWED_ORIGINS ?? []) {
    if (origin === '*' || origin === 'null')
      refuse('ALLOWED_ORIGINS', `holds ${origin}, which lets any page act as its user`);
  }
  if (typeof values.SMTP_URL === 'string') {
    if (values.APP_URL?.startsWith('http://') === true)
      refuse('APP_URL', 'is not https: links in mail would be secrets that anyone on the way can read');
    if (values.MAIL_FROM?.endsWith('@localhost') === true) refuse('MAIL_FROM', 'is missing, and SMTP_URL is set');
  }
  const passes = findMissingPasses(values);
  if (passes !== undefined) refuse('PASSWORD_HASH_ITERATIONS', passes);
  if (values.RATE_LIMITS === false) refuse('RATE_LIMITS', 'is off: passwords could be guessed without limit');
  return faults;
}

/** OWASP Password Storage and ASVS 5.0, appendix C: argon2id of equal strength, from much memory to little. */
const leastPasses = [
  { memoryKib: 47_104, passes: 1 },
  { memoryKib: 19_456, passes: 2 },
  { memoryKib: 12_288, passes: 3 },
  { memoryKib: 9_216, passes: 4 },
  { memoryKib: 0, passes: 5 },
];

function findMissingPasses({ PASSWORD_HASH_MEMORY_KIB: memory, PASSWORD_HASH_ITERATIONS: passes }: Partial<Values>) {
  if (memory === undefined || passes === undefined) return undefined;
  const least = leastPasses.find(({ memoryKib }) => memory >= memoryKib)?.passes ?? 1;
  return passes >= least ? undefined : `(${passes}) must be ${least} at least where a hash has ${memory} KiB`;
}

function fault(name: VariableName, problem: string, origin: string): ConfigFault {
  const entry: { fix?: string; kind: { accepts: string } } = variables[name];
  return {
    variable: name,
    problem,
    origin: origin === 'default' ? 'not set' : origin,
    fix: entry.fix ?? `set it to ${entry.kind.accepts}`,
  };
}

function readUrl(text: string): DatabaseUrl | undefined {
  const parsed = parseDatabaseUrl(text);
  return 'url' in parsed ? parsed.url : undefined;
}

function findWeaknessOf(text: string | null | undefined): string | undefined {
  const url = typeof text === 'string' ? readUrl(text) : undefined;
  return url === undefined ? undefined : findTlsWeakness(url);
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^[a-z][a-z0-9+.-]*:\/\/[^/?#*@]+$/.test(text) && text === text.toLowerCase();
}
