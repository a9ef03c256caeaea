import { downgrade, listApplied, planDowngrade, type Revision, type RevisionGraph } from '@stanchion/migrate';
import { loadMigrations } from '../migrations.ts';
import { withMigrationDatabase, withSession } from './database-access.ts';
import { withRunReport } from './migrate-run.ts';
import { type CliContext, CliError, type VerbResult } from './verb.ts';

export interface MigrateDowngradeOptions {
  /** The revision that stays, or what Alembic takes for one. */
  readonly revision: string;
  readonly yes?: boolean;
}

type Connection = Parameters<Parameters<typeof withMigrationDatabase>[1]>[0];

/**
 * Reverts what stands on a revision. Without `yes` it refuses and says what that is. Ctrl-C stops between two steps; the next
 * run goes on there. Throws MigrationError and CliError.
 */
export async function migrateDowngrade(options: MigrateDowngradeOptions, context: CliContext): Promise<VerbResult> {
  const graph = await loadMigrations();
  const target = options.revision;
  return withMigrationDatabase(context, async (connection) => {
    if (options.yes !== true) await refuseUnlessEmpty(connection, graph, target);
    const result = await withRunReport(context, async (run) => downgrade(graph, { connection, target, ...run }));
    const at = result.to.length === 0 ? 'Nothing is applied' : `The database is at ${result.to.join(', ')}`;
    return { data: result, text: result.finished.length === 0 ? `Nothing to do: ${at}.` : `${at}.` };
  });
}

async function refuseUnlessEmpty(connection: Connection, graph: RevisionGraph, target: string): Promise<void> {
  const applied = await withSession(connection, async (session) => listApplied(session));
  const plan = planDowngrade(graph, new Set(applied.map((one) => one.revision)), target);
  if (plan.length === 0) return;
  const message = `This reverts, in this order:\n${plan.map(renderRevision).join('\n')}`;
  throw new CliError('refused', message, `./stanchion migrate downgrade ${target} --yes`);
}

function renderRevision({ id, summary }: Revision): string {
  return `  ${id}  ${summary}`;
}
