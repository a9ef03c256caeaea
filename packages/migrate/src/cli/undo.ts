import type { FinishedRevision } from '../errors.ts';
import { loadRevisions } from '../folder.ts';
import { undo } from '../undo.ts';
import { type LossOptions, parseLossOptions } from './loss-options.ts';
import { tellEvents } from './progress.ts';
import { CliError, type MigrateContext, type VerbResult } from './verb.ts';

export interface UndoOptions extends LossOptions {
  readonly revision: string;
  readonly yes?: boolean;
}

/** Takes back an upgrade that was begun and not finished. Throws MigrationError and CliError. */
export async function undoVerb(options: UndoOptions, context: MigrateContext): Promise<VerbResult<FinishedRevision>> {
  const { revision } = options;
  if (options.yes !== true) {
    throw new CliError(
      'refused',
      `This takes back what was begun of revision ${revision}.`,
      `${context.program} undo ${revision} --yes`,
    );
  }
  const graph = await loadRevisions(context.folder);
  const finished = await context.withConnection(async (connection) =>
    context.withStop(async (signal) =>
      undo(graph, {
        ...context.settings,
        ...parseLossOptions(options),
        connection,
        signal,
        revision,
        onEvent: tellEvents(context.talk),
      }),
    ),
  );
  return { data: finished, text: `What was begun of ${finished.revision} is taken back.` };
}
