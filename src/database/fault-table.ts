/**
 * What can go wrong between us and the database, as data. Rows are read from the top; the first that matches wins.
 * Messages are compared only where no code tells the cases apart: PgBouncer sends 08P01 for almost everything, Neon's proxy
 * XX000, and the driver's own errors have no code at all.
 */
export type FaultKind =
  /** The database is away and will be back: restart, failover, wake-up, network. */
  | 'transient'
  /** Too many of us: connections, memory, descriptors, a lock that is held. */
  | 'shed'
  /** Wrong until somebody mends it: password, database name, certificate, host, quota. */
  | 'config'
  /** Two transactions in each other's way: the whole transaction may be repeated. */
  | 'conflict'
  /** It took longer than it may. */
  | 'timeout'
  /** Reads work, writes do not: a standby, or a full disk. */
  | 'read_only'
  /** The statement itself, or its values: constraint violations and our own mistakes. It passes through. */
  | 'statement';

export interface FaultRule {
  /** SQLSTATE, or a class of it (its first two characters), or Node's error code; absent: errors without a code. */
  readonly code?: string | RegExp;
  readonly message?: RegExp;
  readonly kind: FaultKind;
  /** The statement certainly did not run, although the connection is gone. */
  readonly notSent?: true;
}

/** `server login has been failing, cached error: <inner>` hides what really happened: the inner text decides. */
const poolerRules: readonly FaultRule[] = [
  { code: '08P01', message: /cached error:.*(password|authentication|does not exist)/i, kind: 'config', notSent: true },
  {
    code: '08P01',
    message: /unsupported startup parameter|no such (database|user)|auth/i,
    kind: 'config',
    notSent: true,
  },
  { code: '08P01', message: /no more connections allowed|query_wait_timeout/i, kind: 'shed', notSent: true },
  { code: '08P01', message: /server login has been failing|server_login_retry/i, kind: 'transient', notSent: true },
  { code: '08P01', kind: 'transient' },
];

/** Neon's proxy reports all that it finds itself as XX000, before a session exists. */
const neonRules: readonly FaultRule[] = [
  { code: 'XX000', message: /too many connections|rate limit/i, kind: 'shed', notSent: true },
  {
    code: 'XX000',
    message: /endpoint is disabled|endpoint cannot be found|endpoint id is not specified|check your quotas|quota/i,
    kind: 'config',
    notSent: true,
  },
  {
    code: 'XX000',
    message: /couldn't connect to compute node|control plane request failed|failed to acquire permit/i,
    kind: 'transient',
    notSent: true,
  },
];

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const serverRules: readonly FaultRule[] = [
  { code: /^(40001|40P01)$/, kind: 'conflict' },
  { code: /^(57P01|57P02|57P03|57P05)$/, kind: 'transient' },
  { code: /^08/, kind: 'transient' },
  { code: /^(28P01|28000|3D000|57P04)$/, kind: 'config' },
  { code: /^(25006|53100)$/, kind: 'read_only' },
  { code: /^(57014|25P03|25P04)$/, kind: 'timeout' },
  { code: /^(53|55P03$)/, kind: 'shed' },
  // Every SQLSTATE has a digit; Node's EPIPE and EPERM have none.
  { code: /^(?=.*\d)[0-9A-Z]{5}$/, kind: 'statement' },
];

/** https://nodejs.org/api/errors.html#common-system-errors, and OpenSSL's names for a certificate that is not accepted. */
const networkRules: readonly FaultRule[] = [
  { code: /^(EMFILE|ENFILE|ENOBUFS|ENOMEM|EADDRNOTAVAIL)$/, kind: 'shed' },
  { code: /^(ENOTFOUND|EACCES|EPERM|EINVAL)$/, kind: 'config' },
  {
    code: /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_CA)/,
    kind: 'config',
  },
  { code: /^E[A-Z]+(_[A-Z]+)?$/, kind: 'transient' },
];

/** node-postgres and its protocol parser: the texts of pg 8.23, which carry no code. */
const driverRules: readonly FaultRule[] = [
  { message: /^Query read timeout$/, kind: 'timeout' },
  // Two queries of ours have one name: refused before anything is sent.
  { message: /^Prepared statements must be unique/, kind: 'statement', notSent: true },
  { message: /is not queryable$/, kind: 'transient', notSent: true },
  { message: /^(SASL|The server does not support SSL|There was an error establishing an SSL)/, kind: 'config' },
  { message: /^(Connection terminated|timeout expired)/, kind: 'transient' },
  { message: /^(Received unexpected|received invalid response|unexpected message)/i, kind: 'transient' },
];

export const faultRules: readonly FaultRule[] = [
  ...poolerRules,
  ...neonRules,
  ...serverRules,
  ...networkRules,
  ...driverRules,
];
