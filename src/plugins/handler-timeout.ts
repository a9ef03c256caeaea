import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError, type ErrorCode } from '../errors.ts';

/**
 * Answers a request that has had no answer for `timeoutMs` since its head came. Its handler goes on, and may commit. Register it first.
 *
 * Fastify's own `handlerTimeout` is not used: its clock ends when the request's `close` comes, which Node also emits once a body has
 * been read, so that it never reaches a handler behind a body (github.com/fastify/fastify/pull/6725).
 */
export function registerHandlerTimeout(app: FastifyInstance, timeoutMs: number): void {
  app.addHook('onRequest', (request, reply, done) => {
    const timer = setTimeout(answerLate, timeoutMs, request, reply);
    // Of the answer: it comes once, when that is out or its client has gone.
    reply.raw.once('close', () => clearTimeout(timer));
    done();
  });
}

function answerLate(request: FastifyRequest, reply: FastifyReply): void {
  if (reply.sent) return;
  // Half an answer is out: cut off, the client sees that it is none.
  if (reply.raw.headersSent) reply.raw.destroy();
  else reply.send(new AppError(lateCode(request)));
}

/** While the body is missing, no handler has begun. */
function lateCode({ method, raw }: FastifyRequest): ErrorCode {
  if (!raw.complete) return 'body_timeout';
  return method === 'GET' ? 'request_timeout' : 'write_in_doubt';
}
