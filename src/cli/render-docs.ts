import type { Argument, Command } from 'commander';
import { exitCodes } from './exit-codes.ts';
import { createProgram, nameOf } from './program.ts';

/** The text of docs/cli.md. */
export function renderCliDocs(): string {
  const sorted = Object.values(exitCodes).toSorted((a, b) => a.code - b.code);
  const codes = sorted.map(({ code, meaning }) => `| ${code} | ${meaning} |`);
  return `${introduction}
| verb | what it does | options |
|---|---|---|
${listVerbs(createProgram(async () => {}))
  .map(renderVerb)
  .join('\n')}

## Exit codes

| code | meaning |
|---|---|
${codes.join('\n')}
`;
}

const introduction = `# The command line

<!-- Generated from src/cli/ by \`npm run generate\`. -->

\`./stanchion <verb>\` in the root folder runs a verb with the Node that package-lock.json pins, and installs what is missing.
Results go to stdout, everything else to stderr. Every verb takes \`--help\` and \`--json\`: one object
\`{schema_version, command, ok, data, findings}\`, where each finding has \`id\`, \`severity\`, \`evidence\`, \`cause\`, \`fix\` and \`verify\`.
Only \`serve\` writes its log to stdout, before its result.
`;

function renderArgument(argument: Argument): string {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
}

function listVerbs(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(listVerbs);
}

function renderVerb(command: Command): string {
  const options = command.options.map(({ flags, description }) => `\`${flags}\` ${description}`).join('<br>');
  const words = [nameOf(command), ...command.registeredArguments.map(renderArgument)].join(' ');
  return `| \`${words}\` | ${command.description()} | ${options} |`;
}
