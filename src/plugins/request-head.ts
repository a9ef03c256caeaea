import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { AppError } from '../errors.ts';

/**
 * Refuses heads that Node accepts and a proxy may read differently: a second Host, of which Node keeps the first
 * (RFC 9112 §3.2: 400), and a request line without a version. The connection ends: what follows may not be believed.
 */
export function registerRequestHead(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    if (request.raw.httpVersionMajor === 1 && countHosts(request.raw) <= 1) return;
    reply.header('connection', 'close');
    throw new AppError('invalid_argument', { reason: 'ambiguous_head' });
  });
}

function countHosts({ rawHeaders }: IncomingMessage): number {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts;
}
