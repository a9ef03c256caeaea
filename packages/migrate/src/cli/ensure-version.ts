import { ensureVersion } from '../ensure-version.ts';
import { loadRevisions } from '../folder.ts';
import type { MigrateContext, VerbResult } from './verb.ts';

/** Makes the journal and the version table where they are missing. Throws MigrationError. */
export async function ensureVersionVerb(_options: object, context: MigrateContext): Promise<VerbResult<string[]>> {
  const graph = await loadRevisions(context.folder);
  const rows = await context.withConnection(async (connection) =>
    ensureVersion(graph, { ...context.settings, connection }),
  );
  return { data: rows, text: `The version table holds ${rows.length === 0 ? 'nothing' : rows.join(', ')}.` };
}
