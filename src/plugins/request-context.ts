import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ClientContext } from '../services/client-context.ts';

const acceptableId = /^[A-Za-z0-9._-]{1,64}$/;
const traceparent = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;

/** An id from outside is only taken when it cannot forge or flood a log line. */
export function requestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && acceptableId.test(given) ? given : randomUUID();
}

/** W3C Trace Context §3.2: a malformed or all-zero id starts no trace. */
export function traceId(request: IncomingMessage): string | undefined {
  const match = traceparent.exec(String(request.headers.traceparent ?? ''));
  return match?.[1] && !/^0+$/.test(match[1]) && !/^0+$/.test(match[2] ?? '') ? match[1] : undefined;
}

/** Every answer carries its request's id, so that a client's report leads to the log line. */
export function registerRequestId(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, next) => {
    reply.header('x-request-id', request.id);
    next();
  });
}

export function clientContext(request: FastifyRequest): ClientContext {
  const userAgent = request.headers['user-agent'];
  return {
    requestId: request.id,
    address: request.ip,
    userAgent: userAgent === undefined ? null : userAgent.slice(0, 256),
  };
}
