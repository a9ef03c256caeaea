/**
 * `npm run wire:releases -- [--write] [PRESET…]`: runs the FastAPI releases that the wire's presets name, each with exactly
 * its packages, asks them every recorded case, and compares what they answer differently from the main recording with
 * packages/wire/tests/data/releases; `--write` puts it there. Without presets: all of them.
 * Exits 0 when all is as recorded, 1 when not, 2 for a preset that there is not, 3 where Python or its packages are missing.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { PresetName } from '../packages/wire/src/profile/presets.ts';
import { defaultPreset, isPresetName, presets } from '../packages/wire/src/profile/presets.ts';
import { recordRelease } from '../packages/wire/tests/releases/record.ts';
import { readRequestVectors } from '../packages/wire/tests/vectors.ts';
import { PythonMissing } from '../tests/support/python-environment.ts';
import { readOptions } from './options.ts';

const folder = new URL('../packages/wire/tests/data/releases/', import.meta.url);

process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = readOptions(import.meta.filename, {
    options: { write: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const names = positionals.length === 0 ? Object.keys(presets) : positionals;
  const unknown = names.find((name) => !isPresetName(name));
  if (unknown !== undefined) {
    console.error(`${unknown} is none of ${Object.keys(presets).join(', ')}`);
    return 2;
  }
  let differ = 0;
  try {
    for (const name of names.filter(isPresetName)) differ += await recordAndCompare(name, values.write);
  } catch (error) {
    if (!(error instanceof PythonMissing)) throw error;
    console.error(error.message);
    return 3;
  }
  return differ > 0 && !values.write ? 1 : 0;
}

/** How many lines are not as they were recorded before. */
async function recordAndCompare(name: PresetName, write: boolean): Promise<number> {
  const lines = await recordRelease(name, readRequestVectors());
  // The main recording is this one's: nothing differs from it.
  const file = new URL(`${name}.jsonl`, folder);
  const before = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  const changed = [
    ...lines.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
    ...before.filter((line) => !lines.includes(line)).map((line) => `- ${line}`),
  ];
  console.log(`${name}: ${lines.length} cases are answered differently; ${changed.length} lines are not as recorded`);
  for (const line of changed) console.log(`  ${line.slice(0, 300)}`);
  if (write && name !== defaultPreset) writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  return changed.length;
}
