import { DatabaseError } from 'pg';
import { AppError } from '../errors.ts';
import { type FaultKind, faultRules } from './fault-table.ts';

export type { FaultKind } from './fault-table.ts';

export interface Fault {
  readonly kind: FaultKind;
  /** SQLSTATE or Node's error code, if there is one. */
  readonly code: string | undefined;
  /** The connection cannot be used again. */
  readonly connectionLost: boolean;
  /** The server refused the statement, or never got it: it left no trace. */
  readonly notExecuted: boolean;
}

/** What an error of the driver means. An error that nobody here knows is `statement`: a mistake, not an outage. */
export function classifyFault(error: unknown): Fault {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : '';
  const rule = faultRules.find((rule) => matches(rule.code, code) && (!rule.message || rule.message.test(message)));
  const refused = isStatementError(error);
  return {
    kind: rule?.kind ?? 'statement',
    code,
    // A read-only server stays one for this connection: another may lead to the primary.
    connectionLost: !refused || code === '25006',
    notExecuted: refused || rule?.notSent === true,
  };
}

export interface FaultContext {
  /** A write whose result was awaited: when it is unknown whether it ran, nobody may repeat it blindly. */
  readonly write: boolean;
}

/**
 * The error to throw for an error of the driver: AppError `database_unavailable`, `overloaded`, `read_only`,
 * `request_timeout` or `write_in_doubt` with the driver's error as cause; a statement's own error is returned as it is.
 */
export function explainFault(error: unknown, { write }: FaultContext): unknown {
  // A TypeError is our own mistake with the values: nothing was sent.
  if (error instanceof AppError || error instanceof TypeError) return error;
  const fault = classifyFault(error);
  if (write && !fault.notExecuted) return new AppError('write_in_doubt', { cause: error, reason: reasonOf(fault) });
  if (fault.kind === 'statement') return error;
  const answer = answers[fault.kind];
  return new AppError(answer.code, { ...answer.options, cause: error, reason: reasonOf(fault) });
}

/** Whether the error says that a row with this key exists already; without a name: with any unique key. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return isViolation(error, { code: '23505', constraint });
}

/** Whether the error says that this role may not do that. */
export function isPrivilegeError(error: unknown): boolean {
  return isViolation(error, { code: '42501', constraint: undefined });
}

/** Whether the error says that the row which this one refers to does not exist, or is still referred to. */
export function isForeignKeyViolation(error: unknown, constraint?: string): boolean {
  return isViolation(error, { code: '23503', constraint });
}

const answers = {
  transient: { code: 'database_unavailable', options: { retryAfterSeconds: 1 } },
  config: { code: 'database_unavailable', options: { retryAfterSeconds: 30 } },
  shed: { code: 'overloaded', options: { retryAfterSeconds: 1 } },
  conflict: { code: 'overloaded', options: { retryAfterSeconds: 1 } },
  timeout: { code: 'request_timeout', options: {} },
  read_only: { code: 'read_only', options: { retryAfterSeconds: 30 } },
} as const satisfies Record<Exclude<FaultKind, 'statement'>, { code: string; options: object }>;

function reasonOf(fault: Fault): string {
  return fault.code ? `${fault.kind}:${fault.code}` : fault.kind;
}

function isViolation(error: unknown, expected: { code: string; constraint: string | undefined }): boolean {
  if (!(error instanceof DatabaseError) || error.code !== expected.code) return false;
  return expected.constraint === undefined || error.constraint === expected.constraint;
}

/** A connection survives what the server calls ERROR; FATAL and PANIC end it, and so does everything that is not its reply. */
function isStatementError(error: unknown): boolean {
  return error instanceof DatabaseError && error.severity === 'ERROR';
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  // Happy eyeballs: every address failed for itself (net.connect's autoSelectFamily).
  return error instanceof AggregateError ? codeOf(error.errors[0]) : undefined;
}

function matches(expected: string | RegExp | undefined, code: string | undefined): boolean {
  if (expected === undefined) return code === undefined;
  if (code === undefined) return false;
  return typeof expected === 'string' ? expected === code : expected.test(code);
}
