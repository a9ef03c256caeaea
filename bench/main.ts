import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { preparePython } from './baselines/python.ts';
import { describeCircumstances, readLoad } from './circumstances.ts';
import { judge, makeClaims } from './claims.ts';
import { benchMigrate } from './migrate/main.ts';
import { type BenchOptions, parseOptions, UsageError, usage } from './options.ts';
import { formatReport, writeReadme } from './report.ts';
import { runBench } from './run.ts';
import { enterSchedulingGroup } from './scheduling-group.ts';
import { startPostgres } from './servers/postgres.ts';
import { benchTokens } from './tokens/main.ts';
import { benchWire } from './wire/main.ts';

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    if (args[0] === 'migrate') return await named(benchMigrate, args);
    if (args[0] === 'tokens') return await named(benchTokens, args);
    if (args[0] === 'wire') return await benchWire(args.slice(1), say);
    const options = parseOptions(args);
    if (options) return await inOneGroup(() => bench(options));
    process.stdout.write(usage);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      say(`${error.message}\n\n${usage}`);
      return 2;
    }
    say(`The run was broken off, nothing was measured. ${error instanceof Error ? error.stack : String(error)}`);
    return 1;
  }
}

/** A suite that is called by its name and has options of its own. */
async function named(suite: typeof benchMigrate, args: readonly string[]): Promise<number> {
  const { signal, stopListening } = listenForSignals();
  try {
    return await suite(args.slice(1), { say, signal });
  } finally {
    stopListening();
  }
}

async function inOneGroup(run: () => Promise<number>): Promise<number> {
  const leave = enterSchedulingGroup();
  try {
    return await run();
  } finally {
    await leave?.();
  }
}

async function bench(options: BenchOptions): Promise<number> {
  const load = readLoad();
  const dataFolder = fileURLToPath(new URL('../.data/bench', import.meta.url));
  await mkdir(dataFolder, { recursive: true });
  const python = options.withoutPython ? { reason: '--without-python' } : await preparePython(dataFolder);
  const missing = 'reason' in python ? [`FastAPI, because ${python.reason}`] : [];
  for (const line of missing) say(`NOT MEASURED: ${line}`);

  const postgres = await startPostgres();
  const { signal, stopListening } = listenForSignals();
  try {
    say(postgres.origin);
    const uvicorn = 'reason' in python ? undefined : python.uvicorn;
    const { measured, timedFirst } = await runBench({ options, postgres, uvicorn, dataFolder, say, signal });
    const circumstances = describeCircumstances({
      options,
      postgres: postgres.origin,
      python: 'reason' in python ? undefined : python.versions,
      load,
      timedFirst,
    });
    const report = formatReport({ measured, circumstances, missing });
    process.stdout.write(`${report}\n`);
    if (options.write) await writeReadme(report);
    const missed = makeClaims(measured).filter((claim) => judge(claim) === 'missed');
    for (const { name, target, ratio } of missed) say(`MISSED: ${name} is ${ratio.median.toFixed(2)}, not ${target}`);
    return options.check && missed.length > 0 ? 1 : 0;
  } finally {
    stopListening();
    await postgres.stop();
  }
}

/** The first Ctrl-C stops what was started; the second one stops at once. */
function listenForSignals(): { signal: AbortSignal; stopListening: () => void } {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals) => controller.abort(new Error(`It was stopped by ${name}.`));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  return {
    signal: controller.signal,
    stopListening: () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    },
  };
}

/** Progress, apart from the result. */
function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
