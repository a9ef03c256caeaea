import { describeFault } from './errors.ts';
import { get, type RevisionNode } from './graph/revision-map.ts';
import { sortNewestFirst } from './graph/sort.ts';
import { revisionRange } from './graph/upgrade-path.ts';
import { getRevision, type RevisionGraph } from './graph.ts';
import type { Phase } from './revision.ts';

export interface HistoryEntry {
  revision: string;
  parents: readonly string[];
  /** As the file names them: ids or labels. */
  dependsOn: readonly string[];
  /** Its own and those of the branches that it belongs to, sorted. */
  labels: readonly string[];
  /** Revisions whose parent it is. */
  children: readonly string[];
  phase: Phase;
  summary: string;
  file: string;
  /** Who can run it. */
  executor: 'stanchion' | 'alembic';
  isHead: boolean;
  /** What is wrong with its sections; left out when nothing is. An upgrade refuses it. */
  unfinished?: readonly string[];
}

/**
 * The files alone, newest first; needs no database. `range` is `a:b`, both included: `a` is an ancestor or left out, `b` a
 * revision or left out for all heads. Throws `unknown_revision`, `not_an_ancestor` and what else a target may be refused for.
 */
export function history(graph: RevisionGraph, range = ':'): HistoryEntry[] {
  const at = range.indexOf(':');
  const [lower, upper] = at === -1 ? [range, range] : [range.slice(0, at), range.slice(at + 1)];
  return revisionRange(graph.map, lower || 'base', upper || 'heads').map((node) => entryOf(graph, node));
}

/** The files' heads, newest first; more than one is refused by an upgrade to `head`. */
export function heads(graph: RevisionGraph): HistoryEntry[] {
  return listNewestFirst(graph).filter((entry) => entry.isHead);
}

/** Where the graph forks: the revisions with more than one child, newest first. */
export function branches(graph: RevisionGraph): HistoryEntry[] {
  return listNewestFirst(graph).filter((entry) => entry.children.length > 1);
}

/** One revision by any name that means one. Throws `unknown_revision`, `ambiguous_revision`, `multiple_heads`. */
export function show(graph: RevisionGraph, name: string): HistoryEntry {
  return entryOf(graph, get(graph.map.nodes, getRevision(graph, name).id));
}

function listNewestFirst(graph: RevisionGraph): HistoryEntry[] {
  const { nodes, realHeads } = graph.map;
  const tips = realHeads.map((id) => get(nodes, id));
  return sortNewestFirst(graph.map, new Set(nodes.values()), tips).map((node) => entryOf(graph, node));
}

function entryOf(graph: RevisionGraph, node: RevisionNode): HistoryEntry {
  const found = get(graph.byId, node.id);
  const { id: revision, parents, dependsOn, phase, summary, file, executor = 'stanchion', unfinished } = found;
  return {
    ...{ revision, parents, dependsOn, phase, summary, file, executor },
    labels: [...node.labels].toSorted(),
    children: [...node.children],
    isHead: node.children.size === 0,
    ...(unfinished ? { unfinished: unfinished.map(describeFault) } : {}),
  };
}
