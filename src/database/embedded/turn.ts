import { linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isProcessAlive } from './processes.ts';

/** Longer than any start or stop lasts: whoever has a process id then is somebody else. */
const longestTurnMs = 300_000;

/**
 * Starts and stops of one folder's server, one after the other: what one of them takes away, the next one has just made.
 * A file says whose turn it is, for as long as that process lives. Where none can be written, the work itself says so.
 */
export async function inTurn<Result>(home: string, work: () => Promise<Result>): Promise<Result> {
  const file = join(home, 'turn');
  const own = `${file}-${process.pid}-${(turns += 1)}`;
  try {
    writeFileSync(own, String(process.pid));
  } catch {
    return work();
  }
  try {
    while (!isOurs(file, own)) {
      removeStale(file, own);
      await sleep(20);
    }
    return await work();
  } finally {
    if (isSame(file, own)) rmSync(file, { force: true });
    rmSync(own, { force: true });
  }
}

let turns = 0;

/** A link is there whole or not at all. */
function isOurs(file: string, own: string): boolean {
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    return true; // A file system without links; or the folder is gone, as the work will notice.
  }
}

function isSame(file: string, own: string): boolean {
  const [a, b] = [file, own].map((path) => statSync(path, { throwIfNoEntry: false })?.ino);
  return a !== undefined && a === b;
}

/** Of a process that was killed in its turn. It is moved first: two of us may find it, and only one can move it. */
function removeStale(file: string, own: string): void {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    if (isProcessAlive(pid) && Date.now() - statSync(file).mtimeMs < longestTurnMs) return;
    renameSync(file, `${own}-stale`);
    rmSync(`${own}-stale`, { force: true });
    rmSync(`${file}-${pid}-1`, { force: true }); // The link's other name.
  } catch {
    // It has just ended.
  }
}
