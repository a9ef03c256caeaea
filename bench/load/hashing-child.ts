import { availableParallelism } from 'node:os';
import { defaultFor } from '../../src/config/variable.ts';
import { authVariables } from '../../src/config/variables-auth.ts';
import { createPasswordHasher } from '../../src/security/passwords.ts';

// Its parent is hashing.ts: it ends this process, or ends itself.
process.on('disconnect', () => process.exit());

// What our server has by default in production.
const sharePercent = Number(defaultFor(authVariables.PASSWORD_HASH_SHARE, 'production'));
const hasher = createPasswordHasher({ workers: 1, share: sharePercent / 100 });
const loops = availableParallelism() + 1; // One more than there are threads, so that none waits for the next.
const password = 'Bench-only password 1';
await Promise.all(Array.from({ length: loops }, () => hasher.verifyDummy(password)));

let count = 0;
process.on('message', () => process.send?.(count));
process.send?.('ready');
for (let loop = 0; loop < loops; loop += 1) void hash();

async function hash(): Promise<never> {
  for (;;) {
    await hasher.verifyDummy(password);
    count += 1;
  }
}
