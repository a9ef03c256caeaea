import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Python, its venv module or the packages cannot be had: nothing was compared. */
export class PythonMissing extends Error {
  override readonly name = 'PythonMissing';
}

const preparing = new Map<string, Promise<string>>();

/**
 * The Python of a virtual environment that has exactly the packages of a requirements file, made on first use in the
 * git-ignored .data/ or in the folder that STANCHION_PYTHON_HOME names, once for all tests that want it at the same
 * time. `name` is what the packages are for, as in "Alembic". Throws PythonMissing.
 */
export async function preparePython(name: string, requirements: string): Promise<string> {
  const prepared = preparing.get(requirements) ?? prepare(name, requirements);
  preparing.set(requirements, prepared);
  return prepared;
}

async function prepare(name: string, requirements: string): Promise<string> {
  const digest = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
    .slice(0, 12);
  const folder = process.env.STANCHION_PYTHON_HOME ?? join(import.meta.dirname, '../../.data');
  const home = join(folder, `${name.toLowerCase()}-${digest}`);
  const python = join(home, 'bin/python');
  if (existsSync(python)) return python;
  await mkdir(join(home, '..'), { recursive: true });
  const lock = `${home}.lock`;
  await waitFor(lock);
  try {
    if (!existsSync(python)) await install(home, { name, requirements });
  } finally {
    await rm(lock, { force: true });
  }
  return python;
}

async function install(home: string, { name, requirements }: { name: string; requirements: string }): Promise<void> {
  const draft = `${home}.draft`;
  try {
    await rm(draft, { recursive: true, force: true });
    await run('python3', ['-m', 'venv', draft]);
    const words = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements];
    await run(join(draft, 'bin/python'), words, { timeout: 300_000 });
    // Whole or not at all.
    await rename(draft, home);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `Python's ${name} is not there and could not be installed (python3 with venv and pip is needed): ${reason}`;
    throw new PythonMissing(message, { cause });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Makes a file that holds this process's id; one that a dead process left is taken away. */
async function waitFor(lock: string): Promise<void> {
  for (;;) {
    try {
      await writeFile(lock, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const holder = Number(await readFile(lock, 'utf8').catch(() => ''));
    if (holder > 0 && !isAlive(holder)) await rm(lock, { force: true });
    await delay(100);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
