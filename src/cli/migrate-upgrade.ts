import { upgrade } from '@stanchion/migrate';
import { loadMigrations } from '../migrations.ts';
import { withMigrationDatabase } from './database-access.ts';
import { withRunReport } from './migrate-run.ts';
import type { CliContext, VerbResult } from './verb.ts';

export interface MigrateUpgradeOptions {
  /** A revision or what Alembic takes for one; left out: the head. */
  readonly revision?: string;
}

/** Applies what is missing. Ctrl-C stops between two steps; the next run goes on there. Throws MigrationError. */
export async function migrateUpgrade({ revision }: MigrateUpgradeOptions, context: CliContext): Promise<VerbResult> {
  const graph = await loadMigrations();
  const target = revision === undefined ? {} : { target: revision };
  const result = await withMigrationDatabase(context, async (connection) =>
    withRunReport(context, async (run) => upgrade(graph, { connection, ...run, ...target })),
  );
  const at = result.to.length === 0 ? 'Nothing is applied' : `The database is at ${result.to.join(', ')}`;
  return { data: result, text: result.finished.length === 0 ? `Nothing to do: ${at}.` : `${at}.` };
}
