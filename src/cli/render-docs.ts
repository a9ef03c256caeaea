import { exitCodes } from './exit-codes.ts';
import { verbs } from './program.ts';

/** The text of docs/cli.md. */
export function renderCliDocs(): string {
  const rows = verbs.map(({ name, summary, options = [] }) => {
    const flags = options.map(([flag, help]) => `\`${flag}\` ${help}`).join('<br>');
    return `| \`${name}\` | ${summary} | ${flags} |`;
  });
  const codes = Object.values(exitCodes).map(({ code, meaning }) => `| ${code} | ${meaning} |`);
  return `${introduction}
| verb | what it does | options |
|---|---|---|
${rows.join('\n')}

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
`;
