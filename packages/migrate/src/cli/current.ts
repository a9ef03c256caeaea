import { loadRevisions } from '../folder.ts';
import type { AppliedRevision } from '../journal-state.ts';
import { checkSchema, current, type SchemaCheck } from '../status.ts';
import { withSession } from './session.ts';
import type { MigrateContext, VerbResult } from './verb.ts';

export type CurrentData = SchemaCheck & { heads: AppliedRevision[] };

/** Where the database is, and whether that is where this code wants it; writes nothing. Exit `findings` when it is not. */
export async function currentVerb(_options: object, context: MigrateContext): Promise<VerbResult<CurrentData>> {
  const graph = await loadRevisions(context.folder);
  const [check, applied] = await context.withConnection(async (connection) =>
    withSession(connection, async (database) => [
      await checkSchema(database, graph, context.settings),
      await current(database, context.settings),
    ]),
  );
  const heads = applied.map(({ revision, summary }) => `${revision} ${summary}`);
  const lines = [heads.length === 0 ? 'Nothing is applied.' : heads.join('\n'), ...explain(check)];
  return {
    data: { ...check, heads: applied },
    text: lines.join('\n'),
    exit: check.state === 'current' ? 'ok' : 'findings',
  };
}

function explain(check: SchemaCheck): string[] {
  const list = (what: string, revisions: readonly string[]) =>
    revisions.length === 0 ? [] : [`${what}: ${revisions.join(', ')}`];
  return [
    `state: ${check.state}`,
    ...list('pending', check.pending),
    ...list(
      'unknown to this code',
      check.unknown.map(({ revision }) => revision),
    ),
    ...list('edited after they were applied', check.edited),
    ...list('begun and not finished', check.unfinished),
  ];
}
