import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lintRevisions, loadRevisions } from '@stanchion/migrate';
import { PythonMissing, preparePython } from '../../tests/support/python-environment.ts';
import { describeMachine, readLoad } from '../circumstances.ts';
import { judge } from '../claims.ts';
import { writeBlock } from '../report.ts';
import { upgradeDatabase } from '../servers/migrate.ts';
import { type BenchPostgres, startPostgres } from '../servers/postgres.ts';
import { ourEnvironment } from '../servers/programs.ts';
import { measureMigrate, measureProcesses, type Rounds } from './measure.ts';
import { type MigrateBenchOptions, parseMigrateOptions } from './options.ts';
import { type Contender, writeAlembic, writeNodePgMigrate, writeOurs, writeRevisions } from './projects.ts';
import { formatMigrateReport, type MigrateMeasured, makeMigrateClaims } from './report.ts';
import { createChanges } from './statements.ts';
import type { ProcessTime, ProcessToTime } from './timed-process.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const lintedStatements = 500;

interface MigrateBench {
  readonly options: MigrateBenchOptions;
  readonly postgres: BenchPostgres;
  readonly folder: string;
  readonly say: (progress: string) => void;
  readonly signal: AbortSignal;
}

/** The migration engine alone: against Python's Alembic and node-pg-migrate, and its lint against squawk. */
export async function benchMigrate(
  args: readonly string[],
  { say, signal }: Pick<MigrateBench, 'say' | 'signal'>,
): Promise<number> {
  const options = parseMigrateOptions(args);
  const load = readLoad();
  const folder = join(root, '.data', 'bench', 'migrate');
  const python = options.withoutPython ? '--without-python' : await findAlembic();
  const missing = typeof python === 'string' ? [`Alembic, because ${python}`] : [];
  for (const line of missing) say(`NOT MEASURED: ${line}`);
  const postgres = await startPostgres();
  try {
    say(postgres.origin);
    const bench = { options, postgres, folder, say, signal };
    const measured = await measure(bench, typeof python === 'string' ? undefined : python.interpreter);
    const circumstances = [
      describeMachine(load),
      `Node ${process.versions.node}; ${postgres.origin}, fsync on; the tools and the database share the machine`,
      await versions(typeof python === 'string' ? undefined : python.requirements),
      `medians of ${options.rounds} interleaved rounds; a transaction for each revision everywhere`,
    ];
    const report = formatMigrateReport({ measured, circumstances, missing });
    process.stdout.write(`${report}\n`);
    if (options.write) await writeBlock('migrate', report);
    const missed = makeMigrateClaims(measured).filter((claim) => judge(claim) === 'missed');
    for (const { name, ratio } of missed) say(`MISSED: ${name} is ${ratio.median.toFixed(2)}`);
    return options.check && missed.length > 0 ? 1 : 0;
  } finally {
    await postgres.stop();
  }
}

async function findAlembic(): Promise<{ interpreter: string; requirements: string } | string> {
  try {
    const file = join(root, 'packages', 'migrate', 'tests', 'alembic', 'requirements.txt');
    const interpreter = await preparePython('Alembic', file);
    return { interpreter, requirements: await readFile(file, 'utf8') };
  } catch (error) {
    if (error instanceof PythonMissing) return error.message;
    throw error;
  }
}

async function measure(bench: MigrateBench, python: string | undefined): Promise<MigrateMeasured> {
  const { options, folder, postgres, say, signal } = bench;
  const changes = createChanges(options.revisions);
  const contenders: Contender[] = [await writeOurs(join(folder, 'ours'), changes)];
  if (python !== undefined) contenders.push(await writeAlembic(join(folder, 'alembic'), changes, python));
  contenders.push(await writeNodePgMigrate(join(folder, 'node-pg-migrate'), changes));

  const app = await postgres.createDatabase('app');
  await upgradeDatabase(app);
  const others = [{ name: './stanchion', process: stanchion(app) }];
  const rounds = await measureMigrate({ contenders, others, postgres, rounds: options.rounds, say, signal });
  say('lint');
  const linted = await measureLint(join(folder, 'lint'), bench);
  return { ...rounds, ...linted, revisions: options.revisions, statements: lintedStatements };
}

/** The application's own revisions and database, through the script that users call. */
function stanchion(url: string): ProcessToTime {
  const env = ourEnvironment(url);
  return { command: join(root, 'stanchion'), args: ['migrate', 'current'], cwd: root, env };
}

/** Five statements a file; squawk reads the same files, whose headers are comments to it. */
async function measureLint(
  folder: string,
  { options: { rounds }, signal }: MigrateBench,
): Promise<{ lint: Rounds<ProcessTime>; lintCalls: MigrateMeasured['lintCalls'] }> {
  const ups = createChanges(lintedStatements).map((change) => change.up);
  const texts = Array.from({ length: ups.length / 5 }, (_, at) => ({ up: ups.slice(5 * at, 5 * at + 5).join(';\n') }));
  const files = await writeRevisions(folder, texts);
  const bin = join(root, 'packages', 'migrate', 'bin', 'stanchion-migrate.mjs');
  const common = { cwd: root, env: {}, alsoFine: [1] };
  const processes = [
    { name: 'ours', process: { command: process.execPath, args: [bin, '--folder', folder, 'lint'], ...common } },
    { name: 'squawk', process: { command: process.execPath, args: [squawk(), ...files], ...common } },
  ];
  const lint = await measureProcesses(processes, { rounds, signal });
  return { lint, lintCalls: await measureLintCalls(folder, rounds) };
}

function squawk(): string {
  return join(root, 'node_modules', '.bin', 'squawk');
}

async function measureLintCalls(folder: string, rounds: number): Promise<MigrateMeasured['lintCalls']> {
  const graph = await loadRevisions(folder);
  const calls: number[] = [];
  for (let call = 0; call <= rounds; call += 1) {
    const before = process.cpuUsage();
    const { statements } = await lintRevisions(graph);
    const { user, system } = process.cpuUsage(before);
    if (statements !== lintedStatements) throw new Error(`the lint saw ${statements} statements`);
    calls.push((user + system) / 1000);
  }
  const [firstMs = 0, ...laterMs] = calls;
  return { firstMs, laterMs };
}

async function versions(requirements: string | undefined): Promise<string> {
  const npm = await Promise.all(['node-pg-migrate', 'squawk-cli'].map(packageVersion));
  const named = ['alembic', 'SQLAlchemy', 'psycopg2-binary'];
  const lines = (requirements ?? '').split('\n').filter((line) => named.some((name) => line.startsWith(`${name}==`)));
  return [...lines.map((line) => line.replace('==', ' ')), ...npm].join(', ');
}

async function packageVersion(name: string): Promise<string> {
  const file: unknown = JSON.parse(await readFile(join(root, 'node_modules', name, 'package.json'), 'utf8'));
  return `${name} ${typeof file === 'object' && file !== null && 'version' in file ? String(file.version) : '?'}`;
}
