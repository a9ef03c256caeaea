import { type AddressInfo, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** Starts a server on a free port of 127.0.0.1; at the end of the test it and its connections are gone. */
export async function listen(t: TestContext, server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((closed) => server.close(closed));
  });
  const address: string | AddressInfo | null = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('a TCP listener without a port');
  return address.port;
}
