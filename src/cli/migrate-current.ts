import { checkSchema, current } from '@stanchion/migrate';
import { loadMigrations } from '../migrations.ts';
import { withMigrationDatabase, withSession } from './database-access.ts';
import type { CliContext, VerbResult } from './verb.ts';

/** Where the database is, and whether that is where this code wants it; writes nothing. Exit `findings` when it is not. */
export async function migrateCurrent(_options: object, context: CliContext): Promise<VerbResult> {
  const graph = await loadMigrations();
  return withMigrationDatabase(context, (connection) =>
    withSession(connection, async (session) => {
      const [check, applied] = [await checkSchema(session, graph), await current(session)];
      const heads = applied.map(({ revision, summary }) => `${revision} ${summary}`);
      const lines = [heads.length === 0 ? 'Nothing is applied.' : heads.join('\n'), ...explain(check)];
      return {
        data: { ...check, heads: applied },
        text: lines.join('\n'),
        exit: check.state === 'current' ? 'ok' : 'findings',
      };
    }),
  );
}

function explain(check: Awaited<ReturnType<typeof checkSchema>>): string[] {
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
