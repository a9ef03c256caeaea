import type { BatchProgress, IndexProgress, MigrationEvent } from '../events.ts';
import type { Talk } from './talk.ts';

/** A step that took longer than this is worth a line that stays. */
const worthALineMs = 1_000;

/** A listener that turns the events of a run into lines for the person who waits. */
export function tellEvents(talk: Talk): (event: MigrationEvent) => void {
  return (event) => {
    switch (event.type) {
      case 'waiting_for_lock':
        return talk.say(`waiting for another migration (process ${event.holder?.pid ?? 'unknown'})`);
      case 'revision_started':
        return talk.say(`${event.revision} ${event.summary} …${event.resumed ? ' (goes on where it stopped)' : ''}`);
      case 'revision_finished':
        return talk.say(`${event.revision} ${event.outcome} in ${event.durationMs} ms`);
      case 'step_started':
        return talk.update(`  ${event.step} …`);
      case 'step_retried':
        return talk.update(
          `  ${event.step}: something is locked (${event.sqlstate}); attempt ${event.attempt + 1} in ${event.delayMs} ms`,
        );
      case 'step_repaired':
        return talk.say(`  ${event.step}: ${event.object} was left half-done, which is repaired`);
      case 'step_progress':
        return talk.update(`  ${event.step}: ${renderBatch(event)}`);
      case 'index_progress':
        return talk.update(`  ${event.step}: ${renderIndex(event)}`);
      case 'step_finished':
        if (event.durationMs >= worthALineMs) {
          talk.say(
            `  ${event.step} done in ${renderSeconds(event.durationMs / 1000)}${event.rows > 0 ? `, ${renderCount(event.rows)} rows` : ''}`,
          );
        }
        return undefined;
      case 'lock_acquired':
      case 'planned':
      default:
        return undefined;
    }
  };
}

/** `12,000 of about 50,000 rows (24 %), 3,200 rows/s, 12 s left` */
export function renderBatch(progress: BatchProgress): string {
  const { visited, earlierRows, estimatedRows, rowsPerSecond, etaSeconds } = progress;
  const done = earlierRows + visited;
  const of = estimatedRows === null || estimatedRows < done ? '' : ` of about ${renderCount(estimatedRows)}`;
  const share = of === '' || estimatedRows === null ? '' : ` (${percent(done, estimatedRows)})`;
  const pace = rowsPerSecond === null ? [] : [`${renderCount(rowsPerSecond)} rows/s`];
  return [`${renderCount(done)}${of} rows${share}`, ...pace, ...left(of === '' ? null : etaSeconds)].join(', ');
}

/** `building index: scanning table, 43 %, 12 s left` */
export function renderIndex({ phase, done, total, unit, waitsFor, etaSeconds }: IndexProgress): string {
  if (unit === 'transactions') {
    const who = waitsFor === null ? '' : `, now for process ${waitsFor}`;
    return `${phase}: ${renderCount(done)} of ${renderCount(total)} transactions have ended${who}`;
  }
  return [phase, ...(total === 0 ? [] : [percent(done, total)]), ...left(etaSeconds)].join(', ');
}

function left(seconds: number | null): string[] {
  return seconds === null ? [] : [`${renderSeconds(seconds)} left`];
}

function percent(done: number, total: number): string {
  return `${Math.min(100, Math.floor((100 * done) / total))} %`;
}

function renderCount(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

function renderSeconds(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
