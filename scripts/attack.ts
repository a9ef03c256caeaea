/**
 * `npm run attack`: tries the 52 attacks of docs/threat-model.md on a server of its own, and prints which were held off.
 * `npm run attack -- --base URL [--secret TEXT] [--before FILE] [--json]`: on a server that runs; only ever one of your own, on this
 * machine or in a test network. What needs the machine itself is said to be untested. `--before` compares with an earlier `--json`.
 * Exit: 0 all held, 1 something is open, 2 bad usage, 3 everything that could be tried was held, but not all could be.
 */
import { readFileSync } from 'node:fs';
import { sendTo } from './attack/http.ts';
import { startLab } from './attack/lab.ts';
import { type Result, renderTable, runAttacks } from './attack/report.ts';
import { attacks } from './attack/rows.ts';
import { findSurface, incumbent, product } from './attack/surfaces.ts';
import type { Target } from './attack/types.ts';
import { readOptions } from './options.ts';

const { values } = readOptions(import.meta.filename, {
  options: {
    base: { type: 'string' },
    secret: { type: 'string' },
    surface: { type: 'string' },
    only: { type: 'string' },
    before: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

const chosen = attacks.filter(
  ({ number }) => values.only === undefined || values.only.split(',').includes(String(number)),
);
const own = await openTarget();
let results: Result[];
try {
  results = await runAttacks(chosen, own.target, (line) => process.stderr.write(`${line}\n`));
} finally {
  await own.stop();
}
const before: Result[] | undefined =
  values.before === undefined ? undefined : JSON.parse(readFileSync(values.before, 'utf8'));
console.log(values.json ? JSON.stringify(results, null, 2) : renderTable(results, before));
const has = (outcome: Result['outcome']) => results.some((result) => result.outcome === outcome);
process.exit(has('open') ? 1 : has('untested') ? 3 : 0);

async function openTarget(): Promise<{ target: Target; stop(): Promise<void> }> {
  if (values.base === undefined) return startLab(values.surface === 'incumbent' ? incumbent : product);
  const base = values.base.replace(/\/+$/, '');
  if (!URL.canParse(base)) {
    console.error(`--base ${base} is no URL. Fix: give the server's address, such as http://127.0.0.1:8000`);
    process.exit(2);
  }
  const bare = {
    base,
    secret: values.secret,
    keys: [],
    lab: undefined,
    send: (sent: Parameters<typeof sendTo>[1]) => sendTo(base, sent),
  };
  // Nothing that refuses every connection holds off an attack, and nothing is open there either.
  const greeting = await bare.send({ path: '/' });
  if (greeting.status === 0) {
    console.error(`${base} does not answer (${greeting.body}). Fix: start it, or give the address where it listens`);
    process.exit(2);
  }
  const surface =
    values.surface === 'incumbent' ? incumbent : values.surface === 'product' ? product : await findSurface(bare);
  return { target: { ...bare, surface }, stop: async () => {} };
}
