import { Command, Option } from 'commander';
import { exitCodes } from './exit-codes.ts';
import type { CliContext, VerbResult } from './verb.ts';

/** A verb as the command line knows it; its file is loaded when it is called, so that each verb starts quickly. */
export interface VerbEntry {
  /** `config check`. */
  readonly name: string;
  readonly summary: string;
  readonly options?: readonly (readonly [flags: string, help: string])[];
  readonly load: () => Promise<
    (options: Record<string, string & true>, context: CliContext) => VerbResult | Promise<VerbResult>
  >;
}

export const verbs: readonly VerbEntry[] = [
  {
    name: 'db start',
    summary: 'start the embedded database and leave it running; prints its URL',
    load: async () => (await import('./db-start.ts')).dbStart,
  },
  {
    name: 'db stop',
    summary: 'stop the embedded database',
    load: async () => (await import('./db-stop.ts')).dbStop,
  },
  {
    name: 'db url',
    summary: 'print the URL of the embedded database',
    load: async () => (await import('./db-url.ts')).dbUrl,
  },
  {
    name: 'db reset',
    summary: 'delete the embedded database with all its rows',
    options: [['--yes', 'really delete it']],
    load: async () => (await import('./db-reset.ts')).dbReset,
  },
  {
    name: 'config check',
    summary: 'report every fault of the configuration at once',
    load: async () => (await import('./config-check.ts')).configCheck,
  },
  {
    name: 'config show',
    summary: 'print every effective value with its origin; of a secret its length',
    load: async () => (await import('./config-show.ts')).configShow,
  },
  {
    name: 'generate secret',
    summary: 'print a new secret for JWT_SECRET or AUTH_SECRET',
    options: [['--bytes <number>', 'random bytes, 48 to 1024 (default: 64)']],
    load: async () => (await import('./generate-secret.ts')).generateSecret,
  },
  {
    name: 'skills check',
    summary: 'check that every file follows the skill that owns it',
    load: async () => (await import('./skills-check.ts')).skillsCheck,
  },
];

/** What each group of verbs is about. */
const groups: Readonly<Record<string, string>> = {
  db: 'the embedded database of development',
  config: 'the configuration',
  generate: 'make new values',
  skills: 'the rules that the code follows',
};

export type RunVerb = (entry: VerbEntry, options: Record<string, string & true>) => Promise<void>;

/** The command line as a tree of commands; `run` is called with the verb that was asked for. */
export function createProgram(run: RunVerb): Command {
  const program = new Command('stanchion')
    .description('Runs and looks after this API backend.')
    .addOption(new Option('--json', 'print one JSON object: {schema_version, command, ok, data, findings}'))
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('Run it with --help to see what it takes.')
    .addHelpText('after', `\n${renderExitCodes()}`);
  for (const entry of verbs) {
    const [group = '', verb] = entry.name.split(' ');
    const parent = verb === undefined ? program : findOrAddGroup(program, group);
    const command = parent
      .command(verb ?? group)
      .description(entry.summary)
      .allowExcessArguments(false);
    for (const [flags, help] of entry.options ?? []) command.option(flags, help);
    command.action((options: Record<string, string & true>) => run(entry, options));
  }
  return program;
}

export function renderExitCodes(): string {
  const rows = Object.values(exitCodes).map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`);
  return `Exit codes:\n${rows.join('\n')}`;
}

function findOrAddGroup(program: Command, name: string): Command {
  const found = program.commands.find((command) => command.name() === name);
  return found ?? program.command(name).description(groups[name] ?? '');
}
