import type { MigrationEvent, RunOptions } from '@stanchion/migrate';
import type { CliContext } from './verb.ts';

/** Runs with progress on stderr. Ctrl-C and SIGTERM stop the run between two steps. */
export async function withRunReport<Result>(
  context: CliContext,
  run: (options: Pick<RunOptions, 'onEvent' | 'signal'>) => Promise<Result>,
): Promise<Result> {
  const stop = new AbortController();
  const abort = () => stop.abort();
  process.once('SIGINT', abort);
  process.once('SIGTERM', abort);
  try {
    return await run({ onEvent: (event) => tell(event, context), signal: stop.signal });
  } finally {
    process.off('SIGINT', abort);
    process.off('SIGTERM', abort);
  }
}

function tell(event: MigrationEvent, context: CliContext): void {
  if (event.type === 'waiting_for_lock')
    context.say(`waiting for another migration (process ${event.holder?.pid ?? 'unknown'})`);
  if (event.type === 'revision_started') context.say(`${event.revision} ${event.summary} …`);
  if (event.type === 'revision_finished') context.say(`${event.revision} ${event.outcome} in ${event.durationMs} ms`);
}
