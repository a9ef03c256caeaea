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
import { asQueryable, openSession } from './connection.ts';
import { MigrationError } from './errors.ts';
import { effectiveHeads } from './graph/lineage.ts';
import { stampHeads } from './graph/stamp-heads.ts';
import type { RevisionGraph } from './graph.ts';
import type { JournalRevision } from './journal.ts';
import { type AppliedRevision, readAcceptedVersions, readJournalState } from './journal-state.ts';
import { type RunOptions, settingsOf } from './options.ts';
import { repeatWhileLocked } from './retry.ts';
import { type LockedRun, underLock } from './under-lock.ts';

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
  // Names are refused before anything connects.
  stampHeads(graph.map, [], targets);
  const plan = { targets, purge };
  if (dryRun) return foresee(graph, rest, plan);
  return underLock(rest, async (run, { applied }) => {
    const isFirst = run.accepted === undefined;
    return repeatWhileLocked(run.settings, async () =>
      write(run, (rows) => decideStamp(graph, { ...plan, rows, applied, isFirst })),
    );
  });
}

/** What a stamp would do now; writes nothing and takes no lock. */
async function foresee(
  graph: RevisionGraph,
  options: RunOptions,
  plan: Pick<StampInput, 'targets' | 'purge'>,
): Promise<StampResult> {
  const settings = settingsOf(options);
  const session = await openSession(options.connection);
  try {
    const database = asQueryable(session);
    const accepted = await readAcceptedVersions(database, settings.journalSchema);
    const { applied } = await readJournalState(database, settings.journalSchema);
    const rows = (await readVersionRows(database, settings.versionTable)) ?? [];
    return decideStamp(graph, { ...plan, rows, applied, isFirst: accepted === undefined }).result;
  } finally {
    await session.close();
  }
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
  const heads = stampHeads(graph.map, purge ? [] : before, targets);
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
  { session, settings, lock, journal }: LockedRun,
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
  const hint =
    'Use the code that brought them, or `migrate stamp <revision> --purge`: then the database forgets them too.';
  return new MigrationError(
    newer.map(({ revision, summary }) => {
      const message = `the database has revision ${revision} (${summary}), which this code does not know`;
      return { code: 'database_ahead', message, revision, hint };
    }),
  );
}
