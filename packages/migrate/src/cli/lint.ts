import { readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { loadRevisions } from '../folder.ts';
import type { RevisionGraph } from '../graph.ts';
import { history } from '../history.ts';
import type { DatabaseFacts } from '../lint/database-facts.ts';
import { lintRevisions, measuredServers } from '../lint/lint.ts';
import type { LintFinding, LintOptions, LintReport } from '../lint/report.ts';
import type { MeasureReport } from '../measure/report.ts';
import type { ShadowOptions } from '../shadow/shadow.ts';
import { CliError, type CliFinding, type MigrateContext, type VerbResult } from './verb.ts';

export interface LintVerbOptions {
  /** `a:b`: only these are reported. */
  readonly range?: string;
  readonly serverVersion?: string;
  /** Version and sizes are the configured database's. */
  readonly database?: boolean;
  /** A JSON file: table → rows. */
  readonly sizes?: string;
  readonly small?: string;
  readonly measure?: boolean;
  readonly failOn?: string;
}

export type LintData = LintReport & { measured?: MeasureReport };

const severities = ['error', 'warning', 'notice'] as const;

/** Every finding of the lint, in up and down sections. Exit `findings` when one is as bad as --fail-on says. Throws MigrationError. */
export async function lintVerb(options: LintVerbOptions, context: MigrateContext): Promise<VerbResult<LintData>> {
  const graph = await loadRevisions(context.folder);
  const lint = await readOptions(options, graph, context);
  const measured = options.measure === true ? await measure(options, graph, context) : undefined;
  context.beforeParsing?.();
  const report = await lintRevisions(graph, { ...lint, ...(measured ? { measured } : {}) });
  const least = severities.indexOf(severityOf(options.failOn));
  const fails = report.findings.some(({ severity }) => severities.indexOf(severity) <= least);
  return {
    data: { ...report, ...(measured ? { measured } : {}) },
    text: [...renderMeasured(measured, lint.only), ...renderNotices(report, context), renderSum(report)].join('\n'),
    findings: report.findings.flatMap((finding) => toFinding(finding, context)),
    exit: fails ? 'findings' : 'ok',
  };
}

async function readOptions(
  options: LintVerbOptions,
  graph: RevisionGraph,
  context: MigrateContext,
): Promise<LintOptions> {
  const only = options.range === undefined ? undefined : history(graph, options.range).map(({ revision }) => revision);
  const facts = options.database === true ? await readFacts(context) : undefined;
  const version = options.serverVersion === undefined ? facts?.serverVersion : majorVersion(options.serverVersion);
  const tableRows = options.sizes === undefined ? facts?.tableRows : readSizes(resolve(context.cwd, options.sizes));
  const [defaultSchema] = context.settings.searchPath ?? [];
  return {
    ...(version === undefined ? {} : { serverVersion: version }),
    ...(tableRows === undefined ? {} : { tableRows }),
    ...(options.small === undefined ? {} : { smallTableRows: wholeNumber('--small', options.small) }),
    ...(only === undefined ? {} : { only: new Set(only) }),
    ...(defaultSchema === undefined ? {} : { defaultSchema }),
  };
}

/** What speaks with a server is loaded where one was named: most lints read files alone. */
async function readFacts(context: MigrateContext): Promise<DatabaseFacts> {
  const [{ readDatabaseFacts }, { withSession }] = await Promise.all([
    import('../lint/database-facts.ts'),
    import('./session.ts'),
  ]);
  return context.withConnection(async (connection) => withSession(connection, readDatabaseFacts));
}

/** On the configured database's server when that was asked for, else on binaries of the version. */
async function measure(
  options: LintVerbOptions,
  graph: RevisionGraph,
  context: MigrateContext,
): Promise<MeasureReport> {
  const [{ measureRevisions }, { withShadow }] = await Promise.all([
    import('../measure/measure.ts'),
    import('../shadow/shadow.ts'),
  ]);
  const run = async (shadowOptions: ShadowOptions): Promise<MeasureReport> =>
    withShadow(shadowOptions, async (shadow) => {
      const { connection } = await shadow.createDatabase();
      const { journalSchema, searchPath } = context.settings;
      return measureRevisions(graph, {
        connection,
        ...(journalSchema === undefined ? {} : { journalSchema }),
        ...(searchPath === undefined ? {} : { searchPath }),
      });
    });
  if (options.database === true) return context.withConnection(async (connection) => run({ connection }));
  return run({
    majorVersion: options.serverVersion === undefined ? measuredServers.oldest : majorVersion(options.serverVersion),
  });
}

function severityOf(text = 'error'): (typeof severities)[number] {
  const found = severities.find((one) => one === text);
  if (!found) throw new CliError('usage', `--fail-on is ${severities.join(', ')}`, 'take one of them');
  return found;
}

/** Also as the server has it in `server_version_num`. A version that no rule knows would be linted as another one. */
function majorVersion(text: string): number {
  const { oldest, newest } = measuredServers;
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  const major = value >= 10_000 ? Math.trunc(value / 10_000) : value;
  if (major >= oldest && major <= newest) return major;
  throw new CliError(
    'usage',
    `--server-version is a major version of PostgreSQL from ${oldest} to ${newest}, not ${JSON.stringify(text)}`,
    `take the oldest that this runs on; for a newer one, ${newest}`,
  );
}

function wholeNumber(flag: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new CliError('usage', `${flag} is a whole number`, `mend ${flag}`);
  return value;
}

function readSizes(file: string): Map<string, number> {
  const fix = `write an object of tables and their rows, such as {"public.orders": 2000000}, into ${file}`;
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new CliError('usage', `${file}: ${error instanceof Error ? error.message : String(error)}`, fix);
  }
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const rows = new Map(entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number'));
  if (rows.size === 0 || rows.size < entries.length) throw new CliError('usage', `${file} holds no sizes`, fix);
  return rows;
}

function placeOf({ file, line, column }: LintFinding, { cwd, folder }: MigrateContext): string {
  return `${relative(cwd, join(folder, file))}:${line}:${column}`;
}

/** Notices are told in the text: they ask for nothing. */
function toFinding(finding: LintFinding, context: MigrateContext): CliFinding[] {
  const { rule, severity, message, safe, example } = finding;
  if (severity === 'notice') return [];
  const fix = `${safe}\n${example
    .split('\n')
    .map((line) => `         ${line}`)
    .join('\n')}`;
  const verify = `${context.program} lint`;
  return [{ id: rule, severity, evidence: placeOf(finding, context), cause: `${rule} ${message}`, fix, verify }];
}

function renderNotices({ findings }: LintReport, context: MigrateContext): string[] {
  return findings
    .filter(({ severity }) => severity === 'notice')
    .map((finding) => `${placeOf(finding, context)}: ${finding.rule} ${finding.message}`);
}

function renderSum(report: LintReport): string {
  const count = (amount: number, what: string): string => `${amount} ${what}${amount === 1 ? '' : 's'}`;
  const read = `${count(report.statements, 'statement')} of ${count(report.revisions, 'revision')}, for PostgreSQL ${report.serverVersion}`;
  const found = [count(report.errors, 'error'), count(report.warnings, 'warning'), count(report.notices, 'notice')];
  const sum = `${read}: ${found.join(', ')}; ${count(report.waived.length, 'finding')} accepted with a reason`;
  const unread = report.unread.length === 0 ? [] : [`not read, because Alembic runs them: ${report.unread.join(', ')}`];
  return [sum, ...unread].join('\n');
}

function renderMeasured(measured: MeasureReport | undefined, only: ReadonlySet<string> | undefined): string[] {
  return (measured?.statements ?? []).flatMap((one) => {
    if (only && !only.has(one.revision)) return [];
    const locks = one.locks.map(({ table, lock }) => `${table} ${lock}`);
    const costs = (['rewritten', 'indexed', 'scanned'] as const).flatMap((cost) =>
      one[cost].length === 0 ? [] : [`${cost} ${one[cost].join(', ')}`],
    );
    if (locks.length + costs.length === 0) return [];
    return [`${one.revision} ${one.direction} ${one.step}.${one.statement + 1}: ${[...locks, ...costs].join('; ')}`];
  });
}
