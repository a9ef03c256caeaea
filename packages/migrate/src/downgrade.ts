import { assertTarget, planDowngrade, type RevisionGraph } from './graph.ts';
import type { RunOptions } from './options.ts';
import { type PlannedRun, type RunResult, runPlan } from './run.ts';

/**
 * Reverts everything applied that stands on `target`, a revision, which stays; `base` reverts everything, `label@base` one
 * branch, `-1` the last one. A revision that was recorded and never run loses its record only. Throws MigrationError.
 */
export async function downgrade(graph: RevisionGraph, options: RunOptions & { target: string }): Promise<RunResult> {
  const { target, ...rest } = options;
  assertTarget(graph, 'down', target);
  const planned: PlannedRun = { graph, direction: 'down', plan: (applied) => planDowngrade(graph, applied, target) };
  if (rest.runAlembic !== true) return runPlan(planned, rest);
  return (await import('./alembic/run-with-alembic.ts')).runWithAlembic(planned, rest);
}
