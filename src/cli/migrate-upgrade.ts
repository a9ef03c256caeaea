import { type MigrationEvent, upgrade } from '@stanchion/migrate';
import { loadMigrations } from '../migrations.ts';
import { withMigrationDatabase } from './database-access.ts';
import type { CliContext, VerbResult } from './verb.ts';

export interface MigrateUpgradeOptions {
  /** A revision, whole or by its first digits; left out: the head. */
  readonly revision?: string;
}

/** Applies what is missing. Ctrl-C stops between two steps; the next run goes on there. Throws MigrationError. */
export async function migrateUpgrade({ revision }: MigrateUpgradeOptions, context: CliContext): Promise<VerbResult> {
  const graph = await loadMigrations();
  const stop = new AbortController();
  const abort = () => stop.abort();
  process.once('SIGINT', abort);
  process.once('SIGTERM', abort);
  try {
    const onEvent = (event: MigrationEvent) => tell(event, context);
    const result = await withMigrationDatabase(context, (connection) =>
      upgrade(graph, {
        connection,
        onEvent,
        signal: stop.signal,
        ...(revision === undefined ? {} : { target: revision }),
      }),
    );
    const { finished, to } = result;
    const at = to.join(', ');
    return {
      data: result,
      text: finished.length === 0 ? `Nothing to do: the database is at ${at}.` : `The database is at ${at}.`,
    };
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
