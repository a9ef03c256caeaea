import type { Journal, JournalEntry, JournalRevision, Outcome, StepKey } from './journal.ts';
import type { Prepared } from './prepared.ts';
import type { Direction } from './revision.ts';
import { quoteName, quoteText, quoteTexts } from './sql-names.ts';

export function stepLog(schema: string): string {
  return `${quoteName(schema)}.step_log`;
}

/**
 * What the journal writes, each as a statement with literals: what belongs together goes into one message, which bind values
 * would not allow.
 */
export function createStatements(schema: string, actor: string | null, prepared: Prepared) {
  const steps = stepLog(schema);
  const done = prepared.define(
    'stanchion_done',
    ['text', 'text', 'text', 'text', 'text', 'bigint'],
    `INSERT INTO ${steps} AS s (revision, direction, step, mode, checksum, rows, state) VALUES ($1, $2, $3, $4, $5, $6, 'done')
         ON CONFLICT (revision, direction, step) DO UPDATE
           SET state = 'done', mode = excluded.mode, checksum = excluded.checksum, rows = s.rows + excluded.rows,
               sqlstate = NULL, error = NULL, updated_at = clock_timestamp()`,
  );
  const log = prepared.define(
    'stanchion_log',
    ['text', 'text', 'text', 'text', 'text[]', 'text[]', 'text', 'text', 'text', 'bigint'],
    `INSERT INTO ${quoteName(schema)}.revision_log
           (revision, direction, outcome, checksum, parents, depends_on, phase, summary, actor, duration_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
  );
  return {
    runningSql: ({ revision, direction, step }: StepKey): string => {
      const values = texts(revision, direction, step.name, step.mode, 'running', step.checksum);
      return `INSERT INTO ${steps} AS s (revision, direction, step, mode, state, checksum) VALUES (${values})
         ON CONFLICT (revision, direction, step) DO UPDATE
           SET state = 'running', mode = excluded.mode, checksum = excluded.checksum, attempts = s.attempts + 1,
               sqlstate = NULL, error = NULL, updated_at = clock_timestamp()`;
    },
    doneSql: ({ revision, direction, step }: StepKey, rows: number): string => {
      return done(...[revision, direction, step.name, step.mode, step.checksum].map(quoteText), String(rows));
    },
    failedSql: (
      { revision, direction, step }: StepKey,
      { sqlstate, message }: { sqlstate: string | null; message: string },
    ): string => {
      const values = texts(revision, direction, step.name, step.mode, 'failed', step.checksum);
      const failure = `${sqlstate === null ? 'NULL' : quoteText(sqlstate)}, ${quoteText(message)}`;
      return `INSERT INTO ${steps} AS s (revision, direction, step, mode, state, checksum, sqlstate, error)
         VALUES (${values}, ${failure})
         ON CONFLICT (revision, direction, step) DO UPDATE
           SET state = 'failed', sqlstate = excluded.sqlstate, error = excluded.error, updated_at = clock_timestamp()`;
    },
    cursorSql: (key: StepKey, cursor: readonly string[], rows: number): string => {
      return `UPDATE ${steps} SET cursor = ${quoteTexts(cursor)}, rows = rows + ${rows}, updated_at = clock_timestamp()
          WHERE ${isStep(key)}`;
    },
    doubtSql: (key: StepKey, message: string): string => {
      return `UPDATE ${steps} SET error = ${quoteText(message)}, updated_at = clock_timestamp() WHERE ${isStep(key)}`;
    },
    forgetSql: (key: Parameters<Journal['forgetStep']>[0]): string => {
      return `DELETE FROM ${steps} WHERE ${isStep(key)}`;
    },
    acceptSql: (versions: readonly string[]): string => {
      return `INSERT INTO ${quoteName(schema)}.foreign_versions (version_num) SELECT unnest(${quoteTexts(versions)}) ON CONFLICT DO NOTHING`;
    },
    finishSql: (revision: JournalRevision, entry: JournalEntry): string[] => {
      const { outcome, durationMs, actor: by = actor, forgets = true, isAhead = false } = entry;
      const direction: Direction = upOutcomes.includes(outcome) ? 'up' : 'down';
      const forgotten = direction === 'up' ? ` AND direction <> 'up'` : '';
      const entryRow = log(
        ...[revision.id, direction, outcome, revision.checksum].map(quoteText),
        ...[revision.parents, revision.dependsOn].map(quoteTexts),
        ...[revision.phase, revision.summary].map(quoteText),
        typeof by === 'string' ? quoteText(by) : 'current_user',
        `${Math.round(durationMs)}${isAhead ? ' + round(1000 * extract(epoch FROM clock_timestamp() - now()))' : ''}`,
      );
      // A new round starts with no finished step, and steps in both directions always mean that half a revision is being undone.
      return [
        ...(forgets ? [`DELETE FROM ${steps} WHERE revision = ${quoteText(revision.id)}${forgotten}`] : []),
        entryRow,
      ];
    },
  };
}

const upOutcomes: readonly Outcome[] = ['applied', 'recorded', 'stamped'];

function texts(...values: readonly string[]): string {
  return values.map(quoteText).join(', ');
}

function isStep({ revision, direction, step }: Parameters<Journal['forgetStep']>[0]): string {
  return `revision = ${quoteText(revision)} AND direction = ${quoteText(direction)} AND step = ${quoteText(step.name)}`;
}
