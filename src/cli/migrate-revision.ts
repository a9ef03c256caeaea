import { join } from 'node:path';
import { createRevision, loadRevisions, mergeRevisions, type NewRevision, type Phase } from '@stanchion/migrate';
import { type CliContext, CliError, type VerbResult } from './verb.ts';

export interface MigrateRevisionOptions {
  readonly message: string;
  readonly head?: string;
  readonly splice?: boolean;
  readonly branchLabel?: readonly string[];
  readonly dependsOn?: readonly string[];
  readonly phase?: string;
}

/** Writes the file of a new revision. Throws MigrationError, and CliError `usage` for a phase that does not exist. */
export async function migrateRevision(options: MigrateRevisionOptions, context: CliContext): Promise<VerbResult> {
  const folder = join(context.rootDir, 'migrations');
  const { message, head, splice = false, branchLabel = [], dependsOn = [] } = options;
  const made = await createRevision(await loadRevisions(folder), folder, {
    summary: message,
    phase: parsePhase(options.phase ?? 'expand'),
    ...(head === undefined ? {} : { head }),
    ...{ splice, labels: branchLabel, dependsOn },
  });
  return report(made);
}

export interface MigrateMergeOptions {
  readonly message: string;
  readonly revisions?: readonly string[];
  readonly branchLabel?: readonly string[];
}

/** Writes a revision that joins heads. Throws MigrationError. */
export async function migrateMerge(options: MigrateMergeOptions, context: CliContext): Promise<VerbResult> {
  const folder = join(context.rootDir, 'migrations');
  const { message, revisions = [], branchLabel = [] } = options;
  const made = await mergeRevisions(await loadRevisions(folder), folder, {
    summary: message,
    labels: branchLabel,
    ...(revisions.length === 0 ? {} : { revisions }),
  });
  return report(made);
}

function report(made: NewRevision): VerbResult {
  return { data: made, text: made.path };
}

function parsePhase(text: string): Phase {
  const phase = (['baseline', 'expand', 'backfill', 'contract'] as const).find((one) => one === text);
  if (!phase) throw new CliError('usage', `"${text}" is no phase`, '--phase expand, backfill, contract or baseline');
  return phase;
}
