/**
 * `npm run vectors [-- --write] [FOLDER…]`: runs recorded answers of FastAPI, Pydantic, passlib, Django, python-jose and PyJWT,
 * and prints what agrees, file by file. Without folders: the ones of this repository. `--write` puts the wire's part of the
 * table into its README. Exits 1 on a difference.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Score, scoreFolder, scoreTable, waiverList } from '../packages/wire/tests/scoreboard.ts';
import { scoreAuthFolder } from './vectors/auth-scores.ts';

const root = new URL('..', import.meta.url).pathname;
const wire = join(root, 'packages/wire');
const wireVectors = join(wire, 'tests/data/vectors');
const given = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const folders = given.length === 0 ? [wireVectors, join(root, 'tests/security/data')] : given;

const scores: Score[] = [];
for (const folder of folders) scores.push(...scoreFolder(folder), ...(await scoreAuthFolder(folder)));
console.log(render(scores));
const differences = scores.flatMap((score) => score.differences);
for (const { id, expected, actual } of differences.slice(0, 20)) {
  console.log(`\n${id}\n  expected ${expected.slice(0, 400)}\n  actual   ${actual.slice(0, 400)}`);
}
if (process.argv.includes('--write')) writeTable(join(wire, 'README.md'), render(scoreFolder(wireVectors)));
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
