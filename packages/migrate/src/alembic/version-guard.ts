import type { QueryResult } from 'pg';
import type { Session } from '../connection.ts';
import { type FinishedRevision, MigrationError } from '../errors.ts';
import { effectiveHeads, moveHeads } from '../graph/lineage.ts';
import type { RevisionGraph } from '../graph.ts';
import type { Journal, JournalEntry } from '../journal.ts';
import type { MigrationLock } from '../lock.ts';
import type { Settings } from '../options.ts';
import { beginSql } from '../pin-session.ts';
import { repeatWhileLocked } from '../retry.ts';
import type { Revision } from '../revision.ts';
import { bindText, quoteVersionTable, selectVersionsSql, versionChanges, versionsOf } from './version-table.ts';

/**
 * Keeps Python's Alembic and this run apart. Alembic reads its version table first and keeps that read's lock to the end of its
 * transaction: whoever has the table in ACCESS EXCLUSIVE MODE knows that none is at work, and lets none begin. Never held
 * outside of a transactional step: a Python that waits for it has a snapshot, for which a concurrent index build would wait.
 */
export interface VersionGuard {
  /**
   * Opens the transaction of a step, with its settings: BEGIN, both locks, and the proof that nobody moved the table. Throws
   * `lock_lost` and `version_moved`.
   */
  begin(pins: string): Promise<void>;
  /** What ends a revision in journal and version table, for the transaction that `begin` opened. */
  record(revision: Revision, entry: JournalEntry & Pick<FinishedRevision, 'outcome'>): Recording;
  /** The same in a transaction of its own; waits for the lock in short attempts. */
  finish(revision: Revision, entry: Pick<FinishedRevision, 'outcome' | 'durationMs'>, pins: string): Promise<void>;
  /** Throws `unknown_version`: before a revision runs on a database whose other history nobody has accepted. */
  assertAccepted(): void;
}

/** The last statements of a transaction. They go in one message with the proof that the lock is held. */
export interface Recording {
  readonly sql: string;
  /** Throws when a row was not as it was read. */
  assertRecorded(results: readonly QueryResult[]): void;
  /** To be called when that has committed, and not before. */
  committed(): void;
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
  const applied = new Set(state.applied);
  let { rows, unaccepted } = state;
  let heads: readonly string[] = effectiveHeads(state.graph.map, applied);

  async function begin(pins: string): Promise<void> {
    // One message: the lock is asked for as late, and held as shortly, as it can be.
    const lockTable = `LOCK TABLE ${quoteVersionTable(table)} IN ACCESS EXCLUSIVE MODE`;
    const results = await session
      .execute([beginSql, pins, lock.proofSql, lockTable, selectVersionsSql(table)].join(';\n'))
      .catch((error: unknown) => {
        throw explainLock(error, settings);
      });
    lock.assertProven(results.at(-3));
    const found = versionsOf(results.at(-1)?.rows ?? []);
    if (found.join() !== rows.join()) throw moved(settings, rows, found);
  }

  function record(revision: Revision, entry: JournalEntry & Pick<FinishedRevision, 'outcome'>): Recording {
    const isUp = entry.outcome === 'applied' || entry.outcome === 'recorded';
    const after = moveHeads(state.graph.map, heads, { applied, revision: revision.id, isUp });
    const next = state.beside ? rows : [...state.foreign, ...after].toSorted();
    const changes = versionChanges(table, rows, next).map(bindText);
    const accepted = entry.outcome === 'recorded' ? [journal.acceptSql(unaccepted)] : [];
    return {
      sql: [...accepted, journal.finishSql(revision, entry), ...changes].join(';\n'),
      assertRecorded(results) {
        // Compare and swap: a row that is not as it was read means that the lock did not do its work.
        const changed = changes.length === 0 ? [] : results.slice(-changes.length);
        if (changed.some(({ rowCount }) => rowCount !== 1)) {
          throw new TypeError(`one row each was expected to change: ${changes.join('; ')}`);
        }
      },
      committed() {
        if (entry.outcome === 'recorded') unaccepted = [];
        if (isUp) applied.add(revision.id);
        else applied.delete(revision.id);
        heads = after;
        rows = next;
      },
    };
  }

  return {
    begin,
    record,
    async finish(revision, entry, pins) {
      const recording = await repeatWhileLocked(settings, async () => {
        try {
          await begin(pins);
          const end = record(revision, entry);
          end.assertRecorded(await lock.assertHeld(end.sql));
          await session.execute('COMMIT');
          return end;
        } catch (error) {
          if (!(error instanceof MigrationError && error.code === 'connection_lost')) await session.execute('ROLLBACK');
          throw error;
        }
      });
      recording.committed();
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
      `If they are another history's and the schema is what this code expects, accept them by name: --accept-alembic ${versions.join(' ')}, or "acceptVersions" in the configuration. ` +
      `If the rows mean nothing: \`migrate stamp head --purge\`.`,
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
