import { assertTarget, planUpgrade, type RevisionGraph } from './graph.ts';
import type { RunOptions } from './options.ts';
import { type PlannedRun, type RunResult, runPlan } from './run.ts';

/**
 * Applies what is missing up to `target`: `head` (the default; wants one head), `heads`, a revision, whole or by its first
 * digits, a label, `label@head`, or steps: `+2`, `label@+1`, `<revision>+1`. Any number of runners may start at once: one applies, the others wait and find nothing to do. Killed at any
 * point, the next upgrade finishes. Throws MigrationError.
 */
export async function upgrade(graph: RevisionGraph, options: RunOptions & { target?: string }): Promise<RunResult> {
  const { target = 'head', ...rest } = options;
  assertTarget(graph, 'up', target);
  const plan: PlannedRun['plan'] = (applied) => planUpgrade(graph, applied, target);
  const planned: PlannedRun = { graph, direction: 'up', plan, preview: plan };
  if (rest.runAlembic !== true) return runPlan(planned, rest);
  return (await import('./alembic/run-with-alembic.ts')).runWithAlembic(planned, rest);
}
