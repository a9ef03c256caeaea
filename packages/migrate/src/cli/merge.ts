import { loadOutline } from '../folder.ts';
import { mergeRevisions, type NewRevision } from '../new-revision.ts';
import { assertWords } from './new-revision-options.ts';
import { reportRevision } from './revision.ts';
import type { MigrateContext, VerbResult } from './verb.ts';

export interface MergeOptions {
  readonly message: string;
  readonly revisions?: readonly string[];
  readonly branchLabel?: readonly string[];
  readonly revId?: string;
  readonly dryRun?: boolean;
}

/** Writes a revision that joins heads. Throws MigrationError. */
export async function mergeVerb(options: MergeOptions, context: MigrateContext): Promise<VerbResult<NewRevision>> {
  assertWords(options);
  const { message, revisions = [], branchLabel = [], dryRun = false } = options;
  const made = await mergeRevisions(await loadOutline(context.folder), context.folder, {
    summary: message,
    ...{ labels: branchLabel, dryRun },
    ...(options.revId === undefined ? {} : { id: options.revId }),
    ...(revisions.length === 0 ? {} : { revisions }),
  });
  return reportRevision(made, dryRun);
}
