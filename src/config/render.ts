import { defaultFor, type Variable } from './variable.ts';
import { type VariableGroup, variableGroups } from './variables.ts';

/** The text of docs/config.md. */
export function renderConfigDocs(): string {
  return `${docsIntroduction}\n${variableGroups.map(renderGroup).join('\n')}`;
}

/** The text of .env.example. Every line is commented out, so that a copy of it changes nothing. */
export function renderEnvExample(): string {
  return `${exampleIntroduction}\n${variableGroups.map(renderExampleGroup).join('\n')}`;
}

const docsIntroduction = `# Configuration

<!-- Generated from src/config/variables.ts by \`npm run generate\`. -->

\`./stanchion config check\` reports every fault at once; \`./stanchion config show\` prints every effective value with where it
came from. A faulty configuration ends every command with exit code 78.

**Sources**, strongest first: command line options, the process environment, \`.env.<environment>.local\`, \`.env.local\` (not in
test), \`.env.<environment>\`, \`.env\`. The files are those of the project's folder. An empty value means the default.

**Mounted secrets**: \`NAME_FILE\` names a file whose content is the value of \`NAME\`. Setting both is a fault.

**Aliases**: an alias is read where the variable's own name is not set by the same source. A secret under two names with two
values is a fault.

**.env files**: \`NAME=value\` lines, \`export\` allowed, \`#\` comments. Single quotes are literal; double quotes know \\n, \\t, \\", \\\\ and may
hold line breaks. Nothing is expanded: a \`$\` is a \`$\`.

**Units** are in the names; a number may also carry one: \`15s\`, \`1MiB\`.

**Secrets** are never printed, and are removed from the process environment once they are read.

**In production** these are refused: a missing or weak secret (under 64 characters, of low variety, or a known default), the
embedded database, a URL that allows an unencrypted or unverified connection to a remote database (unless
\`DATABASE_ALLOW_INSECURE_TLS=on\`), \`*\` or \`null\` among the allowed origins, rate limits that are off. A number of hops as trusted
proxy is refused everywhere.

**Between variables**: DATABASE_ACQUIRE_TIMEOUT_MS < DATABASE_LOCK_TIMEOUT_MS < DATABASE_STATEMENT_TIMEOUT_MS <
DATABASE_QUERY_TIMEOUT_MS < DATABASE_IDLE_IN_TRANSACTION_TIMEOUT_MS < HANDLER_TIMEOUT_MS < REQUEST_TIMEOUT_MS;
HEADERS_TIMEOUT_MS ≤ REQUEST_TIMEOUT_MS; DRAIN_DELAY_MS < SHUTDOWN_TIMEOUT_MS; ACCESS_TOKEN_SECONDS < REFRESH_IDLE_SECONDS ≤
REFRESH_ABSOLUTE_SECONDS.
`;

const exampleIntroduction = `# What can be set, with the defaults of development. Generated from src/config/variables.ts by \`npm run generate\`.
# Copy it to .env and remove the # of the lines that you change. docs/config.md says more.
`;

function renderGroup({ title, variables }: VariableGroup): string {
  const rows = Object.entries(variables).map(([name, entry]) => {
    const names = [`\`${name}\``, ...(entry.aliases ?? []).map((alias) => `also \`${alias}\``)].join('<br>');
    const type = `${entry.kind.accepts}${entry.secret === true ? ' (secret)' : ''}`;
    return `| ${names} | ${cell(type)} | ${renderDefaults(entry)} | ${cell(entry.help)} |`;
  });
  return `## ${title}\n\n| variable | value | default | meaning |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

function renderDefaults(entry: Variable): string {
  const development = renderDefault(defaultFor(entry, 'development'), entry);
  const test = renderDefault(defaultFor(entry, 'test'), entry);
  const production = renderDefault(defaultFor(entry, 'production'), entry);
  if (development === test && test === production) return development;
  if (development === test) return `${production} in production, else ${development}`;
  if (test === production) return `${development} in development, else ${production}`;
  if (development === production) return `${test} in test, else ${development}`;
  return `${development} in development, ${test} in test, ${production} in production`;
}

function renderDefault(text: string | null, entry: Variable): string {
  if (text === null) return cell(entry.withoutDefault ?? 'none');
  return text === '' ? 'empty' : `\`${text}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function renderExampleGroup({ title, variables }: VariableGroup): string {
  const blocks = Object.entries(variables).map(([name, entry]) => {
    const value = entry.example ?? defaultFor(entry, 'development') ?? '';
    return `${wrap(entry.help)}\n# ${name}=${value}\n`;
  });
  return `# --- ${title} ---\n\n${blocks.join('\n')}`;
}

function wrap(help: string): string {
  const lines: string[] = [''];
  for (const word of help.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + word.length > 115) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.map((line) => `# ${line}`).join('\n');
}
