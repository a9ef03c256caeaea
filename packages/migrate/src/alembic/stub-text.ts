import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { archiveSql } from '../archive/install.ts';
import { MigrationError } from '../errors.ts';
import { journalSql } from '../journal.ts';
import { checkText, lossText } from '../offline/loss-text.ts';
import type { ProbedStatement } from '../probed-statements.ts';
import type { Direction, Revision, Step } from '../revision.ts';
import { scanSql, splitStatements } from '../sql-lexer.ts';
import type { QualifiedName } from '../sql-statements.ts';
import { stubMark } from './parse-python-revision.ts';
import { type PythonValue, toPython } from './python-literal.ts';

export interface StubSettings {
  journalSchema: string;
  searchPath: readonly string[];
}

export const helperName = 'stanchion_steps.py';

const notice = 'Written by `alembic-stubs`; do not edit.';

/** The module that all stubs share: the lock, the journal and the steps, for Alembic. */
export async function helperText(settings: StubSettings): Promise<string> {
  return [
    `"""Runs Stanchion's SQL revisions under Alembic. ${notice}"""`,
    ...constants(settings),
    `JOURNAL_STATEMENTS = ${toPython(split(journalSql(settings.journalSchema)))}`,
    `ARCHIVE_STATEMENTS = ${toPython(split(archiveSql(settings.journalSchema)))}`,
    '',
    await readPython('migration_lock.py'),
    await readPython('run_steps.py'),
  ].join('\n');
}

/** For an env.py: the function that takes the runner's lock. */
export async function envSnippet(settings: StubSettings): Promise<string> {
  return [
    '# One migration at a time, whichever tool runs it: put this into env.py, and call it before context.configure():',
    '#     with connectable.connect() as connection:',
    '#         hold_migration_lock(connection)',
    '#         context.configure(connection=connection, target_metadata=target_metadata)',
    ...constants(settings).slice(0, 1),
    '',
    await readPython('migration_lock.py'),
  ].join('\n');
}

export interface StubSource {
  revision: Revision;
  /** The file's text without byte order mark and carriage returns. */
  text: string;
  /** From the stub's folder, with slashes. */
  sqlPath: string;
  helperPath: string;
  /** What Alembic is told to be its parents. */
  parents: readonly string[];
}

/** The stand-in by which Alembic knows a SQL revision and can run it. */
export function stubText({ revision, text, sqlPath, helperPath, parents }: StubSource): string {
  const { id, labels, dependsOn, phase, summary, adoptTables, checksum } = revision;
  const about: PythonValue = {
    id,
    file: sqlPath,
    checksum,
    parents: revision.parents,
    depends_on: dependsOn,
    phase,
    summary,
    adopt_tables: adoptTables,
    checks: { up: checksOf(revision, 'up'), down: checksOf(revision, 'down') },
    up: revision.up.map((step) => describe({ revision, text, direction: 'up' }, step)),
    down: revision.down?.map((step) => describe({ revision, text, direction: 'down' }, step)) ?? null,
  };
  return [
    `"""${summary.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}`,
    '',
    `Revision ${id} is a SQL file; this lets Alembic run it. ${notice}`,
    '"""',
    'import importlib.util',
    'import pathlib',
    '',
    `revision = ${toPython(id)}`,
    `down_revision = ${names(parents)}`,
    `branch_labels = ${names(labels)}`,
    `depends_on = ${names(dependsOn)}`,
    '',
    `${stubMark} = ${toPython(sqlPath)}`,
    '',
    `REVISION = ${toPython(about)}`,
    '',
    '',
    'def _run(direction):',
    `    path = pathlib.Path(__file__).parent / ${toPython(helperPath)}`,
    '    spec = importlib.util.spec_from_file_location("stanchion_steps", path)',
    '    steps = importlib.util.module_from_spec(spec)',
    '    spec.loader.exec_module(steps)',
    '    steps.run(__file__, REVISION, direction)',
    '',
    '',
    'def upgrade():',
    '    _run("up")',
    '',
    '',
    'def downgrade():',
    '    _run("down")',
    '',
  ].join('\n');
}

interface StepPlace {
  revision: Revision;
  text: string;
  direction: Direction;
}

function describe(place: StepPlace, step: Step): PythonValue {
  const { name, mode, checksum } = step;
  const base = { name, mode, checksum, ...guardsOf(place, step), statements: statementsOf(place, step) };
  if (step.mode === 'tx') return base;
  if (step.mode === 'batch') {
    return { ...base, table: step.table, key: step.key, size: step.size, pause_ms: step.pauseMs };
  }
  return { ...base, probed: describeProbed(step.probed) };
}

/** What refuses a loss of rows, as in a script; what only the runner can count, or run, is left to it. */
function guardsOf(place: StepPlace, step: Step): { guards: string[]; only_runner?: string } {
  if (step.code) return { guards: [], only_runner: 'it is code in TypeScript' };
  try {
    return { guards: lossText(place, step) };
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error;
    return { guards: [], only_runner: error.faults.map(({ message }) => message).join('; ') };
  }
}

function checksOf(revision: Revision, direction: Direction): string[] {
  return (revision.checks?.[direction] ?? []).map((check) => checkText(check));
}

/** What Python settles itself after a crash; the other kinds it leaves to the runner, and needs no more than their name. */
function describeProbed(probed: ProbedStatement): PythonValue {
  const nameOf = ({ schema, name }: QualifiedName): PythonValue => ({ schema: schema ?? null, name });
  if (probed.kind === 'create_index') return { kind: probed.kind, index: probed.index, table: nameOf(probed.table) };
  if (probed.kind === 'drop_index') return { kind: probed.kind, index: nameOf(probed.index) };
  return { kind: probed.kind };
}

/** Where each statement is in the file; what a TypeScript file computes stands nowhere, and is told itself. */
function statementsOf({ revision, text }: StepPlace, step: Step): PythonValue[] {
  const statements = splitStatements(scanSql(step.sql).tokens);
  if (!revision.file.endsWith('.sql')) return statements.map(({ start, end }) => step.sql.slice(start, end));
  const start = offsetOfLine(text, step.line);
  if (!text.startsWith(step.sql, start)) throw new TypeError(`step ${step.name} is not where it was parsed`);
  // Python counts code points, JavaScript UTF-16 units.
  const count = (to: number): number => Array.from(text.slice(0, start + to)).length;
  return statements.map((statement) => [count(statement.start), count(statement.end)]);
}

function offsetOfLine(text: string, line: number): number {
  let at = 0;
  for (let passed = 1; passed < line; passed += 1) at = text.indexOf('\n', at) + 1;
  return at;
}

function names(list: readonly string[]): string {
  const [only, ...others] = list;
  if (only === undefined) return 'None';
  return others.length === 0 ? toPython(only) : `(${list.map((one) => toPython(one)).join(', ')})`;
}

function constants({ journalSchema, searchPath }: StubSettings): string[] {
  return [`JOURNAL_SCHEMA = ${toPython(journalSchema)}`, `SEARCH_PATH = ${toPython(searchPath)}`];
}

function split(sql: string): string[] {
  return splitStatements(scanSql(sql).tokens).map(({ start, end }) => sql.slice(start, end));
}

async function readPython(name: string): Promise<string> {
  return readFile(join(import.meta.dirname, 'python', name), 'utf8');
}
