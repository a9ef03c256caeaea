/** Upgrades in a process of its own, to be killed: `node upgrade-child.ts <JSON>`. Prints one event a line. */
import type { ClientConfig } from 'pg';
import { loadRevisions, upgrade } from '../../src/index.ts';

export interface ChildInput {
  folder: string;
  connection: ClientConfig;
}

// The parent test wrote it as a ChildInput.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
const { folder, connection } = JSON.parse(process.argv[2] ?? '') as ChildInput;

await upgrade(await loadRevisions(folder), {
  connection,
  objectLockTimeoutMs: 0,
  onEvent: (event) => process.stdout.write(`${JSON.stringify(event)}\n`),
});
