import { MigrationError } from '../errors.ts';
import { loadRevisions } from '../folder.ts';
import { type PlanRunOptions, planRun, type RunPlan } from '../plan.ts';
import { type LossOptions, parseLossOptions } from './loss-options.ts';
import { pathIn } from './paths.ts';
import { renderPlan } from './render-plan.ts';
import { findingsOf } from './report.ts';
import type { MigrateContext, VerbResult } from './verb.ts';

export interface PlanOptions extends LossOptions {
  readonly revision?: string;
  /** Of a downgrade, which needs a revision. */
  readonly down?: boolean;
}

/** What an upgrade, or a downgrade, would run: revisions, steps and their SQL. Writes nothing. Throws MigrationError. */
export async function planVerb(options: PlanOptions, context: MigrateContext): Promise<VerbResult<RunPlan>> {
  const direction = options.down === true ? 'down' : 'up';
  const target = options.revision ?? (direction === 'up' ? 'head' : '-1');
  return planVerbOf(context, { direction, target }, parseLossOptions(options));
}

/** The plan of a verb that runs, for its dry run. Exit `refused` where the run would refuse to begin. */
export async function planVerbOf(
  context: MigrateContext,
  plan: Pick<PlanRunOptions, 'direction' | 'target'>,
  options: Partial<PlanRunOptions>,
): Promise<VerbResult<RunPlan>> {
  const graph = await loadRevisions(context.folder);
  const found = await context.withConnection(async (connection) =>
    planRun(graph, { ...context.settings, ...options, connection, ...plan, beforeParsing: context.beforeParsing }),
  );
  const base = { data: found, text: renderPlan(found) };
  if (found.refusals.length === 0) return base;
  const { program } = context;
  const again = `${program} plan ${plan.target}${plan.direction === 'down' ? ' --down' : ''}`;
  const names = { program, command: 'plan', again, pathOf: pathIn(context) };
  return { ...base, findings: findingsOf(new MigrationError(found.refusals), names), exit: 'refused' };
}
