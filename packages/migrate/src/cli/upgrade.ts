import { loadRevisions } from '../folder.ts';
import type { MigrationScript } from '../offline/script.ts';
import type { RunPlan } from '../plan.ts';
import type { RunResult } from '../run.ts';
import { upgrade } from '../upgrade.ts';
import { type AlembicOptions, alembicRunOptions } from './alembic-options.ts';
import { type LossOptions, parseLossOptions } from './loss-options.ts';
import { assertNoRange } from './no-range.ts';
import { renderOutcome } from './outcome.ts';
import { tellEvents } from './progress.ts';
import type { MigrateContext, VerbResult } from './verb.ts';

export interface UpgradeOptions extends AlembicOptions, Pick<LossOptions, 'acceptLoss'> {
  /** A revision or what Alembic takes for one; left out: the head. */
  readonly revision?: string;
  readonly sql?: boolean;
  readonly dryRun?: boolean;
}

/** Applies what is missing. Ctrl-C stops between two steps; the next run goes on there. Throws MigrationError. */
export async function upgradeVerb(
  options: UpgradeOptions,
  context: MigrateContext,
): Promise<VerbResult<RunResult | RunPlan | MigrationScript>> {
  // What a run needs not is not loaded for it.
  if (options.sql === true)
    return (await import('./script.ts')).scriptVerbOf(context, 'up', options.revision ?? 'head');
  assertNoRange(options.revision ?? 'head');
  if (options.dryRun === true) {
    const run = { ...alembicRunOptions(options), ...parseLossOptions(options) };
    return (await import('./plan.ts')).planVerbOf(
      context,
      { direction: 'up', target: options.revision ?? 'head' },
      run,
    );
  }
  const graph = await loadRevisions(context.folder);
  const target = options.revision === undefined ? {} : { target: options.revision };
  const result = await context.withConnection(async (connection) =>
    context.withStop(async (signal) =>
      upgrade(graph, {
        ...context.settings,
        ...alembicRunOptions(options),
        ...parseLossOptions(options),
        connection,
        signal,
        onEvent: tellEvents(context.talk),
        ...target,
      }),
    ),
  );
  return { data: result, text: renderOutcome(result) };
}
