import type { FastifyInstance } from 'fastify';

/** Written once, set by one hook: a library that computes them on every request costs more than the rest of the server. */
const headers: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
};

export interface SecurityHeadersOptions {
  /** Strict-Transport-Security, only where TLS is certain to be in front. */
  hsts: boolean;
}

/** Answers that set one of these themselves keep their own (the documentation pages need scripts). */
export function registerSecurityHeaders(app: FastifyInstance, options: SecurityHeadersOptions): void {
  const all = options.hsts ? { ...headers, 'strict-transport-security': 'max-age=31536000' } : headers;
  app.addHook('onRequest', (_request, reply, next) => {
    reply.headers(all);
    next();
  });
}
