import { loadRevisions } from '../folder.ts';
import { planRun, type RunPlan } from '../plan.ts';
import type { Direction } from '../revision.ts';
import { renderPlan } from './render-plan.ts';
import type { MigrateContext, VerbResult } from './verb.ts';

export interface PlanOptions {
  readonly revision?: string;
  /** Of a downgrade, which needs a revision. */
  readonly down?: boolean;
}

/** What an upgrade, or a downgrade, would run: revisions, steps and their SQL. Writes nothing. Throws MigrationError. */
export async function planVerb(options: PlanOptions, context: MigrateContext): Promise<VerbResult<RunPlan>> {
  const direction = options.down === true ? 'down' : 'up';
  return planVerbOf(context, direction, options.revision ?? (direction === 'up' ? 'head' : '-1'));
}

/** The plan of a verb that runs, for its dry run. */
export async function planVerbOf(
  context: MigrateContext,
  direction: Direction,
  target: string,
): Promise<VerbResult<RunPlan>> {
  const graph = await loadRevisions(context.folder);
  const plan = await context.withConnection(async (connection) =>
    planRun(graph, { ...context.settings, connection, direction, target }),
  );
  return { data: plan, text: renderPlan(plan) };
}
