import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { main } from '../../src/cli/main.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Report {
  readonly schema_version: number;
  readonly command: string;
  readonly ok: boolean;
  readonly data: unknown;
  readonly findings: readonly { id: string; severity: string; evidence: string; cause: string; fix: string }[];
}

/** A folder without our server, and the command line in it. */
export interface Place {
  readonly cwd: string;
  run(...args: string[]): Promise<Outcome>;
  /** With `--json`. */
  report(...args: string[]): Promise<Report & { readonly code: number }>;
  write(file: string, text: string): Promise<void>;
  /** Of the database, when the place has one. */
  readonly url: string;
}

/** A working directory that is removed after the test. */
export async function makePlace(t: TestContext, env: Record<string, string> = {}): Promise<Place> {
  const cwd = await mkdtemp(join(tmpdir(), 'stanchion-migrate-cli-'));
  t.after(() => rm(cwd, { recursive: true, force: true }));
  const run = async (...args: string[]): Promise<Outcome> => {
    const printed = { stdout: '', stderr: '' };
    const code = await main({
      ...{ args, cwd, env },
      out: (text) => (printed.stdout += text),
      err: (text) => (printed.stderr += text),
      withStop: async (work) => work(new AbortController().signal),
    });
    return { code, ...printed };
  };
  return {
    cwd,
    run,
    url: env['DATABASE_URL'] ?? '',
    async report(...args) {
      const { code, stdout } = await run(...args, '--json');
      const report: Report = JSON.parse(stdout);
      return { ...report, code };
    },
    write: async (file, text) => writeFile(join(cwd, file), text),
  };
}

/** The same with a database of its own. */
export async function makePlaceWithDatabase(t: TestContext): Promise<{ place: Place; database: TestDatabase }> {
  const database = await createDatabase();
  t.after(async () => database.drop());
  return { place: await makePlace(t, { DATABASE_URL: urlOf(database) }), database };
}

/** What `pg` reads back as the same connection. */
export function urlOf({ config }: TestDatabase): string {
  const { host = '', port = 5432, user = '', password, database = '' } = config;
  const secret = typeof password === 'string' ? `:${encodeURIComponent(password)}` : '';
  return host.startsWith('/')
    ? `postgresql://${user}${secret}@/${database}?host=${encodeURIComponent(host)}&port=${port}`
    : `postgresql://${user}${secret}@${host}:${port}/${database}`;
}
