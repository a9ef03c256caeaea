import { connect } from 'node:net';
import type { FastifyInstance } from 'fastify';
import fastify from 'fastify';
import type { CorsOptions, WireOptions } from '../src/index.ts';
import { internalServerError, renderWireError, serverOptions, wire, wireCors } from '../src/index.ts';

/** An app with the wire and an error handler that renders only what the wire throws. */
export async function createTestApp(options: WireOptions & { cors?: CorsOptions } = {}): Promise<FastifyInstance> {
  const { cors, ...wireOptions } = options;
  const app = fastify({ ...serverOptions() });
  if (cors !== undefined) await app.register(wireCors, cors);
  await app.register(wire, wireOptions);
  app.setErrorHandler((error, _request, reply) => {
    const answer = renderWireError(error) ?? statusAnswer(error) ?? internalServerError();
    return reply.code(answer.status).headers(answer.headers).send(answer.body);
  });
  return app;
}

/** An error of a guard in a test. */
export class StatusError extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`status ${status}`);
    this.status = status;
  }
}

function statusAnswer(error: unknown): { status: number; headers: Record<string, string>; body: string } | undefined {
  if (!(error instanceof StatusError)) return undefined;
  return { status: error.status, headers: { 'content-type': 'application/json' }, body: '{"detail":"refused"}' };
}

/** The port that a listening app was given. */
export function portOf(app: FastifyInstance): number {
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new TypeError('the app does not listen on a port');
  return address.port;
}

/** Sends bytes, one a character, and reads the answer likewise; the request has to close the connection. */
export function rawRequest(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text, 'latin1'));
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}
