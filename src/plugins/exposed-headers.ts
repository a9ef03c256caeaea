import type { FastifyInstance } from 'fastify';

const exposed = 'access-control-expose-headers';
/** When to come back, for want of what, and what to tell an operator. */
const told = 'Retry-After, RateLimit, RateLimit-Policy, X-Request-Id';

/**
 * A page of another origin reads no header that is not exposed to it: of an answer that says when to come back, these. The
 * incumbent had no such answer; whatever it had is exposed as it was. Register it after CORS.
 */
export function registerExposedHeaders(app: FastifyInstance): void {
  app.addHook('onSend', (_request, reply, payload, next) => {
    const others = reply.getHeader(exposed);
    if (others !== undefined && reply.hasHeader('retry-after')) reply.header(exposed, `${String(others)}, ${told}`);
    next(null, payload);
  });
}
