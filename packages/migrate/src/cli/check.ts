import { check } from '../autogenerate/compare-models.ts';
import { loadRevisions } from '../folder.ts';
import { type ComparedData, modelsOf, reportDifferences, type ShadowFlags, withShadowOptions } from './compared.ts';
import type { MigrateContext, VerbResult } from './verb.ts';

/** Whether the revisions lead to the models. Exit `findings` when not. Throws MigrationError and CliError. */
export async function checkVerb(options: ShadowFlags, context: MigrateContext): Promise<VerbResult<ComparedData>> {
  const graph = await loadRevisions(context.folder);
  const models = await modelsOf(context);
  const differences = await withShadowOptions(options, context, async (shadow) => check(graph, { ...shadow, models }));
  return reportDifferences(differences, {
    none: 'The revisions lead to the models.',
    id: 'ST-models-differ',
    cause: 'The models were changed without a revision, or a revision without the models.',
    fix: `${context.program} revision --autogenerate -m <summary>`,
    verify: `${context.program} check`,
  });
}
