import type { Session } from '../connection.ts';
import { type FinishedRevision, MigrationError } from '../errors.ts';
import { effectiveHeads } from '../graph/lineage.ts';
import type { RevisionGraph } from '../graph.ts';
import type { Journal } from '../journal.ts';
import type { MigrationLock } from '../lock.ts';
import type { Settings } from '../options.ts';
import { repeatWhileLocked } from '../retry.ts';
import type { Revision } from '../revision.ts';
import { quoteVersionTable, selectVersionsSql, versionChanges, versionsOf } from './version-table.ts';

/**
 * Keeps Python's Alembic and this run apart. Alembic reads its version table first and keeps that read's lock to the end of its
 * transaction: whoever has the table in ACCESS EXCLUSIVE MODE knows that none is at work, and lets none begin. Never held
 * outside of a transactional step: a Python that waits for it has a snapshot, for which a concurrent index build would wait.
 */
export interface VersionGuard {
  /** Opens the transaction of a step: BEGIN, the table's lock, and the proof that nobody moved it. Throws `version_moved`. */
  begin(): Promise<void>;
  /**
   * Journal and version table, in the transaction that `begin` opened. What it answers is called when that has committed, and
   * not before.
   */
  record(revision: Revision, entry: Pick<FinishedRevision, 'outcome' | 'durationMs'>): Promise<() => void>;
  /** The same in a transaction of its own; waits for the lock in short attempts. */
  finish(revision: Revision, entry: Pick<FinishedRevision, 'outcome' | 'durationMs'>): Promise<void>;
  /** Throws `unknown_version`: before a revision runs on a database whose other history nobody has accepted. */
  assertAccepted(): void;
}

export interface GuardState {
  graph: RevisionGraph;
  /** Rows of the table as this run found or left them. */
  rows: readonly string[];
  /** Rows that are another history's. */
  foreign: readonly string[];
  /** Those of them that were not accepted yet; a baseline that is recorded accepts them. */
  unaccepted: readonly string[];
  /** Ours is not written into the table, because it is another history's alone. */
  beside: boolean;
  applied: ReadonlySet<string>;
}

export interface GuardParts {
  session: Session;
  settings: Settings;
  journal: Journal;
  lock: MigrationLock;
}

export function createVersionGuard(parts: GuardParts, state: GuardState): VersionGuard {
  const { session, settings, journal, lock } = parts;
  const table = settings.versionTable;
  let { rows, unaccepted, applied } = state;

  async function begin(): Promise<void> {
    // One message: the lock is asked for as late, and held as shortly, as it can be.
    const results = await session
      .execute(`BEGIN; LOCK TABLE ${quoteVersionTable(table)} IN ACCESS EXCLUSIVE MODE; ${selectVersionsSql(table)}`)
      .catch((error: unknown) => {
        throw explainLock(error, settings);
      });
    const found = versionsOf(results.at(-1)?.rows ?? []);
    if (found.join() !== rows.join()) throw moved(settings, rows, found);
  }

  async function record(
    revision: Revision,
    entry: Pick<FinishedRevision, 'outcome' | 'durationMs'>,
  ): Promise<() => void> {
    const isUp = entry.outcome === 'applied' || entry.outcome === 'recorded';
    const after = new Set(applied);
    if (isUp) after.add(revision.id);
    else after.delete(revision.id);
    const next = state.beside ? rows : rowsFor(state, after);
    if (entry.outcome === 'recorded') await journal.acceptVersions(unaccepted);
    await journal.finishRevision(revision, entry);
    await changeRows(session, versionChanges(table, rows, next));
    return () => {
      if (entry.outcome === 'recorded') unaccepted = [];
      applied = after;
      rows = next;
    };
  }

  return {
    begin,
    record,
    async finish(revision, entry) {
      const committed = await repeatWhileLocked(settings, async () => {
        try {
          await begin();
          const afterwards = await record(revision, entry);
          await lock.assertHeld();
          await session.execute('COMMIT');
          return afterwards;
        } catch (error) {
          if (!(error instanceof MigrationError && error.code === 'connection_lost')) await session.execute('ROLLBACK');
          throw error;
        }
      });
      committed();
    },
    assertAccepted() {
      if (unaccepted.length > 0) throw unknownVersions(settings, unaccepted);
    },
  };
}

/** What the table holds when these are applied: their effective heads, and what is not ours. */
export function rowsFor(state: Pick<GuardState, 'graph' | 'foreign'>, applied: ReadonlySet<string>): string[] {
  return [...state.foreign, ...effectiveHeads(state.graph.map, applied)].toSorted();
}

/** Compare and swap: a row that is not as it was read means that the lock did not do its work. */
export async function changeRows(session: Session, changes: ReturnType<typeof versionChanges>): Promise<void> {
  for (const { sql, values } of changes) {
    const changed = await session.query(`${sql} RETURNING 1`, values);
    if (changed.length !== 1) throw new TypeError(`one row was expected to change: ${sql}`);
  }
}

export function unknownVersions(settings: Settings, versions: readonly string[]): MigrationError {
  const { name } = settings.versionTable;
  const list = versions.join(', ');
  return new MigrationError({
    code: 'unknown_version',
    message: `${name} holds ${list}, which no revision of this code and nothing that was adopted explains`,
    hint:
      `Python's Alembic was here. If its revisions belong to this graph, load them (alembic.ini or its versions folder). ` +
      `If they are another history's and the schema is what this code expects, accept them by name: acceptVersions [${list}]. ` +
      `If the rows mean nothing, stamp with purge.`,
  });
}

function moved(settings: Settings, expected: readonly string[], found: readonly string[]): MigrationError {
  const [before, after] = [expected, found].map((rows) => (rows.length === 0 ? 'empty' : rows.join(', ')));
  return new MigrationError({
    code: 'version_moved',
    message: `${settings.versionTable.name} was ${before} and is ${after}: Python's Alembic ran in the middle of this run`,
    hint: 'Nothing of the interrupted step was kept. Run the same command again: it goes on from there.',
  });
}

/** The same server error, so that it is repeated like any other, with a hint that names the cause. */
export function explainLock(error: unknown, settings: Settings): unknown {
  if (error instanceof Error && 'code' in error && error.code === '55P03') {
    const hint = `A transaction has ${settings.versionTable.name} open, which Python's Alembic does while it runs. Run again when it has ended.`;
    Object.assign(error, { hint });
  }
  return error;
}
