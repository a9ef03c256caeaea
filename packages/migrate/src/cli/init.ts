import { mkdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { notWritable, writeNewFile } from '../write-new-file.ts';
import { configFileName } from './config.ts';
import { CliError, type MigrateContext, type VerbResult } from './verb.ts';

export interface InitOptions {
  /** Of the revisions, from the working directory. */
  readonly directory?: string;
  readonly dryRun?: boolean;
}

export interface InitData {
  /** Absolute, in the order in which they are written. */
  readonly files: readonly { path: string; text: string }[];
}

/** Writes a configuration file and a folder for revisions with a README. Throws CliError `refused` where one is there. */
export async function initVerb(options: InitOptions, context: MigrateContext): Promise<VerbResult<InitData>> {
  const { cwd } = context;
  const folder = options.directory === undefined ? context.folder : join(cwd, options.directory);
  const files = [
    { path: join(cwd, configFileName), text: configText(context, relative(cwd, folder) || '.') },
    { path: join(folder, 'README.md'), text: readmeText(basename(folder)) },
  ];
  for (const { path } of files) await refuseIfThere(path);
  if (options.dryRun !== true) {
    for (const { path, text } of files) await write(path, text);
    context.talk.say(`Next: set MIGRATION_DATABASE_URL, then ${context.program} revision -m "what it brings"`);
  }
  return { data: { files }, text: files.map(({ path }) => relative(cwd, path)).join('\n') };
}

async function refuseIfThere(path: string): Promise<void> {
  if (!(await isThere(path))) return;
  throw new CliError('refused', `${path} is there already; nothing was written.`, 'remove it, or go on with it');
}

async function write(path: string, text: string): Promise<void> {
  await makeFolder(dirname(path)).catch((error: unknown) => {
    throw notWritable(path, error);
  });
  await writeNewFile(path, text);
}

/** mkdir -p. Node's own never returns in a place like /proc, where mkdir(2) says ENOENT although the parent is there. */
async function makeFolder(path: string): Promise<void> {
  if (await isThere(path)) return;
  await makeFolder(dirname(path));
  await mkdir(path);
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function configText({ settings }: MigrateContext, folder: string): string {
  const { journalSchema = 'stanchion', searchPath = ['public'], ...others } = settings;
  return `${JSON.stringify({ folder, journalSchema, searchPath, ...others }, null, 2)}\n`;
}

function readmeText(name: string): string {
  return `# ${name}

One revision a file, \`<revision>_<slug>.sql\`. \`stanchion-migrate revision -m "…"\` writes the next one; fill in its two sections.

    -- stanchion:revision 7f3a9c21d0be
    -- stanchion:down_revision [dddd00000004]
    -- stanchion:phase expand
    -- stanchion:summary orders have a customer reference

    -- stanchion:up
    -- stanchion:step column mode=tx
    SELECT stanchion.take_back_column('orders', 'customer_ref', '7f3a9c21d0be');
    ALTER TABLE orders ADD COLUMN IF NOT EXISTS customer_ref text;

    -- stanchion:step by_ref mode=notx
    CREATE INDEX CONCURRENTLY orders_customer_ref_idx ON orders (customer_ref);

    -- stanchion:down
    -- stanchion:step aside mode=tx undoes=column,by_ref
    SELECT stanchion.soft_drop_column('orders', 'customer_ref', '7f3a9c21d0be');

The column is set aside with its values, and taken back when the revision is applied again: a plain \`DROP COLUMN\` of something that
holds values is refused.

A step runs in a transaction (\`mode=tx\`), outside of one (\`mode=notx\`), or once for each batch of rows (\`mode=batch\`).
A file that was applied anywhere is never edited again: its checksum is in the journal. Mend with a new revision.

    stanchion-migrate plan       # what would run, with its SQL
    stanchion-migrate upgrade
    stanchion-migrate current
    stanchion-migrate downgrade -1
`;
}
