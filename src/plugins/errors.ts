import { credentialsRefusal, renderWireError, ValidationFailure, type WireProfile } from '@stanchion/wire';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError, type ErrorCode } from '../errors.ts';

/** The only place that turns a code into an HTTP status. */
export const statuses: Readonly<Record<ErrorCode, number>> = {
  not_authenticated: 401,
  invalid_token: 401,
  invalid_credentials: 401,
  invalid_refresh_token: 401,
  reauthentication_failed: 403,
  invalid_account_token: 400,
  permission_denied: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  body_timeout: 408,
  payload_too_large: 413,
  invalid_argument: 400,
  invalid_value: 422,
  rate_limited: 429,
  internal_error: 500,
  overloaded: 503,
  database_unavailable: 503,
  write_in_doubt: 503,
  read_only: 503,
  request_timeout: 504,
};

interface Answer {
  status: number;
  headers: Record<string, string>;
  /** Already in its final form: FastAPI's body. */
  body: string;
  contentType: string;
  /** For RFC 9457. */
  code: string;
  detail: string;
}

/** Every error of every route becomes an answer here, and is logged here once if an operator should know. */
export function registerErrors(app: FastifyInstance, profile: WireProfile): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const answer = answerTo(error, profile);
    logOnce(error, answer, request);
    for (const [name, value] of Object.entries(answer.headers)) reply.header(name, value);
    return send(reply, request, answer);
  });
  // What no route takes is answered by the wire, in FastAPI's form.
  app.addHook('onSend', (request, reply, payload, next) => {
    if (!request.is404 || reply.statusCode < 400 || !wantsProblem(request)) return next(null, payload);
    const { status, code, detail } = answerToAppError(
      new AppError(reply.statusCode === 405 ? 'method_not_allowed' : 'not_found'),
    );
    reply.header('content-type', 'application/problem+json');
    return next(null, problem({ status, code, detail }, request));
  });
}

function answerTo(error: FastifyError, profile: WireProfile): Answer {
  if (error instanceof AppError && error.code === 'not_authenticated') return answerToMissing(error, profile);
  if (error instanceof AppError) return answerToAppError(error);
  const wired = renderWireError(error);
  if (wired) return fromWire(wired, 'invalid_value');
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return answerToAppError(new AppError('payload_too_large'));
  if (typeof error.statusCode === 'number' && error.statusCode >= 400 && error.statusCode < 500) {
    return { ...answerToAppError(new AppError('invalid_argument')), status: error.statusCode };
  }
  return {
    status: 500,
    headers: {},
    body: 'Internal Server Error',
    contentType: 'text/plain; charset=utf-8',
    code: 'internal_error',
    detail: 'Internal Server Error',
  };
}

/** FastAPI refuses missing credentials itself, in words and a status that depend on its release. */
function answerToMissing(error: AppError, profile: WireProfile): Answer {
  const problem = error.reason === 'not_bearer' ? 'foreign' : 'missing';
  const { status, headers, body } = credentialsRefusal(profile, 'Bearer', problem);
  const { 'content-type': contentType = 'application/json', ...challenge } = headers;
  const answer = answerToAppError(error);
  return { ...answer, status, headers: { ...answer.headers, ...challenge }, body, contentType };
}

function answerToAppError(error: AppError): Answer {
  const headers: Record<string, string> = {};
  if (error.code === 'invalid_token') headers['www-authenticate'] = 'Bearer';
  // RFC 6750 §3: what the route asks for is no secret, it stands in the OpenAPI document.
  if (error.scope !== undefined) {
    headers['www-authenticate'] = `Bearer error="insufficient_scope", scope="${error.scope}"`;
  }
  if (error.code === 'body_timeout') headers['connection'] = 'close';
  if (error.retryAfterSeconds !== undefined) headers['retry-after'] = String(error.retryAfterSeconds);
  if (error.limit) {
    // draft-ietf-httpapi-ratelimit-headers: what the policy is, and that nothing of it is left for so many seconds.
    const { name, quota, windowSeconds } = error.limit;
    headers['ratelimit-policy'] = `"${name}";q=${quota};w=${windowSeconds}`;
    headers['ratelimit'] = `"${name}";r=0;t=${error.retryAfterSeconds ?? 0}`;
  }
  if (error.code === 'invalid_value') {
    const wired = renderWireError(new ValidationFailure(error.issues));
    if (wired) return { ...fromWire(wired, error.code), headers };
  }
  return {
    status: statuses[error.code],
    headers,
    body: JSON.stringify({ detail: error.detail }),
    contentType: 'application/json',
    code: error.code,
    detail: error.detail,
  };
}

function fromWire(wired: { status: number; headers: Record<string, string>; body: string }, code: ErrorCode): Answer {
  const { 'content-type': contentType = 'application/json', ...headers } = wired.headers;
  const answer = { status: wired.status, headers, body: wired.body, contentType };
  if (wired.status === statuses.invalid_value) return { ...answer, code, detail: 'Some values were refused' };
  // The body as a whole could not be read: there are no refused values to list.
  return { ...answer, code: 'invalid_argument', detail: 'There was an error parsing the body' };
}

function send(reply: FastifyReply, request: FastifyRequest, answer: Answer): FastifyReply {
  reply.code(answer.status);
  if (!wantsProblem(request)) {
    return reply.header('content-type', answer.contentType).serializer(asIs).send(answer.body);
  }
  return reply.header('content-type', 'application/problem+json').serializer(asIs).send(problem(answer, request));
}

/** Media types are case-insensitive (RFC 9110 §8.3.1). */
function wantsProblem({ headers }: FastifyRequest): boolean {
  return headers.accept?.toLowerCase().includes('application/problem+json') ?? false;
}

/** RFC 9457: `detail` stays a string; refused values go into `errors`. */
function problem(
  answer: Pick<Answer, 'status' | 'code' | 'detail'> & { body?: string },
  request: FastifyRequest,
): string {
  const members = JSON.stringify({
    type: `urn:stanchion:error:${answer.code}`,
    title: answer.code.replaceAll('_', ' '),
    status: answer.status,
    detail: answer.detail,
    code: answer.code,
    request_id: request.id,
  });
  if (answer.code !== 'invalid_value' || answer.body === undefined) return members;
  // The issues are already in exact wire form (big integers, floats): they are spliced in, not parsed again.
  const errors = answer.body.slice('{"detail":'.length, -1);
  return `${members.slice(0, -1)},"errors":${errors}}`;
}

function asIs(payload: unknown): string {
  return String(payload);
}

function logOnce(error: FastifyError, answer: Answer, request: FastifyRequest): void {
  if (answer.status === 500) request.log.error({ err: error }, 'unexpected error');
  // Refused for want of room: the reason says it all, and in a flood a stack for each would be most of the work.
  else if (error instanceof AppError && error.code === 'overloaded')
    request.log.warn({ code: answer.code, reason: error.reason }, 'request not served');
  else if (answer.status > 500) request.log.warn({ err: error, code: answer.code }, 'request not served');
  else
    request.log.debug({ code: answer.code, reason: error instanceof AppError ? error.reason : undefined }, 'refused');
}
