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
  readonly revId?: string;
  readonly typescript?: boolean;
  readonly dryRun?: boolean;
}

/** Writes the file of a new revision. Throws MigrationError, and CliError `usage` for a phase that does not exist. */
export async function revisionVerb(
  options: RevisionOptions,
  context: MigrateContext,
): Promise<VerbResult<NewRevision>> {
  const { message, head, splice = false, branchLabel = [], dependsOn = [], dryRun = false } = options;
  const made = await createRevision(await loadRevisions(context.folder), context.folder, {
    summary: message,
    phase: parsePhase(options.phase ?? 'expand'),
    ...(head === undefined ? {} : { head }),
    ...{ splice, labels: branchLabel, dependsOn, dryRun },
    language: options.typescript === true ? 'typescript' : 'sql',
    ...(options.revId === undefined ? {} : { id: options.revId }),
  });
  return reportRevision(made, dryRun);
}

/** The path of what was written, or what would be. */
export function reportRevision(made: NewRevision, dryRun: boolean): VerbResult<NewRevision> {
  return { data: made, text: dryRun ? `-- ${made.path}\n${made.text.trimEnd()}` : made.path };
}

function parsePhase(text: string): Phase {
  const phase = (['baseline', 'expand', 'backfill', 'contract'] as const).find((one) => one === text);
  if (!phase) throw new CliError('usage', `"${text}" is no phase`, '--phase expand, backfill, contract or baseline');
  return phase;
}
