import { ancestorsOf } from '../graph/lineage.ts';
import { get } from '../graph/revision-map.ts';
import type { RevisionGraph } from '../graph.ts';
import type { Revision } from '../revision.ts';

/** What the version table says beside the journal. */
export interface VersionComparison {
  /** Rows that neither the graph nor the journal knows: another history's, never touched. */
  foreign: string[];
  /** Every row is foreign: the table is that history's alone, and ours is in the journal only. */
  beside: boolean;
  /** Applied by the table and unknown to the journal: somebody ran or stamped them with Alembic. Ancestors first. */
  gained: Revision[];
  /** Python revisions that the journal has and the table has not: Alembic reverted them. Descendants first. */
  lost: Revision[];
  /** SQL revisions of which the same is true. Stubs keep the journal, so nobody ran their down section. */
  conflicts: Revision[];
}

/**
 * The journal is the truth about SQL revisions, and the version table about Python's: whoever runs a SQL revision, also by
 * its stub, writes the journal in the same transaction as the version table; a Python revision only moves the table.
 */
export function compareVersions(
  graph: RevisionGraph,
  applied: ReadonlySet<string>,
  rows: readonly string[],
): VersionComparison {
  const foreign = rows.filter((version) => !graph.byId.has(version) && !applied.has(version));
  const beside = rows.length > 0 && foreign.length === rows.length;
  const nothing = { foreign, beside, gained: [], lost: [], conflicts: [] };
  // Revisions of newer code: their ancestors are not known here, so nothing can be concluded.
  const isAhead = [...applied].some((id) => !graph.byId.has(id));
  if (beside || isAhead) return nothing;
  const reached = closureOf(graph, rows);
  const lost = graph.order.filter(({ id }) => applied.has(id) && !reached.has(id)).toReversed();
  return {
    foreign,
    beside,
    gained: graph.order.filter(({ id }) => reached.has(id) && !applied.has(id)),
    lost: lost.filter((revision) => revision.executor === 'alembic'),
    conflicts: lost.filter((revision) => revision.executor !== 'alembic'),
  };
}

/** What is applied according to both; conflicts count as the journal has them. */
export function appliedByBoth(applied: ReadonlySet<string>, found: VersionComparison): Set<string> {
  const both = new Set(applied);
  for (const { id } of found.gained) both.add(id);
  for (const { id } of found.lost) both.delete(id);
  return both;
}

/** The revisions of these rows that the graph knows, with everything below them. */
export function closureOf({ map }: RevisionGraph, rows: readonly string[]): Set<string> {
  const known = rows.filter((version) => map.nodes.has(version)).map((version) => get(map.nodes, version));
  return new Set([...ancestorsOf(map, known, 'everything')].map((node) => node.id));
}
