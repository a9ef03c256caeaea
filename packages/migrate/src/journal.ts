import type { Session } from './connection.ts';
import { explainDeniedJournal } from './denied.ts';
import { type FinishedRevision, MigrationError } from './errors.ts';
import type { Direction, Revision, Step } from './revision.ts';
import { quoteName, quoteText } from './sql-names.ts';
import { parseServerError } from './sqlstate.ts';

export interface StepRecord {
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

const upOutcomes: readonly Outcome[] = ['applied', 'recorded', 'stamped'];

export interface Journal {
  listSteps(revision: string, direction: Direction): Promise<StepRecord[]>;
  /** Before anything that a crash could leave half-done. */
  markRunning(key: StepKey): Promise<void>;
  /** In the step's own transaction where it has one. */
  markDone(key: StepKey, rows: number): Promise<void>;
  saveCursor(key: StepKey, cursor: readonly string[], rows: number): Promise<void>;
  markFailed(key: StepKey, failure: { sqlstate: string | null; message: string }): Promise<void>;
  /** It stays in doubt, and says why. */
  noteDoubt(key: StepKey, message: string): Promise<void>;
  /** As if it had never been begun. */
  forgetStep(key: Omit<StepKey, 'step'> & { step: { name: string } }): Promise<void>;
  /** Ends a revision: appends to revision_log and forgets the steps of the other direction. */
  finishRevision(
    revision: JournalRevision,
    entry: { outcome: Outcome; durationMs: number; actor?: string },
  ): Promise<void>;
  /** Rows of the version table that are known to be another history's. */
  acceptVersions(versions: readonly string[]): Promise<void>;
}

/** Creates the journal where it is missing; the caller holds the migration lock. Throws `journal_unreadable`. */
export async function openJournal(session: Session, schema: string, actor: string | null): Promise<Journal> {
  const steps = `${quoteName(schema)}.step_log`;
  const revisions = `${quoteName(schema)}.revision_log`;
  try {
    await session.execute(journalSql(schema));
  } catch (error) {
    const server = parseServerError(error);
    if (server?.sqlstate !== '42501') throw error;
    const { message, hint } = await explainDeniedJournal(session, schema);
    throw new MigrationError(
      { code: 'journal_unreadable', message: `${message}: ${server.message}`, sqlstate: server.sqlstate, hint },
      { cause: error },
    );
  }
  return {
    async listSteps(revision, direction) {
      return session.query<StepRecord & Record<string, unknown>>(
        `SELECT step, mode, state, checksum, cursor, sqlstate FROM ${steps} WHERE revision = $1 AND direction = $2`,
        [revision, direction],
      );
    },
    async markRunning({ revision, direction, step }) {
      await session.query(
        `INSERT INTO ${steps} AS s (revision, direction, step, mode, state, checksum) VALUES ($1, $2, $3, $4, 'running', $5)
         ON CONFLICT (revision, direction, step) DO UPDATE
           SET state = 'running', mode = excluded.mode, checksum = excluded.checksum, attempts = s.attempts + 1,
               sqlstate = NULL, error = NULL, updated_at = clock_timestamp()`,
        [revision, direction, step.name, step.mode, step.checksum],
      );
    },
    async markDone({ revision, direction, step }, rows) {
      await session.query(
        `INSERT INTO ${steps} AS s (revision, direction, step, mode, state, checksum, rows) VALUES ($1, $2, $3, $4, 'done', $5, $6)
         ON CONFLICT (revision, direction, step) DO UPDATE
           SET state = 'done', mode = excluded.mode, checksum = excluded.checksum, rows = s.rows + excluded.rows,
               sqlstate = NULL, error = NULL, updated_at = clock_timestamp()`,
        [revision, direction, step.name, step.mode, step.checksum, rows],
      );
    },
    async saveCursor({ revision, direction, step }, cursor, rows) {
      await session.query(
        `UPDATE ${steps} SET cursor = $4, rows = rows + $5, updated_at = clock_timestamp()
          WHERE revision = $1 AND direction = $2 AND step = $3`,
        [revision, direction, step.name, cursor, rows],
      );
    },
    async markFailed({ revision, direction, step }, failure) {
      await session.query(
        `INSERT INTO ${steps} AS s (revision, direction, step, mode, state, checksum, sqlstate, error)
         VALUES ($1, $2, $3, $4, 'failed', $5, $6, $7)
         ON CONFLICT (revision, direction, step) DO UPDATE
           SET state = 'failed', sqlstate = excluded.sqlstate, error = excluded.error, updated_at = clock_timestamp()`,
        [revision, direction, step.name, step.mode, step.checksum, failure.sqlstate, failure.message],
      );
    },
    async acceptVersions(versions) {
      await session.query(
        `INSERT INTO ${quoteName(schema)}.foreign_versions (version_num) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING`,
        [versions],
      );
    },
    async noteDoubt({ revision, direction, step }, message) {
      await session.query(
        `UPDATE ${steps} SET error = $4, updated_at = clock_timestamp() WHERE revision = $1 AND direction = $2 AND step = $3`,
        [revision, direction, step.name, message],
      );
    },
    async forgetStep({ revision, direction, step }) {
      await session.query(`DELETE FROM ${steps} WHERE revision = $1 AND direction = $2 AND step = $3`, [
        revision,
        direction,
        step.name,
      ]);
    },
    async finishRevision(revision, { outcome, durationMs, actor: by = actor }) {
      const direction: Direction = upOutcomes.includes(outcome) ? 'up' : 'down';
      // One statement, so that one transaction. A new round starts with no finished step, and steps in both directions
      // always mean that half a revision is being undone.
      await session.query(
        `WITH forgotten AS (DELETE FROM ${steps} WHERE revision = $1 AND (direction <> $2 OR $2 = 'down'))
         INSERT INTO ${revisions}
           (revision, direction, outcome, checksum, parents, depends_on, phase, summary, actor, duration_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, coalesce($9, current_user), $10)`,
        [
          revision.id,
          direction,
          outcome,
          revision.checksum,
          revision.parents,
          revision.dependsOn,
          revision.phase,
          revision.summary,
          by,
          Math.round(durationMs),
        ],
      );
    },
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
