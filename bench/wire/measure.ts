import { renderWireError, serverOptions, wire } from '@stanchion/wire';
import fastify from 'fastify';
import type { Contender, Work } from './contenders.ts';
import type { HostileInput } from './hostile.ts';

/** Repetitions a second of this thread's CPU: what other processes do on the machine counts as little as can be. */
export function measure(contender: Contender, work: Work, seconds: number): number {
  const run = contender.run[work];
  const start = cpuMicros();
  let count = 0;
  let used = 0;
  do {
    for (let i = 0; i < 200; i += 1) run();
    count += 200;
    used = cpuMicros() - start;
  } while (used < seconds * 1_000_000);
  return (count * 1_000_000) / used;
}

/** The application's own bound. */
const maxEchoLength = 131_072;

/**
 * How much of the event loop's CPU one such request takes for each megabyte, from its bytes to the text of its answer:
 * the median of a few.
 */
export async function measureHostile({ schema, text }: HostileInput, repetitions: number): Promise<number> {
  const app = fastify({ bodyLimit: 8_000_000, ...serverOptions() });
  await app.register(wire, { maskSecrets: true, maxEchoLength });
  app.setErrorHandler((error, _request, reply) => {
    const answer = renderWireError(error);
    if (answer === undefined) throw error;
    return reply.code(answer.status).headers(answer.headers).send(answer.body);
  });
  app.post('/', { schema: { body: schema } }, async () => 'ok');
  const payload = Buffer.from(text);
  const times: number[] = [];
  for (let i = 0; i <= repetitions; i += 1) {
    const start = cpuMicros();
    const answer = await app.inject({
      method: 'POST',
      url: '/',
      headers: { 'content-type': 'application/json' },
      payload,
    });
    if (answer.statusCode >= 500) throw new Error(`answered ${answer.statusCode}: ${answer.body}`);
    // The first one compiles.
    if (i > 0) times.push((cpuMicros() - start) / 1000);
  }
  await app.close();
  const middle = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
  return middle / (payload.length / 1_000_000);
}

function cpuMicros(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}
