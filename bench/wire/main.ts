import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { preparePython } from '../baselines/python.ts';
import { describeMachine, readLoad } from '../circumstances.ts';
import { UsageError } from '../options.ts';
import { createContenders, works } from './contenders.ts';
import { hostileInputs } from './hostile.ts';
import { measure, measureHostile } from './measure.ts';
import { startPydantic } from './python-models.ts';
import type { WireMeasured } from './report.ts';
import { formatWireReport, missedAims, replaceBlock } from './report.ts';

export const wireUsage = `npm run bench -- wire [options]

  --quick            3 rounds of 0.1 s instead of 9 of 0.3 s: a look, no claim
  --check            exit 1 when an aim is missed
  --write            put the result into bench/README.md
  --without-python   leave Pydantic out
`;

/** The wire alone, without a server: against Ajv with fast-json-stringify, Zod and Pydantic, and with hostile bodies. */
export async function benchWire(args: readonly string[], say: (text: string) => void): Promise<number> {
  const options = readOptions(args);
  const load = readLoad();
  const dataFolder = fileURLToPath(new URL('../../.data/bench', import.meta.url));
  await mkdir(dataFolder, { recursive: true });
  const python = options.withoutPython ? { reason: '--without-python' } : await preparePython(dataFolder);
  const missing = 'reason' in python ? [`Pydantic, because ${python.reason}`] : [];
  for (const line of missing) say(`NOT MEASURED: ${line}`);
  const interpreter = 'reason' in python ? undefined : python.uvicorn.replace(/uvicorn$/, 'python');
  const measured = await measureAll(options, interpreter, say);
  const circumstances = [describeMachine(load), ...('reason' in python ? [] : [python.versions])];
  const report = formatWireReport({ measured, circumstances, missing });
  process.stdout.write(`${report}\n`);
  if (options.write) {
    const file = new URL('../README.md', import.meta.url);
    await writeFile(file, replaceBlock(await readFile(file, 'utf8'), report));
  }
  const missed = missedAims(measured);
  for (const line of missed) say(`MISSED: ${line}`);
  return options.check && missed.length > 0 ? 1 : 0;
}

interface Options {
  rounds: number;
  seconds: number;
  check: boolean;
  write: boolean;
  withoutPython: boolean;
}

function readOptions(args: readonly string[]): Options {
  const flag = { type: 'boolean' } as const;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { quick: flag, check: flag, write: flag, 'without-python': flag },
      strict: true,
    });
    const quick = values.quick === true;
    return {
      rounds: quick ? 3 : 9,
      seconds: quick ? 0.1 : 0.3,
      check: values.check === true,
      write: values.write === true,
      withoutPython: values['without-python'] === true,
    };
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${wireUsage}`);
  }
}

/** Round by round, every contender in turn, who begins rotating. */
async function measureAll(
  { rounds, seconds }: Options,
  python: string | undefined,
  say: (text: string) => void,
): Promise<WireMeasured> {
  const contenders = createContenders();
  const pydantic = python === undefined ? undefined : startPydantic(python);
  const names = [...contenders.map(({ name }) => name), ...(pydantic === undefined ? [] : ['Pydantic'])];
  const perSecond: Record<string, Record<string, number[]>> = {};
  try {
    for (const work of works) {
      say(work);
      const results: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
      for (const contender of contenders) measure(contender, work, seconds);
      for (let round = 0; round < rounds; round += 1) {
        for (let turn = 0; turn < names.length; turn += 1) {
          const name = names[(round + turn) % names.length] ?? '';
          const contender = contenders.find((candidate) => candidate.name === name);
          const result = contender ? measure(contender, work, seconds) : await pydantic?.measure(work, seconds);
          if (result !== undefined) results[name]?.push(result);
        }
      }
      perSecond[work] = results;
    }
  } finally {
    await pydantic?.close();
  }
  say('hostile bodies');
  const hostile = [];
  for (const input of hostileInputs()) {
    hostile.push({ name: input.name, msPerMegabyte: await measureHostile(input, rounds) });
  }
  return { names, perSecond, hostile, rounds };
}
