import type { Command } from 'commander';
import type { VerbEntry } from './verb.ts';

/** Called with the verb that was asked for, and its options and arguments by name. */
export type RunEntry = (entry: VerbEntry, options: never) => Promise<void>;

/** Adds a command for each verb, with groups for those of two words. */
export function addCommands(parent: Command, entries: readonly VerbEntry[], run: RunEntry): void {
  for (const entry of entries) {
    const command = commandOf(parent, entry.name).description(entry.description).allowExcessArguments(false);
    for (const [syntax, description] of entry.arguments ?? []) command.argument(syntax, description);
    for (const [flags, description] of entry.required ?? []) command.requiredOption(flags, description);
    for (const [flags, description] of entry.options ?? []) command.option(flags, description);
    command.action(async () => run(entry, optionsOf(command)));
  }
}

function commandOf(parent: Command, name: string): Command {
  const [first = '', ...rest] = name.split(' ');
  if (rest.length === 0) return parent.command(first);
  const group = parent.commands.find((one) => one.name() === first) ?? parent.command(first);
  return commandOf(group, rest.join(' '));
}

/** Commander has no type for them. */
function optionsOf(command: Command): never {
  for (const [index, argument] of command.registeredArguments.entries()) {
    command.setOptionValue(argument.name(), command.processedArgs[index]);
  }
  return command.opts<never>();
}
