import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const majors = [15, 17, 18] as const;
export type Major = (typeof majors)[number];

/**
 * The programs of one major version, from exactly package-lock.json, installed on first use into the git-ignored .data/.
 */
export async function preparePostgres(major: Major): Promise<string> {
  const lockfile = await readFile(join(import.meta.dirname, 'package-lock.json'));
  const digest = createHash('sha256').update(lockfile).digest('hex').slice(0, 12);
  const home = join(import.meta.dirname, '../../../../.data', `postgres-${digest}`);
  if (!existsSync(home)) await install(home);
  return join(home, 'node_modules', `postgres-${major}-${process.platform}-${process.arch}`, 'native/bin');
}

async function install(home: string): Promise<void> {
  const draft = `${home}.${process.pid}`;
  try {
    await mkdir(draft, { recursive: true });
    for (const name of ['package.json', 'package-lock.json'])
      await copyFile(join(import.meta.dirname, name), join(draft, name));
    const options = ['ci', '--include=optional', '--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier'];
    // npm would keep compiled code in the temporary folder of the test run.
    const env = { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' };
    await promisify(execFile)('npm', options, { cwd: draft, env, timeout: 300_000 });
    // Whole or not at all: two runs may prepare it at once.
    await rename(draft, home).catch((error: unknown) => {
      if (!existsSync(home)) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
