/**
 * `npm run vectors [-- --write] [FOLDER…]`: runs recorded answers of FastAPI, Pydantic, passlib, Django, python-jose and PyJWT,
 * and prints what agrees, file by file. Without folders: the ones of this repository. `--write` puts the wire's part of the
 * table into its README. Exits 1 on a difference, 2 for bad usage.
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Score, scoreFolder, scoreTable, waiverList } from '../packages/wire/tests/scoreboard.ts';
import { readOptions } from './options.ts';
import { scoreAuthFolder } from './vectors/auth-scores.ts';

const root = new URL('..', import.meta.url).pathname;
const wire = join(root, 'packages/wire');
const wireVectors = join(wire, 'tests/data/vectors');
const { values, positionals: given } = readOptions(import.meta.filename, {
  options: { write: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const missing = given.find((folder) => !statSync(folder, { throwIfNoEntry: false })?.isDirectory());
if (missing !== undefined) {
  console.error(
    `${missing} is no folder. Fix: name folders that hold *.jsonl or *.json of the format of tests/data/vectors`,
  );
  process.exit(2);
}
const folders = given.length === 0 ? [wireVectors, join(root, 'tests/security/data')] : given;

const scores: Score[] = [];
for (const folder of folders) scores.push(...scoreFolder(folder), ...(await scoreAuthFolder(folder)));
console.log(render(scores));
const differences = scores.flatMap((score) => score.differences);
for (const { id, expected, actual } of differences.slice(0, 20)) {
  console.log(`\n${id}\n  expected ${expected.slice(0, 400)}\n  actual   ${actual.slice(0, 400)}`);
}
if (values.write) writeTable(join(wire, 'README.md'), render(scoreFolder(wireVectors)));
process.exitCode = differences.length === 0 && scores.length > 0 ? 0 : 1;

function render(all: readonly Score[]): string {
  return `${scoreTable(all)}\n\nWaived, by rule:\n\n${waiverList(all)}`;
}

function writeTable(file: string, table: string): void {
  const marked = /(<!-- scoreboard -->\n)[^]*?(<!-- \/scoreboard -->)/;
  const text = readFileSync(file, 'utf8');
  writeFileSync(
    file,
    text.replace(marked, (_match, start: string, end: string) => `${start}${table}\n${end}`),
  );
}
