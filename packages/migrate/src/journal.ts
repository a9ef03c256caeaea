import { missingArchiveSql } from './archive/install.ts';
import type { Session } from './connection.ts';
import { explainDeniedJournal, explainForeignJournal } from './denied.ts';
import { type FinishedRevision, MigrationError } from './errors.ts';
import { createStatements, stepLog } from './journal-sql.ts';
import type { Settings } from './options.ts';
import type { Prepared } from './prepared.ts';
import type { Direction, Revision, Step } from './revision.ts';
import { quoteName, quoteText } from './sql-names.ts';
import { parseServerError } from './sqlstate.ts';

export interface StepRecord {
  direction: Direction;
  step: string;
  mode: Step['mode'];
  state: 'running' | 'done' | 'failed';
  checksum: string;
  /** Of a batch: how far it came. Of a REINDEX: the indexes that it replaces. */
  cursor: string[] | null;
  sqlstate: string | null;
}

export interface StepKey {
  revision: string;
  direction: Direction;
  step: Step;
}

/** `stamped` and `unstamped`: somebody said so, and nothing ran. */
export type Outcome = FinishedRevision['outcome'] | 'stamped' | 'unstamped';

/** What the journal remembers of a revision, whether or not its file is there. */
export type JournalRevision = Pick<Revision, 'id' | 'checksum' | 'parents' | 'dependsOn' | 'phase' | 'summary'>;

export interface Journal {
  /** By revision, of both directions; none where nothing is known. */
  listSteps(revisions: readonly string[]): Promise<ReadonlyMap<string, readonly StepRecord[]>>;
  /** Before anything that a crash could leave half-done. */
  markRunning(key: StepKey): Promise<void>;
  markDone(key: StepKey, rows: number): Promise<void>;
  /** The same as text, for the message that ends the step's own transaction. */
  doneSql: (key: StepKey, rows: number) => string;
  saveCursor(key: StepKey, cursor: readonly string[], rows: number): Promise<void>;
  cursorSql: (key: StepKey, cursor: readonly string[], rows: number) => string;
  markFailed(key: StepKey, failure: { sqlstate: string | null; message: string }): Promise<void>;
  /** It stays in doubt, and says why. */
  noteDoubt(key: StepKey, message: string): Promise<void>;
  /** As if it had never been begun. */
  forgetStep(key: Omit<StepKey, 'step'> & { step: { name: string } }): Promise<void>;
  /** Ends a revision: appends to revision_log and forgets the steps of the other direction; of a downgrade, all. */
  finishRevision(revision: JournalRevision, entry: JournalEntry): Promise<void>;
  /** Statements for one message: outside of a transaction they are one. */
  finishSql: (revision: JournalRevision, entry: JournalEntry) => string[];
  /** Rows of the version table that are known to be another history's. */
  acceptVersions(versions: readonly string[]): Promise<void>;
  acceptSql: (versions: readonly string[]) => string;
}

export interface JournalEntry {
  outcome: Outcome;
  durationMs: number;
  actor?: string;
  /** It is written before the transaction's work, whose time is added there. */
  isAhead?: boolean;
  /** False: there is nothing to forget, because the revision has no steps of the other direction. */
  forgets?: boolean;
}

/**
 * Creates the journal and the archive where they are missing; the caller holds the migration lock. `archiveComment`: the answer to
 * `archiveCommentSql`. Throws `journal_unreadable`.
 */
export async function openJournal(
  session: Session,
  { journalSchema: schema, actor }: Pick<Settings, 'journalSchema' | 'actor'>,
  { prepared, archiveComment }: { prepared: Prepared; archiveComment: unknown },
): Promise<Journal> {
  try {
    await session.execute([journalSql(schema), ...missingArchiveSql(schema, archiveComment)].join(';\n'));
  } catch (error) {
    const server = parseServerError(error);
    if (server?.sqlstate !== '42501') throw explainForeignJournal(error, schema) ?? error;
    const { message, hint } = await explainDeniedJournal(session, schema);
    throw new MigrationError(
      { code: 'journal_unreadable', message: `${message}: ${server.message}`, sqlstate: server.sqlstate, hint },
      { cause: error },
    );
  }
  const sql = createStatements(schema, actor, prepared);
  const run =
    <Values extends readonly unknown[]>(write: (...values: Values) => string) =>
    async (...values: Values): Promise<void> => {
      await session.execute(write(...values));
    };
  return {
    ...sql,
    async listSteps(revisions) {
      const rows = await session.query<StepRecord & { revision: string }>(
        `SELECT revision, direction, step, mode, state, checksum, cursor, sqlstate FROM ${stepLog(schema)}
          WHERE revision = ANY ($1::text[])`,
        [revisions],
      );
      return Map.groupBy(rows, ({ revision }) => revision);
    },
    markRunning: run(sql.runningSql),
    markDone: run(sql.doneSql),
    saveCursor: run(sql.cursorSql),
    markFailed: run(sql.failedSql),
    acceptVersions: run(sql.acceptSql),
    noteDoubt: run(sql.doubtSql),
    forgetStep: run(sql.forgetSql),
    finishRevision: run((...of: Parameters<Journal['finishSql']>) => sql.finishSql(...of).join(';\n')),
  };
}

/** revision_log only grows: what is applied is each revision's last entry. */
export function journalSql(schema: string): string {
  const name = quoteName(schema);
  return `
    SET client_min_messages = warning;
    DO $$ BEGIN
      -- CREATE SCHEMA IF NOT EXISTS wants the right to create even where nothing is to be created.
      IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = ${quoteText(schema)}) THEN
        CREATE SCHEMA ${name};
      END IF;
    END $$;
    CREATE TABLE IF NOT EXISTS ${name}.revision_log (
      seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      revision text NOT NULL,
      direction text NOT NULL CHECK (direction IN ('up', 'down')),
      outcome text NOT NULL CHECK (outcome IN ('applied', 'recorded', 'stamped', 'reverted', 'unrecorded', 'unstamped')),
      checksum text NOT NULL,
      parents text[] NOT NULL,
      depends_on text[] NOT NULL,
      phase text NOT NULL,
      summary text NOT NULL,
      actor text NOT NULL,
      server_version text NOT NULL DEFAULT current_setting('server_version'),
      duration_ms bigint NOT NULL,
      finished_at timestamptz NOT NULL DEFAULT clock_timestamp()
    );
    DO $$ BEGIN
      -- Journals of the first version know four outcomes.
      IF EXISTS (SELECT FROM pg_constraint WHERE conrelid = ${quoteText(`${name}.revision_log`)}::regclass
                  AND conname = 'revision_log_outcome_check' AND pg_get_constraintdef(oid) NOT LIKE '%unstamped%') THEN
        ALTER TABLE ${name}.revision_log DROP CONSTRAINT revision_log_outcome_check,
          ADD CONSTRAINT revision_log_outcome_check
            CHECK (outcome IN ('applied', 'recorded', 'stamped', 'reverted', 'unrecorded', 'unstamped'));
      END IF;
    END $$;
    CREATE TABLE IF NOT EXISTS ${name}.foreign_versions (
      version_num text PRIMARY KEY,
      accepted_at timestamptz NOT NULL DEFAULT clock_timestamp()
    );
    CREATE TABLE IF NOT EXISTS ${name}.step_log (
      revision text NOT NULL,
      direction text NOT NULL CHECK (direction IN ('up', 'down')),
      step text NOT NULL,
      mode text NOT NULL CHECK (mode IN ('tx', 'notx', 'batch')),
      state text NOT NULL CHECK (state IN ('running', 'done', 'failed')),
      checksum text NOT NULL,
      attempts integer NOT NULL DEFAULT 1,
      cursor text[],
      rows bigint NOT NULL DEFAULT 0,
      sqlstate text,
      error text,
      started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (revision, direction, step)
    );
    RESET client_min_messages`;
}
