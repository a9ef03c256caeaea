import { readAppliedIds, type VersionOptions } from './alembic/version-report.ts';
import { effectiveHeads } from './graph/lineage.ts';
import type { RevisionGraph } from './graph.ts';
import {
  type AppliedRevision,
  appliedHeads,
  isEdited,
  type JournalState,
  type Queryable,
  readJournalState,
} from './journal-state.ts';
import { defaultJournalSchema } from './options.ts';
import type { Phase } from './revision.ts';

export type StatusOptions = VersionOptions;

export interface SchemaCheck {
  /**
   * `current`: exactly this code's revisions. `behind`: some of them are missing. `empty`: all are, nothing is applied.
   * `ahead`: all are there, and others that this code does not know (`unknown` says of which phase: next to `expand`
   * ones old code can go on). `unknown`: the two cannot be reconciled: both lack something, an applied file was
   * edited, or a downgrade stopped half-way.
   */
  state: 'current' | 'behind' | 'ahead' | 'unknown' | 'empty';
  /** Heads of the database and of the code. */
  database: string[];
  code: string[];
  /** Ancestors first. */
  pending: string[];
  unknown: { revision: string; phase: Phase; summary: string }[];
  edited: string[];
  /** Begun in either direction and not finished. */
  unfinished: string[];
}

/**
 * For readiness: a few reads of small tables, no lock, no write; works through a pooler. Where the graph has Python revisions,
 * the version table tells which of them are applied. Throws `journal_unreadable`.
 */
export async function checkSchema(
  database: Queryable,
  graph: RevisionGraph,
  options: StatusOptions = {},
): Promise<SchemaCheck> {
  const state = await readJournalState(database, options.journalSchema ?? defaultJournalSchema);
  return checkState(database, graph, { state, options });
}

/** The same of a journal that was read already. */
export async function checkState(
  database: Queryable,
  graph: RevisionGraph,
  { state, options }: { state: JournalState; options: StatusOptions },
): Promise<SchemaCheck> {
  const journalled = new Set(state.applied.keys());
  const applied = await readAppliedIds(database, graph, { applied: journalled, options });
  const found = {
    database: applied === journalled ? appliedHeads(state.applied) : effectiveHeads(graph.map, applied).toSorted(),
    code: [...graph.heads],
    pending: graph.order.map((revision) => revision.id).filter((id) => !applied.has(id)),
    unknown: [...state.applied.values()]
      .filter((applied) => !graph.byId.has(applied.revision))
      .map(({ revision, phase, summary }) => ({ revision, phase, summary })),
    edited: graph.order
      .filter((revision) => isEdited(state.applied.get(revision.id) ?? revision, revision))
      .map((revision) => revision.id),
    unfinished: state.unfinished.map((half) => half.revision),
  };
  return { state: judge(found, { ...state, isEmpty: applied.size === 0 }), ...found };
}

/** What the database's heads are, as it remembers them; empty when nothing is applied. */
export async function current(database: Queryable, options: StatusOptions = {}): Promise<AppliedRevision[]> {
  return headsOf(await readJournalState(database, options.journalSchema ?? defaultJournalSchema));
}

export function headsOf({ applied }: JournalState): AppliedRevision[] {
  return appliedHeads(applied).flatMap((id) => applied.get(id) ?? []);
}

/** The ids of all that is applied, Python's revisions included, also where no run has taken them over yet. */
export async function listAppliedIds(
  database: Queryable,
  graph: RevisionGraph,
  options: StatusOptions = {},
): Promise<ReadonlySet<string>> {
  const { applied } = await readJournalState(database, options.journalSchema ?? defaultJournalSchema);
  return readAppliedIds(database, graph, { applied: new Set(applied.keys()), options });
}

/** Everything that is applied, the database's memory of it; the order is the ids'. */
export async function listApplied(database: Queryable, options: StatusOptions = {}): Promise<AppliedRevision[]> {
  const { applied } = await readJournalState(database, options.journalSchema ?? defaultJournalSchema);
  return [...applied.values()];
}

function judge(
  found: Omit<SchemaCheck, 'state'>,
  state: Pick<JournalState, 'unfinished'> & { isEmpty: boolean },
): SchemaCheck['state'] {
  const halfReverted = state.unfinished.some((half) => half.direction === 'down');
  if (found.edited.length > 0 || halfReverted) return 'unknown';
  if (found.unknown.length > 0) return found.pending.length > 0 ? 'unknown' : 'ahead';
  if (found.pending.length === 0) return 'current';
  return state.isEmpty ? 'empty' : 'behind';
}
