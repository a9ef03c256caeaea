import { type CatalogTable, differences, readCatalog } from '../catalog.ts';
import type { Session } from '../connection.ts';
import { MigrationError } from '../errors.ts';
import type { Settings } from '../options.ts';
import type { Revision } from '../revision.ts';
import { quoteName } from '../sql-names.ts';
import { sqlFault } from '../steps/sql-fault.ts';

/**
 * How the tables of a schema differ from what a baseline would create; empty when they are its. The file itself is the
 * expectation: it runs in a scratch schema of a transaction that is rolled back, and the two catalogs are compared. Existing
 * tables are only read, under ACCESS SHARE, and nothing is left behind.
 */
export async function compareBaseline(
  { session, settings }: { session: Session; settings: Settings },
  revision: Revision,
  target: string,
): Promise<string[]> {
  const { wanted, found } = await compare(session, revision, { ...settings, target });
  return differences(wanted, found);
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
