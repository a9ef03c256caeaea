import type { FinishedRevision } from '../errors.ts';
import { loadRevisions } from '../folder.ts';
import { planUndoOf, undo } from '../undo.ts';
import { type LossOptions, parseLossOptions } from './loss-options.ts';
import { tellEvents } from './progress.ts';
import { CliError, type MigrateContext, type VerbResult } from './verb.ts';

export interface UndoOptions extends LossOptions {
  readonly revision: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

/** What it would run. */
export type UndoPlan = Awaited<ReturnType<typeof planUndoOf>>;

/** Takes back an upgrade that was begun and not finished. Without `yes` it refuses and says what it would run. Throws MigrationError and CliError. */
export async function undoVerb(
  options: UndoOptions,
  context: MigrateContext,
): Promise<VerbResult<FinishedRevision | UndoPlan>> {
  const { revision } = options;
  const graph = await loadRevisions(context.folder);
  if (options.yes !== true || options.dryRun === true) {
    const plan = await context.withConnection(async (connection) =>
      planUndoOf(graph, { ...context.settings, connection, revision }),
    );
    const steps = plan.steps.length === 0 ? 'no step' : `the steps ${plan.steps.join(', ')} of its down section`;
    const text = `This takes back what was begun of revision ${plan.revision}, with ${steps}.`;
    if (options.dryRun === true) return { data: plan, text };
    throw new CliError('refused', text, `${context.program} undo ${revision} --yes`);
  }
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
