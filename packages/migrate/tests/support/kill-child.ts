/**
 * Runs a migration in a process of its own that kills itself, `kill -9`, at the first point that is not among `passed`, and names
 * the point on stdout before: `node kill-child.ts <JSON>`. Ends with 0 when no point is left.
 */
import { writeSync } from 'node:fs';
import type { ClientConfig } from 'pg';
import { downgrade } from '../../src/downgrade.ts';
import { loadRevisions } from '../../src/folder.ts';
import { upgrade } from '../../src/upgrade.ts';
import { clientWithPoints } from './points.ts';

export interface KillInput {
  folder: string;
  connection: ClientConfig;
  target: string;
  direction: 'up' | 'down';
  passed: readonly string[];
  /** Matches the points that kill; left out: none does. */
  killAt?: string;
}

// The parent test wrote it as a KillInput.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
const input = JSON.parse(process.argv[2] ?? '') as KillInput;
const passed = new Set(input.passed);
const killAt = input.killAt === undefined ? undefined : new RegExp(input.killAt);

const connection = () =>
  clientWithPoints(input.connection, async (point) => {
    if (passed.has(point) || killAt?.test(point) !== true) return;
    writeSync(1, `${point}\n`);
    process.kill(process.pid, 'SIGKILL');
    // The signal may take a moment; nothing more is sent.
    await new Promise(() => undefined);
  });

const run = input.direction === 'up' ? upgrade : downgrade;
await run(await loadRevisions(input.folder), { connection, target: input.target, objectLockTimeoutMs: 0 });
