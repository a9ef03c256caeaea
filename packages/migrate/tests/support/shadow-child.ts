/** Opens a shadow on the server of SHADOW_TARGET, prints the name of a database in it, and waits to be killed. */
import type { ClientConfig } from 'pg';
import { openShadow } from '../../src/index.ts';

// The parent test wrote it as a pg configuration.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
const connection = JSON.parse(process.env['SHADOW_TARGET'] ?? '') as ClientConfig;

const shadow = await openShadow({ connection });
process.stdout.write(`${(await shadow.createDatabase()).name}\n`);
setInterval(() => undefined, 60_000);
