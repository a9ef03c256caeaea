import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Command, CommanderError } from 'commander';
import type { WantedSchema } from '../autogenerate/wanted-schema.ts';
import { againOf, wordsOf } from './again.ts';
import { addCommands } from './commands.ts';
import { compileWasmOnce } from './compile-once.ts';
import { type ConfigFlags, loadMigrateConfig } from './config.ts';
import { migrateExitCodes } from './exit-codes.ts';
import { pathIn } from './paths.ts';
import { type Report, type ReportOptions, reportError, reportResult } from './report.ts';
import { createTalk } from './talk.ts';
import { CliError, type MigrateContext } from './verb.ts';
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
    ...(input.errColumns === undefined ? {} : { columns: input.errColumns }),
  });
  let report: Report = { stdout: '', stderr: '', exit: 'ok' };
  const options: ReportOptions = { program, command: wordsOf(input.args), again: againOf(program, input.args), json };
  const root = createRoot();
  addCommands(root, { entries: migrateVerbs, program }, async (entry, given) => {
    const named = { ...options, command: entry.name };
    let context: MigrateContext | undefined;
    try {
      const verb = await entry.load();
      context = createContext(input, root.opts<Flags>(), talk);
      report = reportResult(await verb(given, context), named);
    } catch (error) {
      report = reportError(error, { ...named, pathOf: context && pathIn(context) });
    }
  });
  silence(root, input, json);
  try {
    await root.parseAsync(input.args, { from: 'user' });
  } catch (error) {
    report = reportUsage(error, options);
  }
  talk.end();
  if (report.stdout !== '') input.out(report.stdout);
  if (report.stderr !== '') input.err(report.stderr);
  return migrateExitCodes[report.exit].code;
}

type Flags = ConfigFlags & { readonly url?: string };

function createRoot(): Command {
  const codes = Object.values(migrateExitCodes).map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`);
  return new Command(program)
    .description('PostgreSQL migrations as a graph of revisions.')
    .version(version(), '-V, --version', 'print the version')
    .option('--json', 'print one JSON object: {schema_version, command, ok, data, findings}')
    .option('--url <url>', 'the database, directly; better set MIGRATION_DATABASE_URL or DATABASE_URL')
    .option('--folder <path>', 'of the revisions (default: migrations)')
    .option(
      '--models <file>',
      'SQL that builds what the models want from an empty database, for the verbs that compare',
    )
    .option('--schema <name>', "the journal's schema (default: stanchion)")
    .option('--search-path <schemas>', 'where unqualified names are, comma-separated (default: public)')
    .option('--actor <name>', 'who is recorded in the journal (default: the role)')
    .option('--config <file>', 'instead of stanchion-migrate.json in the working directory')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('Run it with --help to see what it takes.')
    .addHelpText('after', `\nExit codes:\n${codes.join('\n')}`);
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

/** Nothing of commander's ends the process, and with --json stdout holds the one object alone. */
function silence(command: Command, input: CliInput, json: boolean): void {
  command.exitOverride();
  command.configureOutput({ writeOut: input.out, writeErr: json ? () => {} : input.err });
  for (const child of command.commands) silence(child, input, json);
}

/** Commander has printed its message, but for `--json`. Help that was asked for is a success. */
function reportUsage(error: unknown, options: ReportOptions): Report {
  if (!(error instanceof CommanderError)) return reportError(error, options);
  if (error.exitCode === 0) return { stdout: '', stderr: '', exit: 'ok' };
  if (!options.json) return { stdout: '', stderr: '', exit: 'usage' };
  const message = error.message.replace(/^error: /, '');
  return reportError(new CliError('usage', message, `${program} --help`), options);
}

/** Of package.json, the one place where it is changed. */
function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version: number }: { version: string } = JSON.parse(text);
  return number;
}
