/**
 * `npm test [-- path…]`: type check, lint, format check and unused-code check, then every test on a real PostgreSQL. With
 * paths, only the tests below them. The last line is `N passed, N failed`; each check counts as one.
 */
import { spawnSync } from 'node:child_process';
import { join, relative } from 'node:path';
import { findPgBouncer } from '../tests/support/pgbouncer.ts';
import { type SharedServer, startTestServer } from '../tests/support/postgres.ts';
import { findTestFiles, requirements } from './test-run/files.ts';
import { openRunFolder } from './test-run/run-folder.ts';
import { findScratch } from './test-run/scratch.ts';
import { runStaticChecks } from './test-run/static-checks.ts';
import { runTestFiles } from './test-run/test-files.ts';

const root = new URL('..', import.meta.url).pathname;
const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => interruption.abort(new Error(signal)));

const counts = await runAll(process.argv.slice(2), interruption.signal);
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exit(counts.failed === 0 ? 0 : 1);

interface Counts {
  passed: number;
  failed: number;
}

async function runAll(filters: readonly string[], signal: AbortSignal): Promise<Counts> {
  const files = leaveOutUnmet(findTestFiles(root, filters));
  if (files.length === 0) {
    console.log(`no test file matches: ${filters.join(' ')}`);
    return { passed: 0, failed: 1 };
  }
  const checks = filters.length > 0 ? { passed: 0, failed: 0 } : await runStaticChecks(root, signal);
  const tests = await runWithDatabase(files, signal);
  if (signal.aborted) console.log(`interrupted: ${String(signal.reason)}`);
  return { passed: checks.passed + tests.passed, failed: checks.failed + tests.failed + (signal.aborted ? 1 : 0) };
}

/** A machine with Node alone is enough for everything but a few comparisons; that they are left out is said. */
function leaveOutUnmet(files: readonly string[]): string[] {
  const isUnmet = { python: () => !hasPython(), pgbouncer: () => findPgBouncer() === undefined };
  const leftOut = new Set<string>();
  for (const name of ['python', 'pgbouncer'] as const) {
    const { suffix, missing } = requirements[name];
    const affected = files.filter((file) => file.endsWith(suffix));
    if (affected.length === 0 || !isUnmet[name]()) continue;
    for (const file of affected) {
      console.log(`${missing}: ${relative(root, file)}`);
      leftOut.add(file);
    }
  }
  return files.filter((file) => !leftOut.has(file));
}

function hasPython(): boolean {
  return spawnSync('python3', ['--version']).status === 0;
}

async function runWithDatabase(files: readonly string[], signal: AbortSignal): Promise<Counts> {
  if (signal.aborted) return { passed: 0, failed: 0 };
  const scratch = findScratch();
  const folder = openRunFolder(scratch);
  let server: SharedServer | undefined;
  try {
    server = await startTestServer(scratch);
    console.log(`PostgreSQL: ${server.origin}; temporary files in ${scratch}`);
    // Compiled once, by whichever process is first, and kept for the next run: most of them load the whole app.
    const compiled = { NODE_COMPILE_CACHE: join(root, '.data/compile-cache') };
    const env = { ...process.env, ...compiled, ...folder.environment, TEST_DATABASE_URL: server.url };
    const counts = await runTestFiles(files, { env, signal, name: (file) => relative(root, file) });
    const leftovers = signal.aborted ? [] : await folder.findLeftovers();
    for (const leftover of leftovers) console.log(`left behind by a test: ${leftover}`);
    return leftovers.length > 0 ? { ...counts, failed: counts.failed + 1 } : { ...counts, passed: counts.passed + 1 };
  } catch (error) {
    console.log(`the tests could not run: ${error instanceof Error ? error.message : String(error)}`);
    return { passed: 0, failed: 1 };
  } finally {
    try {
      await server?.stop();
    } finally {
      await folder.remove();
    }
  }
}
