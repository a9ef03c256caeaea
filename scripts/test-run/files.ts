import { globSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Tests that compare with a Python library: the only ones that a machine with Node alone cannot run. */
export function needsPython(file: string): boolean {
  return file.endsWith('.python.test.ts');
}

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
