import type { FastifyInstance, FastifyRequest } from 'fastify';
import { traceId } from './request-context.ts';

/**
 * One line a request, when its answer has left or its client has. The route's template stands for the path and query
 * strings are not logged at all: both carry what clients consider private.
 */
export function registerRequestLog(app: FastifyInstance): void {
  app.addHook('onResponse', (request, reply, next) => {
    request.log.info(
      { ...subjectOf(request), status: reply.statusCode, duration_ms: Math.round(reply.elapsedTime * 100) / 100 },
      'request',
    );
    next();
  });
  app.addHook('onRequestAbort', async (request) => {
    request.log.info(subjectOf(request), 'client hung up');
  });
}

function subjectOf(request: FastifyRequest): Record<string, string> {
  const trace = traceId(request.raw);
  return {
    method: request.method,
    route: request.routeOptions.url ?? 'unmatched',
    address: request.ip,
    ...(request.principal ? { user_id: request.principal.userId } : {}),
    ...(trace === undefined ? {} : { trace_id: trace }),
  };
}
