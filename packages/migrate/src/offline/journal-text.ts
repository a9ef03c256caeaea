import type { FinishedRevision } from '../errors.ts';
import type { Direction, Revision, Step } from '../revision.ts';
import { quoteName, quoteText } from '../sql-names.ts';

/** What journal.ts does with bind values, as text for a script. */
export interface JournalPlace {
  schema: string;
  revision: Revision;
  direction: Direction;
}

/** Before what a crash could leave half-done. */
export function markRunningText(place: JournalPlace, step: Step): string {
  return upsert(place, step, {
    state: 'running',
    update: 'attempts = s.attempts + 1',
  });
}

export function markDoneText(place: JournalPlace, step: Step): string {
  return upsert(place, step, { state: 'done', update: 'rows = s.rows' });
}

/** The revision's last statement; its duration is what the journal knows of it. */
export function finishRevisionText(
  place: JournalPlace,
  entry: { outcome: FinishedRevision['outcome']; actor: string | null },
): string {
  const { schema, revision, direction } = place;
  const { outcome, actor } = entry;
  const steps = `${quoteName(schema)}.step_log`;
  const list = (values: readonly string[]) => `ARRAY[${values.map(quoteText).join(', ')}]::text[]`;
  const values = [
    ...[revision.id, direction, outcome, revision.checksum].map(quoteText),
    ...[list(revision.parents), list(revision.dependsOn), quoteText(revision.phase), quoteText(revision.summary)],
    actor === null ? 'current_user' : quoteText(actor),
    `(SELECT coalesce(round(1000 * extract(epoch FROM clock_timestamp() - min(started_at))), 0) FROM ${steps}
          WHERE revision = ${quoteText(revision.id)} AND direction = ${quoteText(direction)})`,
  ];
  return `INSERT INTO ${quoteName(schema)}.revision_log
  (revision, direction, outcome, checksum, parents, depends_on, phase, summary, actor, duration_ms)
  VALUES (${values.join(', ')});
DELETE FROM ${steps} WHERE revision = ${quoteText(revision.id)}${direction === 'down' ? '' : " AND direction <> 'up'"};`;
}

function upsert(place: JournalPlace, step: Step, change: { state: 'running' | 'done'; update: string }): string {
  const { schema, revision, direction } = place;
  const values = [revision.id, direction, step.name, step.mode, change.state, step.checksum].map(quoteText);
  return `INSERT INTO ${quoteName(schema)}.step_log AS s (revision, direction, step, mode, state, checksum)
  VALUES (${values.join(', ')})
  ON CONFLICT (revision, direction, step) DO UPDATE SET state = excluded.state, mode = excluded.mode,
    checksum = excluded.checksum, ${change.update}, sqlstate = NULL, error = NULL, updated_at = clock_timestamp();`;
}
