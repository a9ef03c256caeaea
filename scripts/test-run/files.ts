import { globSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

export interface Requirement {
  /** Ends the name of every test file that needs it. */
  readonly suffix: string;
  /** Printed before the name of each test that is left out: what was not done, why, and what brings it back. */
  readonly missing: string;
}

/** What some tests need beyond Node. Everything else runs on a machine with Node alone. */
export const requirements = {
  python: {
    suffix: '.python.test.ts',
    missing: 'NOT COMPARED WITH PYTHON, because there is no python3',
  },
  pgbouncer: {
    suffix: '.pgbouncer.test.ts',
    missing: 'NOT TESTED THROUGH PGBOUNCER, because there is no pgbouncer (Debian: apt-get install pgbouncer)',
  },
} as const satisfies Record<string, Requirement>;

/** Absolute paths of the test files in order; filters are files, folders, or the beginning of a path below the root. */
export function findTestFiles(root: string, filters: readonly string[]): string[] {
  if (filters.length === 0) return find(root, ['tests/**/*.test.ts', 'packages/*/tests/**/*.test.ts']);
  return [...new Set(filters.flatMap((filter) => findMatches(root, filter)))].toSorted();
}

function findMatches(root: string, filter: string): string[] {
  const path = resolve(root, filter);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) return find(path, ['**/*.test.ts']);
  if (found) return [path];
  return findTestFiles(root, []).filter((file) => file.startsWith(path));
}

function find(folder: string, patterns: string[]): string[] {
  return globSync(patterns, { cwd: folder, exclude: ['**/node_modules/**'] })
    .map((file) => join(folder, file))
    .toSorted();
}
