import { closureOf, compareVersions } from './alembic/compare-versions.ts';
import { changeRows, explainLock } from './alembic/version-guard.ts';
import {
  createVersionTableSql,
  quoteVersionTable,
  readVersionRows,
  selectVersionsSql,
  versionChanges,
  versionsOf,
} from './alembic/version-table.ts';
import { asQueryable } from './connection.ts';
import { MigrationError } from './errors.ts';
import { assertDisjoint, effectiveHeads, sharesLineage } from './graph/lineage.ts';
import { lookUp, parseName, resolveBranch } from './graph/names.ts';
import { findRevisions } from './graph/resolve.ts';
import { get, type RevisionNode } from './graph/revision-map.ts';
import type { RevisionGraph } from './graph.ts';
import { type Journal, type JournalRevision, openJournal } from './journal.ts';
import { type AppliedRevision, readAcceptedVersions, readJournalState } from './journal-state.ts';
import { type LockedSession, withLockedSession } from './locked-session.ts';
import type { RunOptions } from './options.ts';
import { repeatWhileLocked } from './retry.ts';

export interface StampOptions extends RunOptions {
  /** `head`, `heads`, `base`, `label@base`, revisions, labels. Each replaces what is applied on its own line, as in Alembic. */
  targets: readonly string[];
  /** Forget everything first, rows that nobody knows included. */
  purge?: boolean;
  /** Say what would be written, and write nothing. */
  dryRun?: boolean;
}

export interface StampResult {
  /** Rows of the version table. */
  from: string[];
  to: string[];
  /** Written into the journal. */
  stamped: string[];
  unstamped: string[];
}

/**
 * Says what is applied, and runs nothing: the version table and the journal both say it afterwards. Throws `unknown_revision`
 * and what else a name is refused for; `database_ahead` when the database has revisions of newer code and they are not purged.
 */
export async function stamp(graph: RevisionGraph, options: StampOptions): Promise<StampResult> {
  const { targets, purge = false, dryRun = false, ...rest } = options;
  planStamp(graph, [], targets);
  return withLockedSession(rest, async (locked) => {
    const { session, settings } = locked;
    const database = asQueryable(session);
    const accepted = await readAcceptedVersions(database, settings.journalSchema);
    const journal = dryRun ? undefined : await openJournal(session, settings.journalSchema, settings.actor);
    const { applied } = await readJournalState(database, settings.journalSchema);
    const decide = (rows: readonly string[]) =>
      decideStamp(graph, { rows, applied, targets, purge, isFirst: accepted === undefined });
    if (!journal) return decide((await readVersionRows(database, settings.versionTable)) ?? []).result;
    return repeatWhileLocked(settings, async () => write(locked, journal, decide));
  });
}

/** The heads after a stamp; `heads` are those before. */
export function planStamp(graph: RevisionGraph, heads: readonly string[], targets: readonly string[]): string[] {
  const { map } = graph;
  const current = heads.map((id) => get(map.nodes, id));
  const wanted = targets.flatMap((target) => findRevisions(map, target));
  const nodes = wanted.filter((one): one is RevisionNode => one !== null && one !== 'base');
  assertDisjoint(map, nodes, 'everything');
  const kept = current.filter((node) => targets.every((target) => !isOnLine(graph, node, target)));
  const rows = [...kept, ...nodes].map((node) => node.id);
  return effectiveHeads(map, closureOf(graph, rows)).toSorted();
}

/** `base` is every line; `label@base` that of the label. */
function isOnLine({ map }: RevisionGraph, node: RevisionNode, target: string): boolean {
  const { ids, branch } = parseName(map, target);
  const named = ids.flatMap((id) => (/^-\d+$/.test(id) ? [] : [lookUp(map, id, branch)]));
  const others = branch === undefined || named.length > 0 ? named : [resolveBranch(map, branch)];
  return sharesLineage(map, node, others, 'everything');
}

interface StampInput {
  rows: readonly string[];
  applied: ReadonlyMap<string, AppliedRevision>;
  targets: readonly string[];
  purge: boolean;
  /** The journal is older than the upkeep of the table: an empty one says nothing. */
  isFirst: boolean;
}

interface StampDecision {
  result: StampResult;
  /** An older journal has always lived beside these rows. */
  accepted: readonly string[];
  stamped: readonly JournalRevision[];
  unstamped: readonly JournalRevision[];
}

function decideStamp(graph: RevisionGraph, input: StampInput): StampDecision {
  const { rows, applied, targets, purge } = input;
  const journalled = new Set(applied.keys());
  const newer = [...applied.values()].filter(({ revision }) => !graph.byId.has(revision));
  if (newer.length > 0 && !purge) throw ahead(newer);
  const { foreign, beside } = compareVersions(graph, journalled, rows);
  const isOurs = rows.length > 0 && !beside;
  const before = isOurs
    ? effectiveHeads(graph.map, closureOf(graph, rows))
    : effectiveHeads(graph.map, beside || input.isFirst ? journalled : new Set());
  const heads = planStamp(graph, purge ? [] : before, targets);
  const after = closureOf(graph, heads);
  const to = purge ? heads : beside ? [...rows] : [...foreign, ...heads].toSorted();
  const stamped = graph.order.filter(({ id }) => after.has(id) && !journalled.has(id));
  const known = graph.order.filter(({ id }) => journalled.has(id) && !after.has(id)).toReversed();
  const unstamped = [...newer.map((one): JournalRevision => ({ ...one, id: one.revision })), ...known];
  const ids = (list: readonly JournalRevision[]): string[] => list.map(({ id }) => id);
  const result = { from: [...rows], to, stamped: ids(stamped), unstamped: ids(unstamped) };
  return { result, accepted: input.isFirst && applied.size > 0 && !purge ? foreign : [], stamped, unstamped };
}

async function write(
  { session, settings, lock }: LockedSession,
  journal: Journal,
  decide: (rows: readonly string[]) => StampDecision,
): Promise<StampResult> {
  const table = settings.versionTable;
  try {
    const results = await session.execute(
      `BEGIN; SET LOCAL lock_timeout = ${settings.objectLockTimeoutMs}; ${createVersionTableSql(table)};
       LOCK TABLE ${quoteVersionTable(table)} IN ACCESS EXCLUSIVE MODE; ${selectVersionsSql(table)}`,
    );
    const { result, accepted, stamped, unstamped } = decide(versionsOf(results.at(-1)?.rows ?? []));
    if (accepted.length > 0) await journal.acceptVersions(accepted);
    for (const revision of unstamped) await journal.finishRevision(revision, { outcome: 'unstamped', durationMs: 0 });
    for (const revision of stamped) await journal.finishRevision(revision, { outcome: 'stamped', durationMs: 0 });
    await changeRows(session, versionChanges(table, result.from, result.to));
    await lock.assertHeld();
    await session.execute('COMMIT');
    return result;
  } catch (error) {
    if (!(error instanceof MigrationError && error.code === 'connection_lost')) await session.execute('ROLLBACK');
    throw explainLock(error, settings);
  }
}

function ahead(newer: readonly AppliedRevision[]): MigrationError {
  const hint = 'Use the code that brought them, or purge: then the database forgets them too.';
  return new MigrationError(
    newer.map(({ revision, summary }) => {
      const message = `the database has revision ${revision} (${summary}), which this code does not know`;
      return { code: 'database_ahead', message, revision, hint };
    }),
  );
}
