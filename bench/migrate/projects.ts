import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Change } from './statements.ts';
import type { ProcessToTime } from './timed-process.ts';

/** One of the tools, with the same changes in its own files. */
export interface Contender {
  readonly name: string;
  /** From an empty database to the last revision, one transaction a revision. */
  upgrade(url: string): ProcessToTime;
  /** Says where the database is; where a tool has no such verb, the nearest one that changes nothing. */
  current(url: string): ProcessToTime;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

export async function writeOurs(folder: string, changes: readonly Change[]): Promise<Contender> {
  await writeRevisions(folder, changes);
  const bin = join(root, 'packages', 'migrate', 'bin', 'stanchion-migrate.mjs');
  const verb = (url: string, ...words: string[]): ProcessToTime => ({
    ...{ command: process.execPath, args: [bin, '--folder', folder, ...words] },
    ...{ cwd: dirname(folder), env: { DATABASE_URL: url } },
  });
  return { name: 'ours', upgrade: (url) => verb(url, 'upgrade'), current: (url) => verb(url, 'current') };
}

/** Revision files of ours; each `up` may be several statements. */
export async function writeRevisions(folder: string, changes: readonly Partial<Change>[]): Promise<string[]> {
  await makeAnew(folder);
  const files: string[] = [];
  for (const [index, { up = '', down }] of changes.entries()) {
    const lines = [
      `-- stanchion:revision ${idOf(index)}`,
      `-- stanchion:down_revision [${index === 0 ? '' : idOf(index - 1)}]`,
      '-- stanchion:phase expand',
      `-- stanchion:summary change ${index}`,
      ...['-- stanchion:up', '-- stanchion:step change mode=tx', `${up};`],
      ...(down === undefined ? [] : ['-- stanchion:down', '-- stanchion:step back mode=tx', `${down};`]),
    ];
    const file = join(folder, `${idOf(index)}_change_${index}.sql`);
    await writeFile(file, `${lines.join('\n')}\n`);
    files.push(file);
  }
  return files;
}

/** `python`: of a virtual environment with Alembic and psycopg2, SQLAlchemy's default driver. */
export async function writeAlembic(folder: string, changes: readonly Change[], python: string): Promise<Contender> {
  const versions = join(folder, 'alembic', 'versions');
  await makeAnew(versions);
  const ini = join(folder, 'alembic.ini');
  await writeFile(ini, '[alembic]\nscript_location = %(here)s/alembic\npath_separator = os\n');
  await writeFile(join(folder, 'alembic', 'env.py'), envText);
  for (const [index, change] of changes.entries()) {
    await writeFile(join(versions, `${idOf(index)}_change_${index}.py`), pythonText(index, change));
  }
  const verb = (url: string, ...words: string[]): ProcessToTime => ({
    ...{ command: python, args: ['-m', 'alembic', '-c', ini, ...words] },
    ...{ cwd: folder, env: { DATABASE_URL: url } },
  });
  return { name: 'alembic', upgrade: (url) => verb(url, 'upgrade', 'head'), current: (url) => verb(url, 'current') };
}

export async function writeNodePgMigrate(folder: string, changes: readonly Change[]): Promise<Contender> {
  const migrations = join(folder, 'migrations');
  await makeAnew(migrations);
  for (const [index, { up, down }] of changes.entries()) {
    const text = `-- Up Migration\n${up};\n-- Down Migration\n${down};\n`;
    await writeFile(join(migrations, `${firstTimestamp + index}_change-${index}.sql`), text);
  }
  const bin = join(root, 'node_modules', 'node-pg-migrate', 'bin', 'node-pg-migrate.js');
  const up = (url: string): ProcessToTime => ({
    command: process.execPath,
    args: [bin, 'up', '--no-single-transaction', '--migrations-dir', migrations],
    ...{ cwd: folder, env: { DATABASE_URL: url } },
  });
  // Of its verbs, `up` with nothing left to do is the one that reads and says what the database has.
  return { name: 'node-pg-migrate', upgrade: up, current: up };
}

const firstTimestamp = 1_700_000_000_000;

async function makeAnew(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}

function idOf(index: number): string {
  return (0xa00000000000 + index).toString(16);
}

/** Alembic's own template, without logging; a transaction for each revision, as the others have it. */
const envText = `import os

from alembic import context
from sqlalchemy import create_engine, pool

engine = create_engine(os.environ["DATABASE_URL"], poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
`;

function pythonText(index: number, { up, down }: Change): string {
  return `"""change ${index}"""
from alembic import op

revision = "${idOf(index)}"
down_revision = ${index === 0 ? 'None' : `"${idOf(index - 1)}"`}
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(${JSON.stringify(up)})


def downgrade() -> None:
    op.execute(${JSON.stringify(down)})
`;
}
