import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addCommands, type RunEntry } from './commands.ts';
import { migrateExitCodes } from './exit-codes.ts';
import { globalOptions } from './global-options.ts';
import { type Report, type ReportOptions, reportError } from './report.ts';
import { CliError } from './verb.ts';
import { migrateVerbs } from './verbs.ts';

/** Where commander prints what it has to say. */
export interface CommandLineOutput {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** Every verb as a command of `program`. Nothing of it ends the process, and with --json stdout holds the one object alone. */
export function createCommandLine(
  { program, json }: Pick<ReportOptions, 'program' | 'json'>,
  { out, err }: CommandLineOutput,
  run: RunEntry,
): Command {
  const root = createRoot(program);
  addCommands(root, { entries: migrateVerbs, program }, run);
  silence(root, { out, err: json ? () => {} : err });
  return root;
}

/** Commander has printed its message, but for `--json`. Help that was asked for is a success. */
export function reportUsage(error: unknown, options: ReportOptions): Report {
  if (!(error instanceof CommanderError)) return reportError(error, options);
  if (error.exitCode === 0) return { stdout: '', stderr: '', exit: 'ok' };
  if (!options.json) return { stdout: '', stderr: '', exit: 'usage' };
  const message = error.message.replace(/^error: /, '');
  return reportError(new CliError('usage', message, `${options.program} --help`), options);
}

function createRoot(program: string): Command {
  const codes = Object.values(migrateExitCodes).map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`);
  const root = new Command(program)
    .description('PostgreSQL migrations as a graph of revisions.')
    .version(version(), '-V, --version', 'print the version');
  for (const [flags, description] of globalOptions) root.option(flags, description);
  return root
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('Run it with --help to see what it takes.')
    .addHelpText('after', `\nExit codes:\n${codes.join('\n')}`);
}

function silence(command: Command, output: CommandLineOutput): void {
  command.exitOverride();
  command.configureOutput({ writeOut: output.out, writeErr: output.err });
  for (const child of command.commands) silence(child, output);
}

/** Of package.json, the one place where it is changed. */
function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version: number }: { version: string } = JSON.parse(text);
  return number;
}
