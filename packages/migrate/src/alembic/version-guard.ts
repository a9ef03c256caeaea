import type { QueryResult } from 'pg';
import { commit } from '../commit.ts';
import type { Session } from '../connection.ts';
import { type FinishedRevision, MigrationError } from '../errors.ts';
import { failUnless } from '../fail-unless.ts';
import { effectiveHeads, moveHeads } from '../graph/lineage.ts';
import type { RevisionGraph } from '../graph.ts';
import type { Journal, JournalEntry } from '../journal.ts';
import type { MigrationLock } from '../lock.ts';
import type { Settings } from '../options.ts';
import { countCharacters } from '../parse-directives.ts';
import { beginSql } from '../pin-session.ts';
import type { Prepared } from '../prepared.ts';
import { repeatWhileLocked } from '../retry.ts';
import type { Revision } from '../revision.ts';
import { quoteText, quoteTexts } from '../sql-names.ts';
import { parseServerError } from '../sqlstate.ts';
import { bindText, quoteVersionTable, selectVersionsSql, versionChanges } from './version-table.ts';

/**
 * Keeps Python's Alembic and this run apart. Alembic reads its version table first and keeps that read's lock to the end of its
 * transaction: whoever has the table in ACCESS EXCLUSIVE MODE knows that none is at work, and lets none begin. Never held
 * outside of a transactional step: a Python that waits for it has a snapshot, for which a concurrent index build would wait.
 */
export interface VersionGuard {
  /**
   * Opens the transaction of a step, with its settings: BEGIN, both locks, and the proof that nobody moved the table; `work` goes along
   * in the same message, and its results are answered. Throws `lock_lost` and `version_moved`, and then none of the work ran.
   */
  begin(pins: string, work?: string): Promise<QueryResult[]>;
  /** All of a transaction in one message, for a statement whose records are known before it runs. Throws as `begin` and `commit` do. */
  runAtOnce(pins: string, statement: string, records: readonly string[]): Promise<void>;
  /** What ends a revision in journal and version table, for the transaction that `begin` opened. */
  record(revision: Revision, entry: JournalEntry & Pick<FinishedRevision, 'outcome'>): Recording;
  /** The same in a transaction of its own; waits for the lock in short attempts. */
  finish(revision: Revision, entry: Pick<FinishedRevision, 'outcome' | 'durationMs'>, pins: string): Promise<void>;
  /** Throws `unknown_version`: before a revision runs on a database whose other history nobody has accepted. */
  assertAccepted(): void;
}

/** The last statements of a transaction, for `commit`. */
export interface Recording {
  readonly statements: readonly string[];
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
  prepared: Prepared;
}

export function createVersionGuard(parts: GuardParts, state: GuardState): VersionGuard {
  const { session, settings, journal, lock, prepared } = parts;
  const table = settings.versionTable;
  const applied = new Set(state.applied);
  let { rows, unaccepted } = state;
  let heads: readonly string[] = effectiveHeads(state.graph.map, applied);

  const lockTable = `LOCK TABLE ${quoteVersionTable(table)} IN ACCESS EXCLUSIVE MODE`;
  const versions = `ARRAY(${selectVersionsSql(table)} ORDER BY version_num COLLATE "C")`;
  const expect = prepared.define(
    'stanchion_expect',
    ['text[]'],
    failUnless(`${lock.heldSql} AND ${versions} = $1`, quoteText(`the lock or ${table.name} is not as before`)),
  );
  const change = `UPDATE ${quoteVersionTable(table)} SET version_num = $1 WHERE version_num = $2`;
  const replace = prepared.define('stanchion_replace', ['text', 'text'], changeOne(table, change));

  /** `send` puts before its work what opens the transaction. */
  async function open<Answer>(pins: string, send: (opening: readonly string[]) => Promise<Answer>): Promise<Answer> {
    // A text is read as the session reads texts when it arrives, before its first statement can pin that.
    if (session.reported('standard_conforming_strings') !== 'on') await session.execute(pins);
    // The lock is asked for as late, and held as shortly, as it can be.
    const opening = [beginSql, pins, lockTable, expect(quoteTexts(rows))];
    try {
      return await send(opening);
    } catch (error) {
      if (isOfWork(error, opening)) throw placeInWork(error, opening);
      if (parseServerError(error)?.completed === opening.length - 1) await assertAsBefore();
      throw explainLock(error, settings);
    }
  }

  /** Tells which of the two is not. */
  async function assertAsBefore(): Promise<void> {
    await session.execute('ROLLBACK');
    const [row] = await session.query<{ held: boolean; versions: string }>(
      `SELECT ${lock.heldSql} AS held, array_to_string(${versions}, ',') AS versions`,
    );
    lock.assertProven(row?.held);
    if (row && row.versions !== rows.join()) throw moved(settings, rows, row.versions.split(',').filter(Boolean));
  }

  async function begin(pins: string, work = ''): Promise<QueryResult[]> {
    return open(pins, async (opening) => (await session.execute([...opening, work].join(';\n'))).slice(opening.length));
  }

  async function runAtOnce(pins: string, statement: string, records: readonly string[]): Promise<void> {
    // On a line of its own: the statement may end with a comment.
    return open(pins, async (opening) => commit(parts, records, [...opening, `${statement}\n`]));
  }

  function record(revision: Revision, entry: JournalEntry & Pick<FinishedRevision, 'outcome'>): Recording {
    const isUp = entry.outcome === 'applied' || entry.outcome === 'recorded';
    const after = moveHeads(state.graph.map, heads, { applied, revision: revision.id, isUp });
    const next = state.beside ? rows : [...state.foreign, ...after].toSorted();
    const changes = versionChanges(table, rows, next).map(({ sql, values }) =>
      sql === change ? replace(...values.map(quoteText)) : changeOne(table, bindText({ sql, values })),
    );
    const accepted = entry.outcome === 'recorded' ? [journal.acceptSql(unaccepted)] : [];
    return {
      statements: [...accepted, ...journal.finishSql(revision, entry), ...changes],
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
    ...{ begin, runAtOnce, record },
    async finish(revision, entry, pins) {
      const recording = await repeatWhileLocked(settings, async () => {
        try {
          await begin(pins);
          const end = record(revision, entry);
          await commit(parts, end.statements);
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

/** Compare and swap, as a query that is an error: a row that is not as it was read means that the lock did not do its work. */
function changeOne({ name }: Settings['versionTable'], sql: string): string {
  const isOne = failUnless('count(*) = 1', quoteText(`one row of ${name} was expected to change`));
  return `WITH changed AS (${sql} RETURNING 1) ${isOne} FROM changed`;
}

/** PostgreSQL reads a whole message before it runs the first statement, so that a mistake of syntax may be the work's all the same. */
function isOfWork(error: unknown, own: readonly string[]): boolean {
  const server = parseServerError(error);
  return server !== undefined && (server.completed >= own.length || (server.position ?? 0) > lengthOf(own));
}

/** The same server error, with its position in the work instead of in the message. */
function placeInWork(error: unknown, own: readonly string[]): unknown {
  const position = parseServerError(error)?.position;
  if (error instanceof Error && position !== undefined) {
    Object.assign(error, { position: String(position - lengthOf(own)) });
  }
  return error;
}

/** In characters, with what stands between them and behind the last. */
function lengthOf(statements: readonly string[]): number {
  return countCharacters(statements.join(';\n')) + 2;
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
