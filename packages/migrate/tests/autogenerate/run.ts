/** For work on the matrix: `node run.ts <major> [part of a name]`. */
import { openShadow } from '../../src/index.ts';
import { type Major, preparePostgres } from '../postgres/environment.ts';
import { matrix } from './matrix.ts';
import { runCase } from './run-case.ts';

const [major = '18', part = ''] = process.argv.slice(2);
const shadow = await openShadow({ majorVersion: Number(major), binaryFolders: [await preparePostgres(Number(major) as Major)] });
const server = { ...(await shadow.createDatabase()).connection };
let failed = 0;
const began = performance.now();
for (const one of matrix.filter((one) => one.name.includes(part) && (one.since ?? 0) <= Number(major) && Number(major) <= (one.until ?? 99))) {
  const start = performance.now();
  try {
    await runCase(shadow, server, one);
    console.log(`ok   ${Math.round(performance.now() - start)} ms  ${one.name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${one.name}\n     ${String(error instanceof Error ? error.message : error).slice(0, 1800)}${part === '' ? '' : (error as Error).stack}`);
  }
}
console.log(`${failed} failed, ${Math.round(performance.now() - began)} ms`);
await shadow.close();
