import { loadRevisions } from '../folder.ts';
import { createRevision, type NewRevision } from '../new-revision.ts';
import type { Phase } from '../revision.ts';
import { CliError, type MigrateContext, type VerbResult } from './verb.ts';

export interface RevisionOptions {
  readonly message: string;
  readonly head?: string;
  readonly splice?: boolean;
  readonly branchLabel?: readonly string[];
  readonly dependsOn?: readonly string[];
  readonly phase?: string;
}

/** Writes the file of a new revision. Throws MigrationError, and CliError `usage` for a phase that does not exist. */
export async function revisionVerb(
  options: RevisionOptions,
  context: MigrateContext,
): Promise<VerbResult<NewRevision>> {
  const { message, head, splice = false, branchLabel = [], dependsOn = [] } = options;
  const made = await createRevision(await loadRevisions(context.folder), context.folder, {
    summary: message,
    phase: parsePhase(options.phase ?? 'expand'),
    ...(head === undefined ? {} : { head }),
    ...{ splice, labels: branchLabel, dependsOn },
  });
  return { data: made, text: made.path };
}

function parsePhase(text: string): Phase {
  const phase = (['baseline', 'expand', 'backfill', 'contract'] as const).find((one) => one === text);
  if (!phase) throw new CliError('usage', `"${text}" is no phase`, '--phase expand, backfill, contract or baseline');
  return phase;
}
