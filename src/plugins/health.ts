import type { FastifyInstance } from 'fastify';
import type { ReadinessService } from '../services/readiness.ts';

/**
 * `/live` says that the event loop turns, and never touches the database: restarting this process would not bring a
 * database back. `/ready` says whether to send requests here and, if not, why not.
 */
export function registerHealth(app: FastifyInstance, readiness: ReadinessService): void {
  // While it stops, every answer tells its client to leave the connection, before the server has to close it.
  app.addHook('onSend', (_request, reply, payload, next) => {
    if (readiness.isStopping()) reply.header('connection', 'close');
    next(null, payload);
  });
  app.get('/live', { config: { openapi: { hidden: true } } }, async () => ({ status: 'live' }));
  app.get('/ready', { config: { openapi: { hidden: true } } }, async (_request, reply) => {
    const reasons = await readiness.findReasons();
    if (reasons.length === 0) return { status: 'ready' };
    reply.code(503).header('retry-after', '2');
    return { status: 'not ready', reasons };
  });
}
