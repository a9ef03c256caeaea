/**
 * `npm run vectors [-- --write] [FOLDER…]`: runs recorded answers of FastAPI and Pydantic and prints what agrees, file by
 * file. Without folders: the ones of this package. `--write` puts the table into README.md. Exits 1 on a difference.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { scoreFolder, scoreTable, waiverList } from '../tests/scoreboard.ts';

const own = new URL('../tests/data/vectors', import.meta.url).pathname;
const readme = new URL('../README.md', import.meta.url);
const folders = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const scores = (folders.length === 0 ? [own] : folders).flatMap((folder) => scoreFolder(folder));
const report = `${scoreTable(scores)}\n\nWaived, by rule:\n\n${waiverList(scores)}`;
console.log(report);
const differences = scores.flatMap((score) => score.differences);
for (const { id, expected, actual } of differences.slice(0, 20)) {
  console.log(`\n${id}\n  expected ${expected.slice(0, 400)}\n  actual   ${actual.slice(0, 400)}`);
}
if (process.argv.includes('--write')) {
  const text = readFileSync(readme, 'utf8');
  const marked = /(<!-- scoreboard -->\n)[^]*?(<!-- \/scoreboard -->)/;
  writeFileSync(
    readme,
    text.replace(marked, (_match, start: string, end: string) => `${start}${report}\n${end}`),
  );
}
process.exitCode = differences.length === 0 && scores.length > 0 ? 0 : 1;
