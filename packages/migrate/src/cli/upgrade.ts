import { loadRevisions } from '../folder.ts';
import type { RunResult } from '../run.ts';
import { upgrade } from '../upgrade.ts';
import { renderOutcome } from './outcome.ts';
import { tellEvents } from './progress.ts';
import type { MigrateContext, VerbResult } from './verb.ts';

export interface UpgradeOptions {
  /** A revision or what Alembic takes for one; left out: the head. */
  readonly revision?: string;
}

/** Applies what is missing. Ctrl-C stops between two steps; the next run goes on there. Throws MigrationError. */
export async function upgradeVerb(options: UpgradeOptions, context: MigrateContext): Promise<VerbResult<RunResult>> {
  const graph = await loadRevisions(context.folder);
  const target = options.revision === undefined ? {} : { target: options.revision };
  const result = await context.withConnection(async (connection) =>
    context.withStop(async (signal) =>
      upgrade(graph, { ...context.settings, connection, signal, onEvent: tellEvents(context.talk), ...target }),
    ),
  );
  return { data: result, text: renderOutcome(result) };
}
