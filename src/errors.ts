/**
 * The one table of expected failures: code → what a client may read. A code's meaning never changes.
 * Statuses live in plugins/errors; wording that only one route uses is passed by its caller as `detail`.
 */
export const errorTable = {
  not_authenticated: 'Not authenticated',
  invalid_token: 'Could not validate credentials',
  invalid_credentials: 'Invalid credentials',
  invalid_refresh_token: 'Invalid refresh token',
  reauthentication_failed: 'Incorrect password',
  invalid_account_token: 'This link is invalid, was used or has expired',
  permission_denied: 'Not permitted',
  not_found: 'Not Found',
  method_not_allowed: 'Method Not Allowed',
  conflict: 'Conflict',
  body_timeout: 'The request body did not arrive in time',
  payload_too_large: 'Request body is too large',
  invalid_argument: 'Bad Request',
  invalid_value: 'Unprocessable value',
  rate_limited: 'Too many requests',
  internal_error: 'Internal Server Error',
  overloaded: 'The service is busy, try again later',
  database_unavailable: 'The service is temporarily unavailable',
  write_in_doubt: 'The outcome of this request is unknown, check before repeating it',
  read_only: 'The service is read-only at the moment',
  request_timeout: 'The request took too long',
} as const satisfies Record<string, string>;

export type ErrorCode = keyof typeof errorTable;

/** One refused value, in FastAPI's shape: where it was found, what was wrong, what was sent. */
export interface ValueIssue {
  type: string;
  loc: (string | number)[];
  msg: string;
  input: unknown;
  ctx?: Record<string, unknown>;
}

export interface RateLimitReached {
  name: string;
  /** Uses in each window. */
  quota: number;
  windowSeconds: number;
}

/** Whose request was refused, where that was proven. For operators only. */
export interface RefusedHolder {
  userId?: string;
  sessionId?: string | null;
  /** The service token. */
  actorId?: string;
}

export interface AppErrorOptions {
  /** What the client may read. Defaults to the table's text. */
  detail?: string;
  /** What really happened, for the log only; it never reaches a client. */
  cause?: unknown;
  /** Refused values; only with `invalid_value`. */
  issues?: readonly ValueIssue[];
  /** When a client may try again, in whole seconds; sent as Retry-After. */
  retryAfterSeconds?: number;
  /** The limit that was reached; sent as RateLimit-Policy and RateLimit. */
  limit?: RateLimitReached;
  /** Why, in a word, for logs and for operators: `expired`, `unknown_key`. Never sent. */
  reason?: string;
  /** Never sent. */
  holder?: RefusedHolder | undefined;
  /** The scope that the token lacks; only with `permission_denied`. Sent in WWW-Authenticate. */
  scope?: string;
}

/** An expected failure. Anything else that is thrown is a programming mistake or an unknown fault: a 500. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly detail: string;
  readonly issues: readonly ValueIssue[];
  readonly retryAfterSeconds: number | undefined;
  readonly limit: RateLimitReached | undefined;
  readonly reason: string | undefined;
  readonly holder: RefusedHolder | undefined;
  readonly scope: string | undefined;

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    super(`${code}: ${options.detail ?? errorTable[code]}`, { cause: options.cause });
    this.code = code;
    this.detail = options.detail ?? errorTable[code];
    this.issues = options.issues ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.limit = options.limit;
    this.reason = options.reason;
    this.holder = options.holder;
    this.scope = options.scope;
  }
}

/** Whoever asks may not do what the scope names. */
export function missingScope(scope: string, holder?: RefusedHolder): AppError {
  return new AppError('permission_denied', { reason: `scope_${scope}`, scope, holder });
}
