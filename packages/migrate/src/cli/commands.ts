import type { Command } from 'commander';
import { migrateExitCodes } from './exit-codes.ts';
import type { VerbEntry } from './verb.ts';

/** Called with the verb that was asked for, and its options and arguments by name. */
export type RunEntry = (entry: VerbEntry, options: never) => Promise<void>;

export interface Commands {
  readonly entries: readonly VerbEntry[];
  /** What people type before a verb, for the examples. */
  readonly program: string;
}

/** Adds a command for each verb, with groups for those of two words. */
export function addCommands(parent: Command, { entries, program }: Commands, run: RunEntry): void {
  for (const entry of entries) {
    const command = commandOf(parent, entry.name).description(entry.description).allowExcessArguments(false);
    for (const [syntax, description] of entry.arguments ?? []) command.argument(syntax, description);
    for (const [flags, description] of entry.required ?? []) command.requiredOption(flags, description);
    for (const [flags, description] of entry.options ?? []) command.option(flags, description);
    command.addHelpText('after', () => renderMore(entry, program));
    command.action(async () => run(entry, optionsOf(command)));
  }
}

/** What a group of verbs is about, in the help of its program. */
const groups: Readonly<Record<string, string>> = { archive: 'what was set aside instead of dropped' };

function commandOf(parent: Command, name: string): Command {
  const [first = '', ...rest] = name.split(' ');
  if (rest.length === 0) return parent.command(first);
  const group =
    parent.commands.find((one) => one.name() === first) ?? parent.command(first).description(groups[first] ?? '');
  return commandOf(group, rest.join(' '));
}

function renderMore({ name, examples, exits }: VerbEntry, program: string): string {
  const lines = examples.map((one) => `  ${[program, name, one].filter((part) => part !== '').join(' ')}`);
  const codes = exits
    .map((exit) => migrateExitCodes[exit])
    .toSorted((a, b) => a.code - b.code)
    .map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`);
  return `\nExamples:\n${lines.join('\n')}\n\nExit codes, of all verbs in ${program} --help:\n${codes.join('\n')}`;
}

/** Commander has no type for them. */
function optionsOf(command: Command): never {
  for (const [index, argument] of command.registeredArguments.entries()) {
    command.setOptionValue(argument.name(), command.processedArgs[index]);
  }
  return command.opts<never>();
}
