import { readVersionRows } from './alembic/version-table.ts';
import { asQueryable, openSession } from './connection.ts';
import type { RevisionGraph } from './graph.ts';
import { type RunOptions, settingsOf } from './options.ts';
import { runPlan } from './run.ts';

/**
 * Makes the journal and the version table where they are missing, filled with what is applied, and runs no revision. Answers
 * the rows of the version table. Throws what an upgrade throws before it runs something.
 */
export async function ensureVersion(graph: RevisionGraph, options: RunOptions): Promise<string[]> {
  await runPlan({ graph, direction: 'up', plan: () => [] }, options);
  const session = await openSession(options.connection);
  try {
    return (await readVersionRows(asQueryable(session), settingsOf(options).versionTable)) ?? [];
  } finally {
    await session.close();
  }
}
