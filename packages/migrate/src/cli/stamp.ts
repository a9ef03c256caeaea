import { loadRevisions } from '../folder.ts';
import { type StampResult, stamp } from '../stamp.ts';
import type { MigrateContext, VerbResult } from './verb.ts';

export interface StampOptions {
  readonly revisions: readonly string[];
  readonly purge?: boolean;
  readonly dryRun?: boolean;
}

/** Says what is applied and runs nothing. Throws MigrationError. */
export async function stampVerb(options: StampOptions, context: MigrateContext): Promise<VerbResult<StampResult>> {
  const graph = await loadRevisions(context.folder);
  const { revisions: targets, purge = false, dryRun = false } = options;
  const result = await context.withConnection(async (connection) =>
    stamp(graph, { ...context.settings, connection, targets, purge, dryRun }),
  );
  const list = (rows: readonly string[]) => (rows.length === 0 ? 'nothing' : rows.join(', '));
  const lines = [
    `${dryRun ? 'Would stamp' : 'Stamped'}: ${list(result.from)} → ${list(result.to)}`,
    ...result.unstamped.map((id) => `  ${id}  no longer applied`),
    ...result.stamped.map((id) => `  ${id}  applied`),
  ];
  return { data: result, text: lines.join('\n') };
}
