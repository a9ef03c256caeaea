import { loadOutline } from '../folder.ts';
import { effectiveHeads } from '../graph/lineage.ts';
import type { RevisionGraph } from '../graph.ts';
import { history } from '../history.ts';
import { type ListedEntry, listEntries } from './entries.ts';
import type { MigrateContext, VerbResult } from './verb.ts';

export interface HistoryOptions {
  /** `a:b`. */
  readonly range?: string;
  readonly revRange?: string;
  /** Asks the database where it is. */
  readonly indicateCurrent?: boolean;
}

/** The revisions of this code, newest first; needs no database unless it is asked for. Throws MigrationError. */
export async function historyVerb(
  { range, revRange, indicateCurrent = false }: HistoryOptions,
  context: MigrateContext,
): Promise<VerbResult<ListedEntry[]>> {
  const graph = await loadOutline(context.folder);
  const entries = history(graph, range ?? revRange);
  if (!indicateCurrent) return listEntries(entries);
  const heads = await readHeads(graph, context);
  return listEntries(entries.map((entry) => ({ ...entry, isCurrent: heads.has(entry.revision) })));
}

/** What speaks with a server is loaded where it was asked for. */
async function readHeads(graph: RevisionGraph, context: MigrateContext): Promise<ReadonlySet<string>> {
  const [{ listAppliedIds }, { withSession }] = await Promise.all([import('../status.ts'), import('./session.ts')]);
  const applied = await context.withConnection(async (connection) =>
    withSession(connection, async (database) => listAppliedIds(database, graph, context.settings)),
  );
  return new Set(effectiveHeads(graph.map, applied));
}
