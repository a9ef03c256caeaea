import { once } from 'node:events';
import { createServer } from 'node:net';

/** On 127.0.0.1; free when it was looked at. */
export async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new TypeError('a TCP listener without a port');
  return address.port;
}
