import { isIPv6 } from 'node:net';

export type SslMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full' | 'no-verify';
export type ChannelBinding = 'disable' | 'prefer' | 'require';

/** A PostgreSQL URL in parts, percent-decoded. What it asks of TLS is recorded, not yet decided. */
export interface DatabaseUrl {
  readonly scheme: 'postgresql';
  /** Lower case, IPv6 without brackets; the socket's folder when `unixSocketDir` is set. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | null;
  readonly database: string;
  /** Folder of a Unix socket: `?host=/run/postgresql`. */
  readonly unixSocketDir: string | null;
  /** Null: the URL does not say. */
  readonly sslmode: SslMode | null;
  /** libpq's weak meaning of `require` was asked for, which pg reads as "do not verify". */
  readonly usesLibpqCompat: boolean;
  readonly channelBinding: ChannelBinding | null;
  readonly applicationName: string | null;
  /** Parameters without a field of their own. */
  readonly params: Readonly<Record<string, string>>;
  /** This machine: no network is crossed. */
  readonly isLoopback: boolean;
  /** A transaction-mode pooler by its name: no session state, no migrations. */
  readonly isPooler: boolean;
}

export type DatabaseUrlResult = { readonly url: DatabaseUrl } | { readonly faults: readonly string[] };

/**
 * Parses `postgresql://`, `postgres://` and SQLAlchemy's `postgresql+driver://` (libpq, "Connection URIs"; SQLAlchemy,
 * "Database URLs": `/`, `:`, `@` and `#` may stand unencoded in a password). Several hosts are refused.
 * The faults never repeat a part of the URL: a wrongly cut URL puts its password anywhere.
 */
export function parseDatabaseUrl(text: string): DatabaseUrlResult {
  const faults: string[] = [];
  const parts = splitDatabaseUrl(text);
  if (parts === undefined) return { faults: ['is not a PostgreSQL URL: it must begin with postgresql://'] };

  const params = readParams(parts.query, faults);
  const target = readTarget(parts, params, faults);
  const user = decode(parts.user, 'user', faults) || takeParam(params, 'user') || '';
  const password = parts.password === null ? null : decode(parts.password, 'password', faults);
  const database = decode(parts.database, 'database name', faults) || takeParam(params, 'dbname') || user;
  if (user === '') faults.push('names no user');
  const rest = {
    password: password ?? takeParam(params, 'password'),
    sslmode: readSslMode(params, faults),
    usesLibpqCompat: takeParam(params, 'uselibpqcompat')?.toLowerCase() === 'true',
    channelBinding: readChannelBinding(params, faults),
    applicationName: takeParam(params, 'application_name'),
  };
  if (faults.length > 0) return { faults };
  const isPooler = isPoolerHost(target.host) || params.get('pgbouncer') === 'true';
  const url = {
    scheme: 'postgresql',
    ...target,
    user,
    database,
    ...rest,
    params: Object.fromEntries(params),
    isPooler,
  } as const;
  return { url };
}

/** The direct URL behind one of Neon's pooled URLs: the same without `-pooler`. Undefined for every other URL. */
export function findDirectDatabaseUrl(text: string): string | undefined {
  const parts = splitDatabaseUrl(text);
  if (parts === undefined) return undefined;
  const direct = parts.hostAndPort.replace(/^([^.]+)-pooler(?=\..*\bneon\.tech(?::\d*)?$)/i, '$1');
  if (direct === parts.hostAndPort) return undefined;
  return text.trim().slice(0, parts.hostStart) + direct + text.trim().slice(parts.hostStart + parts.hostAndPort.length);
}

/** Why this URL may not be used across a network, or undefined: what it asks for can end in an unverified connection. */
export function findTlsWeakness(url: DatabaseUrl): string | undefined {
  if (url.isLoopback) return undefined;
  if (url.usesLibpqCompat) return 'uselibpqcompat=true';
  const isWeak = ['disable', 'allow', 'prefer', 'no-verify'].includes(url.sslmode ?? '');
  return isWeak ? `sslmode=${url.sslmode}` : undefined;
}

interface UrlParts {
  readonly user: string;
  readonly password: string | null;
  readonly hostAndPort: string;
  readonly hostStart: number;
  readonly database: string;
  readonly query: string;
}

function splitDatabaseUrl(text: string): UrlParts | undefined {
  const [whole, scheme] = /^(postgres(?:ql)?(?:\+[a-z0-9_]+)?):\/\//i.exec(text.trim()) ?? [];
  if (whole === undefined || scheme === undefined) return undefined;
  const trimmed = text.trim();
  const queryStart = trimmed.includes('?') ? trimmed.indexOf('?') : trimmed.length;
  const beforeQuery = trimmed.slice(0, queryStart);
  const at = beforeQuery.lastIndexOf('@');
  const hostStart = at === -1 ? whole.length : at + 1;
  const account = at === -1 ? '' : beforeQuery.slice(whole.length, at);
  const colon = account.indexOf(':');
  const slash = beforeQuery.indexOf('/', hostStart);
  const hostEnd = slash === -1 ? beforeQuery.length : slash;
  return {
    user: colon === -1 ? account : account.slice(0, colon),
    password: colon === -1 ? null : account.slice(colon + 1),
    hostAndPort: beforeQuery.slice(hostStart, hostEnd),
    hostStart,
    database: slash === -1 ? '' : beforeQuery.slice(slash + 1),
    query: trimmed.slice(queryStart + 1),
  };
}

/** A parameter that is there twice with two values is refused: readers disagree on which one counts. */
function readParams(query: string, faults: string[]): Map<string, string> {
  const params = new Map<string, string>();
  for (const pair of query.split('&').filter((part) => part !== '')) {
    const equals = pair.indexOf('=');
    const name = decode(equals === -1 ? pair : pair.slice(0, equals), 'parameter', faults);
    const value = decode(equals === -1 ? '' : pair.slice(equals + 1), 'parameter', faults);
    if (params.has(name) && params.get(name) !== value) faults.push('holds one parameter twice, with two values');
    params.set(name, value);
  }
  return params;
}

type Target = Pick<DatabaseUrl, 'host' | 'port' | 'unixSocketDir' | 'isLoopback'>;

function readTarget(parts: UrlParts, params: Map<string, string>, faults: string[]): Target {
  const [, bracketed, plain, portText] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d*))?$/.exec(parts.hostAndPort) ?? [];
  if (bracketed === undefined && plain === undefined) {
    const isList = parts.hostAndPort.includes(',');
    faults.push(isList ? 'names several hosts: name one' : 'has no readable host and port (IPv6 addresses need [ ])');
  }
  const named = bracketed ?? decode(plain ?? '', 'host', faults);
  const wanted = takeParam(params, 'host');
  if (named !== '' && wanted !== null && named !== wanted) faults.push('names two different hosts');
  const host = (wanted ?? named).toLowerCase();
  const port = readPort(portText || takeParam(params, 'port') || '5432', faults);
  if (host.startsWith('/')) {
    const socketDir = wanted ?? named; // A path keeps its case.
    return { host: socketDir, port, unixSocketDir: socketDir, isLoopback: true };
  }
  checkHost(host, bracketed !== undefined, faults);
  return { host, port, unixSocketDir: null, isLoopback: isLoopbackHost(host) };
}

function checkHost(host: string, isBracketed: boolean, faults: string[]): void {
  if (host === '') faults.push('names no host');
  else if (host.includes(',')) faults.push('names several hosts: name one');
  else if (isBracketed && !isIPv6(host)) faults.push('has an invalid IPv6 address');
  else if (!isIPv6(host) && !/^[a-z0-9_.-]{1,253}$/.test(host)) {
    faults.push('has an invalid host name (is a character of the password not percent-encoded?)');
  }
}

function readPort(text: string, faults: string[]): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535) faults.push('has a port outside 1 to 65535');
  return port;
}

/** asyncpg and pg write `ssl=`, libpq writes `sslmode=`. */
function readSslMode(params: Map<string, string>, faults: string[]): SslMode | null {
  const ssl = takeParam(params, 'ssl')?.toLowerCase() ?? null;
  const sslmode = takeParam(params, 'sslmode')?.toLowerCase() ?? null;
  const fromSsl = ssl === null ? null : (sslWords[ssl] ?? ssl);
  if (sslmode !== null && fromSsl !== null && sslmode !== fromSsl) faults.push('has ssl= and sslmode= that disagree');
  const mode = sslmode ?? fromSsl;
  if (mode === null || isOneOf(sslModes, mode)) return mode;
  faults.push(`has an unknown sslmode: it is one of ${sslModes.join(', ')}`);
  return null;
}

function readChannelBinding(params: Map<string, string>, faults: string[]): ChannelBinding | null {
  const value = takeParam(params, 'channel_binding');
  if (value === null || isOneOf(channelBindings, value)) return value;
  faults.push(`has an unknown channel_binding: it is one of ${channelBindings.join(', ')}`);
  return null;
}

const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'] as const;
const channelBindings = ['disable', 'prefer', 'require'] as const;
const sslWords: Readonly<Record<string, SslMode>> = {
  true: 'require',
  '1': 'require',
  false: 'disable',
  '0': 'disable',
};

function isOneOf<Choice extends string>(choices: readonly Choice[], value: string): value is Choice {
  return choices.some((choice) => choice === value);
}

function isLoopbackHost(host: string): boolean {
  return /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3})\.?$/.test(host);
}

/** Neon: `ep-x-pooler.region.aws.neon.tech`; Supabase: `aws-0-region.pooler.supabase.com`. */
function isPoolerHost(host: string): boolean {
  return /^[^.]+-pooler\./.test(host) || /(?:^|\.)pooler\./.test(host);
}

function takeParam(params: Map<string, string>, name: string): string | null {
  const value = params.get(name);
  params.delete(name);
  return value === undefined || value === '' ? null : value;
}

function decode(text: string, part: string, faults: string[]): string {
  try {
    const decoded = decodeURIComponent(text);
    if (!decoded.includes('\0')) return decoded;
    faults.push(`has a NUL character in its ${part}`);
  } catch {
    faults.push(`has a broken percent-encoding in its ${part}: write a % as %25`);
  }
  return '';
}
