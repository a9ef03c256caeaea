import type { RevisionGraph } from '../graph.ts';
import type { JournalState } from '../journal-state.ts';
import type { LockedRun } from '../under-lock.ts';
import { reconcileVersions } from './reconcile.ts';
import { createVersionGuard, type VersionGuard } from './version-guard.ts';

/** Brings version table and journal together, and answers what keeps them so, and what is applied according to both. */
export async function openGuard(
  run: LockedRun,
  graph: RevisionGraph,
  found: JournalState,
): Promise<{ guard: VersionGuard; applied: ReadonlySet<string>; isChanged: boolean }> {
  const { accepted } = run;
  const state = await reconcileVersions(run, { graph, applied: new Set(found.applied.keys()), accepted });
  return { guard: createVersionGuard(run, state), applied: state.applied, isChanged: state.isChanged };
}
