import type { LintRule } from './rule.ts';
import { lintRules } from './rule-table.ts';

const docs = 'https://www.postgresql.org/docs/current/';

/** The table of rules as Markdown, for people. */
export function renderRules(): string {
  const head = `# Rules of \`migrate lint\`

${lintRules.length} rules, for up and down sections alike. An error ends the command with exit code 1; \`--fail-on\` moves that line. A rule
whose cost grows with the table (marked *rows*) is a notice where the table is known to be small: \`--database\`, \`--sizes\`, \`--small\`. A
table that the same section creates is nobody else's yet, and most rules let it be.

A finding that is right and wanted is accepted on the line of its step, with a reason; one acceptance may name several rules, and one
that nothing needs is a finding itself:

\`\`\`sql
-- stanchion:step trigger mode=tx accept="ST070: for an instant; old code does not know the column" accept=ST095:measured
\`\`\`

\`s:\` and \`r:\` are the names that squawk and strong_migrations have for the same. Of theirs, some need no rule here: the runner owns
transactions and pins \`lock_timeout\`, \`statement_timeout\`, \`search_path\` and \`TimeZone\` for every step (require-lock-timeout,
require-statement-timeout, require-table-schema, transaction-nesting, ban-uncommitted-transaction), a CONCURRENTLY in a transactional
step and a name longer than 63 bytes are refused when the file is read (ban-concurrent-index-creation-in-transaction,
identifier-too-long), and the journal knows what was done
(prefer-robust-stmts). DROP NOT NULL (ban-drop-not-null) and DROP DEFAULT take a lock for an instant and break no statement of old code.

| Rule | | Severity | Lock | Known as |
|---|---|---|---|---|
${lintRules.map(renderRow).join('\n')}
`;
  return `${head}\n${lintRules.map(renderRule).join('\n')}`;
}

function renderRow({ id, name, severity, lock, known, growsWithRows }: LintRule): string {
  const rows = growsWithRows ? ', *rows*' : '';
  return `| [${id}](#${id.toLowerCase()}-${name}) | ${name} | ${severity}${rows} | ${lock} | ${(known ?? []).join(', ')} |`;
}

function renderRule(rule: LintRule): string {
  const { id, name, problem, lock, blocks, safe, example, page } = rule;
  return `## ${id} ${name}
${problem}

- Lock: ${lock}
- Waits or breaks: ${blocks}
- Instead: ${safe}
- PostgreSQL: [${page}](${docs}${page})

\`\`\`sql
${example}
\`\`\`
`;
}
