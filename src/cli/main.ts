import { dirname } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { againOf, createTalk, pathIn, wordsOf } from '@stanchion/migrate/cli';
import { CommanderError } from 'commander';
import type { ConfigInput, LoadedConfig } from '../config/load.ts';
import { findEditor, loadProcessConfig } from '../config/process.ts';
import { migrationsFolder } from '../migrations-folder.ts';
import { exitCodes } from './exit-codes.ts';
import { createProgram } from './program.ts';
import { type Report, type ReportOptions, reportError, reportResult } from './report.ts';
import { type CliContext, CliError } from './verb.ts';

export interface CliStreams {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Where `err` is a terminal: how many characters a line has. */
  readonly errColumns?: number | undefined;
}

export interface CliInput {
  /** Without the names of the program and its file. */
  readonly args: readonly string[];
  readonly rootDir: string;
  /** Reads the configuration of this process, or a test's. */
  readonly loadConfig: (input: Omit<ConfigInput, 'env'>) => LoadedConfig;
  readonly streams: CliStreams;
  readonly editor?: string | undefined;
  /** Left out where nobody sits at a terminal. */
  readonly ask?: CliContext['ask'];
}

/** Runs one command line and returns its exit code. A verb that serves returns when it has stopped. */
export async function main({ args, rootDir, loadConfig, streams, editor, ask }: CliInput): Promise<number> {
  const { err: write, errColumns } = streams;
  const now = () => performance.now();
  const talk = createTalk({ write, now, ...(errColumns === undefined ? {} : { columns: errColumns }) });
  const context: CliContext = {
    rootDir,
    say: talk.say,
    talk,
    editor,
    ask,
    loadConfig: (options) => loadConfig({ cwd: rootDir, ...options }),
  };
  const json = args.includes('--json');
  const named: ReportOptions = {
    ...{ command: wordsOf(args), again: againOf('./stanchion', args), json },
    pathOf: pathIn({ cwd: rootDir, folder: migrationsFolder() }),
  };
  let report: Report = { stdout: '', stderr: '', exit: 'ok' };
  const program = createProgram(async (name, load, options) => {
    report = await runVerb({ ...named, command: name }, async () => (await load())(options, context));
  });
  silence(program, streams, json);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    report = reportUsage(error, named);
  }
  talk.end();
  if (report.stdout !== '') streams.out(report.stdout);
  if (report.stderr !== '') streams.err(report.stderr);
  return exitCodes[report.exit].code;
}

async function runVerb(
  options: ReportOptions,
  work: () => Promise<Parameters<typeof reportResult>[0]>,
): Promise<Report> {
  try {
    return reportResult(await work(), options);
  } catch (error) {
    return reportError(error, options);
  }
}

/** Nothing of commander's ends the process, and with --json stdout holds the one object alone. */
function silence(command: ReturnType<typeof createProgram>, streams: CliStreams, json: boolean): void {
  command.exitOverride();
  command.configureOutput({ writeOut: streams.out, writeErr: json ? () => {} : streams.err });
  for (const child of command.commands) silence(child, streams, json);
}

/** Commander has printed its message, but for `--json`. Help that was asked for is a success. */
function reportUsage(error: unknown, options: ReportOptions): Report {
  if (!(error instanceof CommanderError)) return reportError(error, options);
  if (error.exitCode === 0) return { stdout: '', stderr: '', exit: 'ok' };
  if (!options.json) return { stdout: '', stderr: '', exit: 'usage' };
  const message = error.message.replace(/^error: /, '');
  return reportError(new CliError('usage', message, './stanchion --help'), options);
}

async function askOnTerminal(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
}

if (import.meta.main) {
  // A reader that has seen enough, such as head, is no fault.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) =>
      process.exit(error.code === 'EPIPE' ? 0 : exitCodes.internal.code),
    );
  }
  const code = await main({
    args: process.argv.slice(2),
    rootDir: dirname(dirname(import.meta.dirname)),
    loadConfig: loadProcessConfig,
    editor: findEditor(),
    ...(process.stdin.isTTY && process.stderr.isTTY ? { ask: askOnTerminal } : {}),
    streams: {
      out: (text) => process.stdout.write(text),
      err: (text) => process.stderr.write(text),
      // A terminal that does not know its width says 0.
      errColumns: process.stderr.isTTY ? process.stderr.columns || 80 : undefined,
    },
  });
  for (const stream of [process.stdout, process.stderr]) await new Promise((flushed) => stream.write('', flushed));
  // A server that was told to stop twice still has connections open.
  process.exit(code);
}
