import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Removes a folder that may hold embedded databases, with the places to which their files were moved (as root,
 * PostgreSQL's account cannot reach a private temporary folder) and the shared memory of servers that were killed.
 */
export function removeDataFolders(folder: string): void {
  const moved = globSync('{moved-to,*/moved-to,*/*/moved-to}', { cwd: folder }).map((pointer) =>
    readFileSync(join(folder, pointer), 'utf8').trim(),
  );
  for (const home of [folder, ...moved]) {
    for (const file of globSync('**/postmaster.pid', { cwd: home })) releaseSharedMemory(dirname(join(home, file)));
    rmSync(home, { recursive: true, force: true });
  }
}

/**
 * What a killed server leaves in /dev/shm is named nowhere but in its own System V segment, which a server finds that starts on the
 * same data: here one for a single user, with nothing to do.
 */
function releaseSharedMemory(cluster: string): void {
  const lock = join(cluster, 'postmaster.pid');
  const pid = Number.parseInt(readFileSync(lock, 'utf8'), 10);
  if (isServer(pid)) return;
  // The number may be a zombie's, which PostgreSQL takes for a server.
  rmSync(lock);
  const [server = ''] = /^\S+/.exec(readFileSync(join(cluster, 'postmaster.opts'), 'utf8')) ?? [];
  const { uid, gid } = statSync(cluster);
  const account = process.getuid?.() === 0 ? { uid, gid } : {};
  const options = { ...account, cwd: '/', env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, input: '', timeout: 30_000 };
  spawnSync(server, ['--single', '-F', '-D', cluster, 'postgres'], options);
}

function isServer(pid: number): boolean {
  try {
    // proc(5): `pid (name) state …`.
    return /^\d+ \(postgres\) [^ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
