import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const memoryDisk = '/dev/shm';
const GiB = 2 ** 30;
/** A whole run held up to 230 MB there, more where PostgreSQL's programs are copied; and what runs needs memory too. */
const needed = { onDisk: 2 * GiB, inMemory: 4 * GiB };

/**
 * The folder for everything temporary: TMPDIR where that is set, else a disk in memory with enough room, else the
 * temporary folder. A database is three hundred files, tests make thousands of databases, and making files on a disk that
 * others write to took most of the processor's time of a run.
 */
export function findScratch(): string {
  return process.env.TMPDIR === undefined && hasRoom() && mayExecute(memoryDisk) ? memoryDisk : tmpdir();
}

function hasRoom(): boolean {
  try {
    const { bavail, bsize } = statfsSync(memoryDisk);
    return bavail * bsize >= needed.onDisk && process.availableMemory() >= needed.inMemory;
  } catch {
    return false; // There is none.
  }
}

/** Containers often mount it for data only, and the programs of a packaged PostgreSQL may have to be copied there. */
function mayExecute(parent: string): boolean {
  try {
    const folder = mkdtempSync(join(parent, 'st-'));
    try {
      const program = join(folder, 'probe');
      writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
      return spawnSync(program).status === 0;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  } catch {
    return false; // Not ours to write.
  }
}
