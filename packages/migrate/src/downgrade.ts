import { getRevision, planDowngrade, type RevisionGraph } from './graph.ts';
import type { RunOptions } from './options.ts';
import { type RunResult, runPlan } from './run.ts';

/**
 * Reverts everything applied that descends from `target`, a revision, which stays; `base` reverts everything. A revision
 * that was recorded and never run loses its record only. Throws MigrationError.
 */
export async function downgrade(graph: RevisionGraph, options: RunOptions & { target: string }): Promise<RunResult> {
  const { target, ...rest } = options;
  if (target !== 'base') getRevision(graph, target);
  return runPlan({ graph, direction: 'down', plan: (applied) => planDowngrade(graph, applied, target) }, rest);
}
