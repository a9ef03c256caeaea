import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { journalSql } from '../journal.ts';
import type { Revision, Step } from '../revision.ts';
import { scanSql, splitStatements } from '../sql-lexer.ts';
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
    `JOURNAL_STATEMENTS = ${toPython(statementsOf(journalSql(settings.journalSchema)))}`,
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
    up: revision.up.map((step) => describe(step, text)),
    down: revision.down === null ? null : revision.down.map((step) => describe(step, text)),
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

function describe(step: Step, text: string): PythonValue {
  const { name, mode, checksum } = step;
  const base = { name, mode, checksum, statements: rangesOf(step, text) };
  if (step.mode === 'tx') return base;
  if (step.mode === 'batch') {
    return { ...base, table: step.table, key: step.key, size: step.size, pause_ms: step.pauseMs };
  }
  const { probed } = step;
  // Of the others the shim knows no probe: after a crash it runs them again, and PostgreSQL says what it finds.
  if (probed.kind !== 'create_index' && probed.kind !== 'drop_index') return { ...base, index: null };
  const nameOf = (one: { schema: string | undefined; name: string }) => ({
    schema: one.schema ?? null,
    name: one.name,
  });
  return probed.kind === 'drop_index'
    ? { ...base, index: { kind: probed.kind, index: nameOf(probed.index) } }
    : { ...base, index: { kind: probed.kind, index: probed.index, table: nameOf(probed.table) } };
}

/** Where each statement is in the file. Python counts code points, JavaScript UTF-16 units. */
function rangesOf(step: Step, text: string): number[][] {
  const start = offsetOfLine(text, step.line);
  if (!text.startsWith(step.sql, start)) throw new TypeError(`step ${step.name} is not where it was parsed`);
  const count = (to: number): number => Array.from(text.slice(0, start + to)).length;
  return splitStatements(scanSql(step.sql).tokens).map((statement) => [count(statement.start), count(statement.end)]);
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

function statementsOf(sql: string): string[] {
  return splitStatements(scanSql(sql).tokens).map(({ start, end }) => sql.slice(start, end));
}

async function readPython(name: string): Promise<string> {
  return readFile(join(import.meta.dirname, 'python', name), 'utf8');
}
