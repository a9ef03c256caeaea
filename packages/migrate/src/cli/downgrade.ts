import type { ConnectionSource } from '../connection.ts';
import { downgrade } from '../downgrade.ts';
import { MigrationError } from '../errors.ts';
import { loadRevisions } from '../folder.ts';
import type { RevisionGraph } from '../graph.ts';
import type { MigrationScript } from '../offline/script.ts';
import type { RunPlan } from '../plan.ts';
import type { RunResult } from '../run.ts';
import { type AlembicOptions, alembicRunOptions } from './alembic-options.ts';
import { type LossOptions, parseLossOptions } from './loss-options.ts';
import { assertNoRange } from './no-range.ts';
import { renderOutcome } from './outcome.ts';
import { tellEvents } from './progress.ts';
import { CliError, type MigrateContext, type VerbResult } from './verb.ts';

export interface DowngradeOptions extends AlembicOptions, LossOptions {
  /** The revision that stays, or what Alembic takes for one. */
  readonly revision: string;
  readonly yes?: boolean;
  readonly sql?: boolean;
  readonly dryRun?: boolean;
}

/**
 * Reverts what stands on a revision. Without `yes` it refuses and says what that is. Ctrl-C stops between two steps; the next
 * run goes on there. Throws MigrationError and CliError.
 */
export async function downgradeVerb(
  options: DowngradeOptions,
  context: MigrateContext,
): Promise<VerbResult<RunResult | RunPlan | MigrationScript>> {
  // What a run needs not is not loaded for it.
  if (options.sql === true) return (await import('./script.ts')).scriptVerbOf(context, 'down', options.revision);
  assertNoRange(options.revision);
  if (options.dryRun === true) {
    const run = { ...alembicRunOptions(options), ...parseLossOptions(options) };
    return (await import('./plan.ts')).planVerbOf(context, { direction: 'down', target: options.revision }, run);
  }
  const graph = await loadRevisions(context.folder);
  const target = options.revision;
  return context.withConnection(async (connection) => {
    if (options.yes !== true) await refuseUnlessEmpty(context, options, { connection, graph });
    const result = await context.withStop(async (signal) =>
      downgrade(graph, {
        ...context.settings,
        ...alembicRunOptions(options),
        ...parseLossOptions(options),
        connection,
        target,
        signal,
        onEvent: tellEvents(context.talk),
      }),
    );
    return { data: result, text: renderOutcome(result) };
  });
}

/** Says what would be reverted, or why it cannot be: what `--yes` would only find out afterwards. */
async function refuseUnlessEmpty(
  context: MigrateContext,
  options: DowngradeOptions,
  { connection, graph }: { connection: ConnectionSource; graph: RevisionGraph },
): Promise<void> {
  const { planRun } = await import('../plan.ts');
  const { revisions, refusals } = await planRun(graph, {
    ...context.settings,
    ...alembicRunOptions(options),
    ...parseLossOptions(options),
    ...{ connection, direction: 'down', target: options.revision },
  });
  if (refusals.length > 0) throw new MigrationError(refusals);
  if (revisions.length === 0) return;
  const lines = revisions.map(({ revision, summary }) => `  ${revision}  ${summary}`);
  const message = `This reverts, in this order (--dry-run shows the steps):\n${lines.join('\n')}`;
  throw new CliError('refused', message, `${context.program} downgrade ${options.revision} --yes`);
}
