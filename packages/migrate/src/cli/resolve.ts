import { loadRevisions } from '../folder.ts';
import { type Resolution, type ResolvedStep, resolveStep } from '../resolve.ts';
import { CliError, type MigrateContext, type VerbResult } from './verb.ts';

export interface ResolveOptions {
  readonly revision: string;
  readonly step: string;
  readonly applied?: boolean;
  readonly retry?: boolean;
  readonly undo?: boolean;
  readonly dryRun?: boolean;
}

/** Decides a step that was begun and not finished. Throws MigrationError and CliError. */
export async function resolveVerb(options: ResolveOptions, context: MigrateContext): Promise<VerbResult<ResolvedStep>> {
  const { revision, step, dryRun = false } = options;
  const chosen = (['applied', 'retry', 'undo'] as const).filter((one) => options[one] === true);
  const [resolution] = chosen;
  if (resolution === undefined || chosen.length > 1) {
    const message = 'say one of --applied (it is done), --retry (it never happened) and --undo (take it back)';
    throw new CliError('usage', message, `${context.program} resolve ${revision} ${step} --applied`);
  }
  const graph = await loadRevisions(context.folder);
  const resolved = await context.withConnection(async (connection) =>
    resolveStep(graph, { ...context.settings, connection, revision, step, resolution, dryRun }),
  );
  const texts: Record<Resolution, string> = {
    applied: 'counts as done',
    retry: 'runs again with the next run',
    undo: 'is taken back, and runs again with the next run',
  };
  const would = dryRun ? 'Nothing was decided. With this ' : '';
  return {
    data: resolved,
    text: `${would}${dryRun ? 'step' : 'Step'} ${step} of ${resolved.revision} ${texts[resolution]}.`,
  };
}
