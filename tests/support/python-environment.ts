import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Python, its venv module or the packages cannot be had: nothing was compared. */
export class PythonMissing extends Error {
  override readonly name = 'PythonMissing';
}

/**
 * The Python of a virtual environment that has exactly the packages of a requirements file, made on first use in the
 * git-ignored .data/ or in the folder that STANCHION_PYTHON_HOME names. `name` is what the packages are for, as in "Alembic". Throws PythonMissing.
 */
export async function preparePython(name: string, requirements: string): Promise<string> {
  const digest = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
    .slice(0, 12);
  const folder = process.env.STANCHION_PYTHON_HOME ?? join(import.meta.dirname, '../../.data');
  const home = join(folder, `${name.toLowerCase()}-${digest}`);
  const python = join(home, 'bin/python');
  if (existsSync(python)) return python;
  const draft = `${home}.${process.pid}`;
  try {
    await mkdir(join(home, '..'), { recursive: true });
    await run('python3', ['-m', 'venv', draft]);
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements];
    await run(join(draft, 'bin/python'), install, { timeout: 300_000 });
    // Whole or not at all: two runs may prepare it at once.
    await rename(draft, home).catch((error: unknown) => {
      if (!existsSync(python)) throw error;
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `Python's ${name} is not there and could not be installed (python3 with venv and pip is needed): ${reason}`;
    throw new PythonMissing(message, { cause });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return python;
}
