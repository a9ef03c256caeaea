import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { preparePython } from '../../../../tests/support/python-environment.ts';
import { envSnippet, loadRevisions, type RevisionGraph, writeStubs } from '../../src/index.ts';
import type { TestDatabase } from '../support/database.ts';
import { fileName, type RevisionParts, revisionText } from '../support/revisions.ts';

export interface PythonParts {
  id: string;
  down?: string | readonly string[];
  up?: string;
  revert?: string;
  /** Lines at the top of upgrade(), Python. */
  before?: string;
}

export interface AlembicRun {
  code: number;
  output: string;
}

/** A repository in which Python's Alembic and our revisions live beside each other. */
export interface Project {
  root: string;
  /** Our revisions. */
  folder: string;
  versions: string;
  load(): Promise<RevisionGraph>;
  alembic(...words: string[]): Promise<AlembicRun>;
  addPython(parts: PythonParts): Promise<void>;
  addSql(parts: RevisionParts): Promise<void>;
  writeStubs(after?: readonly string[]): Promise<void>;
}

export interface ProjectOptions {
  database: Pick<TestDatabase, 'config'>;
  /** env.py takes our lock. */
  lock?: boolean;
  /** SQLAlchemy's. Default psycopg. */
  driver?: 'psycopg' | 'psycopg2' | 'asyncpg';
  python?: readonly PythonParts[];
  sql?: readonly RevisionParts[];
  /** Our folder knows Python's. Default true. */
  isShared?: boolean;
  /** Alembic is configured in a pyproject.toml, and there is no alembic.ini. */
  isToml?: boolean;
}

/** Removed after the test. Throws PythonMissing. */
export async function createProject(t: TestContext, options: ProjectOptions): Promise<Project> {
  const python = await preparePython('Alembic', join(import.meta.dirname, 'requirements.txt'));
  const root = await mkdtemp(join(tmpdir(), 'stanchion-alembic-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const [folder, versions] = [join(root, 'migrations'), join(root, 'backend/alembic/versions')];
  await mkdir(folder);
  await mkdir(versions, { recursive: true });
  const configuration = options.isToml === true ? 'pyproject.toml' : 'alembic.ini';
  const ini = join(root, 'backend', configuration);
  const text =
    options.isToml === true
      ? '[tool.alembic]\nscript_location = "%(here)s/alembic"\n'
      : '[alembic]\nscript_location = %(here)s/alembic\npath_separator = os\n';
  await writeFile(ini, text);
  await writeFile(join(root, 'backend/alembic/env.py'), await envText(options));
  const command = [python, '-m', 'alembic', '-c', ini];
  if (options.isShared !== false) {
    await writeFile(join(folder, 'alembic.json'), JSON.stringify({ ini: `../backend/${configuration}`, command }));
  }
  const project: Project = {
    root,
    folder,
    versions,
    load: async () => loadRevisions(folder),
    alembic: async (...words) => run(command, words),
    addPython: async (parts) => writeFile(join(versions, `${parts.id}_python.py`), pythonText(parts)),
    addSql: async (parts) => writeFile(join(folder, fileName(parts.id)), revisionText(parts)),
    async writeStubs(after) {
      const where = options.isShared === false ? { out: versions } : {};
      await writeStubs(await loadRevisions(folder), folder, { ...where, ...(after === undefined ? {} : { after }) });
    },
  };
  for (const parts of options.python ?? []) await project.addPython(parts);
  for (const parts of options.sql ?? []) await project.addSql(parts);
  return project;
}

async function run([program = '', ...first]: readonly string[], words: readonly string[]): Promise<AlembicRun> {
  return new Promise((resolve) => {
    execFile(program, [...first, ...words], { timeout: 120_000 }, (error, stdout, stderr) => {
      const code = typeof error?.code === 'number' ? error.code : error ? -1 : 0;
      resolve({ code, output: `${stdout}${stderr}` });
    });
  });
}

async function envText({ database, lock = false, driver = 'psycopg' }: ProjectOptions): Promise<string> {
  const snippet = lock ? await envSnippet({ journalSchema: 'stanchion', searchPath: ['public'] }) : '';
  const url = JSON.stringify(urlOf(database, driver));
  const online =
    driver === 'asyncpg'
      ? `    async def main():
        engine = create_async_engine(${url}, poolclass=pool.NullPool)
        async with engine.connect() as connection:
            await connection.run_sync(run)
        await engine.dispose()

    asyncio.run(main())`
      : `    with create_engine(${url}, poolclass=pool.NullPool).connect() as connection:
        run(connection)`;
  return `
import asyncio

from alembic import context
from sqlalchemy import create_engine, pool
from sqlalchemy.ext.asyncio import create_async_engine
${snippet}

def run(connection):
    ${lock ? 'hold_migration_lock(connection)' : 'pass'}
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    context.configure(url=${url}, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
${online}
`;
}

function urlOf({ config }: Pick<TestDatabase, 'config'>, driver: string): string {
  const { host = '', port = 5432, user = '', password, database = '' } = config;
  const secret = typeof password === 'string' ? `:${encodeURIComponent(password)}` : '';
  return `postgresql+${driver}://${user}${secret}@/${database}?host=${encodeURIComponent(host)}&port=${port}`;
}

function pythonText({ id, down, up = 'SELECT 1', revert = 'SELECT 1', before = 'pass' }: PythonParts): string {
  const parents =
    down === undefined
      ? 'None'
      : typeof down === 'string'
        ? JSON.stringify(down)
        : `(${down.map((one) => `${JSON.stringify(one)},`).join(' ')})`;
  return `"""python ${id}"""
from typing import Sequence, Union
from alembic import op

revision: str = "${id}"
down_revision: Union[str, Sequence[str], None] = ${parents}
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    ${before}
    op.execute(${JSON.stringify(up)})


def downgrade() -> None:
    op.execute(${JSON.stringify(revert)})
`;
}
