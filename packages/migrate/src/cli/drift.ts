import { drift } from '../autogenerate/compare-models.ts';
import { loadRevisions } from '../folder.ts';
import { appliedHeads } from '../journal-state.ts';
import { listApplied } from '../status.ts';
import { type ComparedData, reportDifferences } from './compared.ts';
import { withSession } from './session.ts';
import type { MigrateContext, VerbResult } from './verb.ts';

/** Which objects of the database are not as its revisions made them. Throws MigrationError and CliError. */
export async function driftVerb(_options: object, context: MigrateContext): Promise<VerbResult<ComparedData>> {
  const graph = await loadRevisions(context.folder);
  const { journalSchema, searchPath } = context.settings;
  const differences = await context.withConnection(async (connection) => {
    const applied = await withSession(connection, async (database) => listApplied(database, context.settings));
    const heads = appliedHeads(new Map(applied.map((one) => [one.revision, one]))).filter((id) => graph.byId.has(id));
    return drift(graph, heads, {
      connection,
      ...(journalSchema === undefined ? {} : { journalSchema }),
      ...(searchPath === undefined ? {} : { searchPath }),
    });
  });
  return reportDifferences(differences, {
    none: 'The database is as its revisions made it.',
    id: 'ST-schema-drift',
    cause: 'Somebody changed the database beside the revisions.',
    fix: 'undo the change, or adopt it: change the models alike and write a revision',
    verify: `${context.program} drift`,
  });
}
