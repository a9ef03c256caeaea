import { type CatalogTable, differences, readCatalog } from './catalog.ts';
import type { Session } from './connection.ts';
import { MigrationError, type MigrationFault } from './errors.ts';
import type { Settings } from './options.ts';
import type { Revision } from './revision.ts';
import { quoteName } from './sql-names.ts';
import { sqlFault } from './steps/sql-fault.ts';

/**
 * Whether a baseline is already there. The file itself is the expectation: it runs in a scratch schema of a transaction
 * that is rolled back, and the two catalogs are compared. Existing tables are only read, under ACCESS SHARE, and nothing is
 * left behind.
 * Returns false when none of the tables exists. Throws `adoption_mismatch` with every difference.
 */
export async function isAlreadyPresent(session: Session, revision: Revision, settings: Settings): Promise<boolean> {
  if (revision.adoptTables.length === 0) return false;
  const target = settings.searchPath[0] ?? 'public';
  const existing = await listExisting(session, target, revision.adoptTables);
  if (existing.length === 0) return false;
  const { wanted, found } = await compare(session, revision, { ...settings, target });
  const faults = differences(wanted, found).map((message): MigrationFault => {
    return { code: 'adoption_mismatch', message, file: revision.file, revision: revision.id };
  });
  if (faults.length === 0) return true;
  const summary: MigrationFault = {
    code: 'adoption_mismatch',
    message: `schema ${target} has the tables of the baseline (${existing.join(', ')}), but not as it would create them`,
    file: revision.file,
    revision: revision.id,
    hint: 'Nothing was changed. Bring the tables into this form, or write a baseline that describes what is there.',
  };
  throw new MigrationError([summary, ...faults]);
}

async function listExisting(session: Session, schema: string, tables: readonly string[]): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `SELECT c.relname::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname::text = ANY ($2::text[]) ORDER BY 1`,
    [schema, tables],
  );
  return rows.map((row) => row.name);
}

async function compare(
  session: Session,
  revision: Revision,
  settings: Settings & { target: string },
): Promise<{ wanted: CatalogTable[]; found: CatalogTable[] }> {
  const scratch = `stanchion_scratch_${revision.id}`;
  const path = (first: string): string => [first, ...settings.searchPath].map(quoteName).join(', ');
  await session.execute('BEGIN');
  try {
    await session.execute(`CREATE SCHEMA ${quoteName(scratch)}; SET LOCAL search_path = ${path(scratch)}`);
    for (const step of revision.up) {
      try {
        await session.execute(step.sql);
      } catch (error) {
        const fault = sqlFault(error, { revision, step });
        throw fault ? new MigrationError(fault, { cause: error }) : error;
      }
    }
    const wanted = await readCatalog(session, scratch);
    await session.execute(`SET LOCAL search_path = ${path(settings.target)}`);
    const found = await readCatalog(session, settings.target, { tables: wanted.map((table) => table.name) });
    return { wanted, found };
  } finally {
    await session.execute('ROLLBACK').catch(() => undefined);
  }
}
