import { readFile } from 'node:fs/promises';
import type { WantedSchema } from '../autogenerate/wanted-schema.ts';
import { againOf, wordsOf } from './again.ts';
import { compileWasmOnce } from './compile-once.ts';
import { type ConfigFlags, loadMigrateConfig } from './config.ts';
import { migrateExitCodes } from './exit-codes.ts';
import { pathIn } from './paths.ts';
import { findPlainCall } from './plain-call.ts';
import { type Report, type ReportOptions, reportError, reportResult } from './report.ts';
import { createTalk } from './talk.ts';
import { CliError, type MigrateContext, type VerbEntry } from './verb.ts';
import { migrateVerbs } from './verbs.ts';

/** What the process hands in: nothing here reads or writes it otherwise. */
export interface CliInput {
  /** Without the names of the program and its file. */
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Where `err` is a terminal: how many characters a line has. */
  readonly errColumns?: number | undefined;
  readonly withStop: MigrateContext['withStop'];
  /** Left out where nobody sits at a terminal. */
  readonly ask?: MigrateContext['ask'];
}

const program = 'stanchion-migrate';

/** Runs one command line of `stanchion-migrate` and returns its exit code. */
export async function main(input: CliInput): Promise<number> {
  const json = input.args.includes('--json');
  const talk = createTalk({
    write: input.err,
    now: () => performance.now(),
    later: (work) => void setImmediate(work),
    ...(input.errColumns === undefined ? {} : { columns: input.errColumns }),
  });
  const options: ReportOptions = { program, command: wordsOf(input.args), again: againOf(program, input.args), json };
  const run = async (entry: VerbEntry, given: never, flags: Flags): Promise<Report> => {
    const named = { ...options, command: entry.name };
    let context: MigrateContext | undefined;
    try {
      const verb = await entry.load();
      context = createContext(input, flags, talk);
      return reportResult(await verb(given, context), named);
    } catch (error) {
      return reportError(error, { ...named, pathOf: context && pathIn(context) });
    }
  };
  const plain = findPlainCall(migrateVerbs, input.args);
  const report = plain ? await run(plain.entry, plain.options, plain.flags) : await runCommandLine(input, options, run);
  talk.end();
  if (report.stdout !== '') input.out(report.stdout);
  if (report.stderr !== '') input.err(report.stderr);
  return migrateExitCodes[report.exit].code;
}

type Flags = ConfigFlags & { readonly url?: string };

type RunVerb = (entry: VerbEntry, given: never, flags: Flags) => Promise<Report>;

async function runCommandLine(input: CliInput, options: ReportOptions, run: RunVerb): Promise<Report> {
  const { createCommandLine, reportUsage } = await import('./command-line.ts');
  let report: Report = { stdout: '', stderr: '', exit: 'ok' };
  const root = createCommandLine(options, input, async (entry, given) => {
    report = await run(entry, given, root.opts<Flags>());
  });
  try {
    await root.parseAsync(input.args, { from: 'user' });
  } catch (error) {
    report = reportUsage(error, options);
  }
  return report;
}

function createContext(input: CliInput, flags: Flags, talk: MigrateContext['talk']): MigrateContext {
  const { cwd, env, withStop } = input;
  const { folder, models, settings } = loadMigrateConfig(cwd, flags);
  return {
    program,
    ...{ cwd, folder, settings, talk, withStop },
    ask: input.ask,
    beforeParsing: compileWasmOnce,
    models: models === undefined ? undefined : async () => readModels(models),
    editor: env['VISUAL'] || env['EDITOR'],
    async withConnection(work) {
      const connectionString = flags.url ?? (env['MIGRATION_DATABASE_URL'] || env['DATABASE_URL']);
      if (!connectionString) {
        const fix = 'set MIGRATION_DATABASE_URL to the direct URL of the database, or DATABASE_URL, or give --url';
        throw new CliError('config_invalid', 'No database is named.', fix);
      }
      assertPostgres(connectionString);
      return work({ connectionString });
    },
  };
}

/** The driver takes anything for a host on this machine or elsewhere; another database's URL is a mistake, told before it connects. */
function assertPostgres(url: string): void {
  // A Unix socket's folder, as the driver takes it too.
  if (url.startsWith('/')) return;
  const isOurs = /^postgres(?:ql)?(?:\+\w+)?:\/\//.test(url);
  // The driver's own exception would show as a fault of this program. A folder as host is an empty one to URL.
  if (isOurs && URL.canParse(url.replace(/^\w+(?:\+\w+)?:\/\/(?:[^/@]*@)?(?=\/)/, 'postgresql://base'))) return;
  const fix =
    'write it as postgresql://user:password@host:5432/database; what is no letter or digit in user and password as %XX';
  throw new CliError('config_invalid', 'The URL of the database is no URL of a PostgreSQL server.', fix);
}

async function readModels(file: string): Promise<WantedSchema> {
  try {
    return { sql: await readFile(file, 'utf8'), origin: file };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new CliError('config_invalid', `${file} cannot be read (${code})`, 'check "models" or --models');
  }
}
