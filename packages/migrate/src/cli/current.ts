import { reportVersions, type VersionReport } from '../alembic/version-report.ts';
import { loadRevisions } from '../folder.ts';
import { hintOf } from '../hints.ts';
import { type AppliedRevision, readJournalState } from '../journal-state.ts';
import { defaultJournalSchema } from '../options.ts';
import { checkState, headsOf, type SchemaCheck } from '../status.ts';
import { withSession } from './session.ts';
import type { CliFinding, MigrateContext, VerbResult } from './verb.ts';

export type CurrentData = SchemaCheck & { heads: AppliedRevision[]; versions: VersionReport };

/** Where the database is, and whether that is where this code wants it; writes nothing. Exit `findings` when it is not. */
export async function currentVerb(_options: object, context: MigrateContext): Promise<VerbResult<CurrentData>> {
  const graph = await loadRevisions(context.folder);
  const options = context.settings;
  const [check, applied, versions] = await context.withConnection(async (connection) =>
    withSession(connection, async (database) => {
      const state = await readJournalState(database, options.journalSchema ?? defaultJournalSchema);
      return [
        await checkState(database, graph, { state, options }),
        headsOf(state),
        await reportVersions(database, graph, { applied: new Set(state.applied.keys()), options }),
      ] as const;
    }),
  );
  const summaryOf = (id: string): string =>
    applied.find(({ revision }) => revision === id)?.summary ?? graph.byId.get(id)?.summary ?? '';
  const heads = check.database.map((id) => `${id} ${summaryOf(id)}`);
  const lines = [
    heads.length === 0 ? 'Nothing is applied.' : heads.join('\n'),
    ...explain(check),
    ...explainVersions(versions),
  ];
  return {
    data: { ...check, heads: applied, versions },
    text: lines.join('\n'),
    findings: check.state === 'current' ? [] : toFindings(check, context),
    exit: check.state === 'current' ? 'ok' : 'findings',
  };
}

/** What to do where the database is not where this code wants it. */
function toFindings({ pending, unknown, edited, unfinished }: SchemaCheck, { program }: MigrateContext): CliFinding[] {
  const about = (revisions: readonly string[], state: string, [id, fix]: readonly [string, string]): CliFinding[] =>
    revisions.length === 0
      ? []
      : [
          {
            ...{
              id: `ST-MIGRATE-${id}`,
              severity: 'error',
              evidence: 'the database',
              fix,
              verify: `${program} current`,
            },
            cause: `${revisions.length === 1 ? '1 revision is' : `${revisions.length} revisions are`} ${state}`,
          },
        ];
  return [
    ...about(edited, 'edited after being applied', ['REVISION-EDITED', hintOf({ code: 'revision_edited' })]),
    ...about(
      unknown.map(({ revision }) => revision),
      'unknown to this code',
      ['DATABASE-AHEAD', hintOf({ code: 'database_ahead' })],
    ),
    ...about(unfinished, 'begun and not finished', ['HALF-APPLIED', `${program} status`]),
    ...about(pending, 'pending', ['PENDING', `${program} upgrade`]),
  ];
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

/** One line about what Python's Alembic sees, and what the next run will make of a difference. */
function explainVersions({ table, rows, foreign, beside, gained, lost, conflicts }: VersionReport): string[] {
  if (!rows) return [];
  const held = rows.map((row) => (foreign.includes(row) && !beside ? `${row} (another history's)` : row)).join(', ');
  const note = beside ? " (another history's, left alone)" : '';
  const list = (what: string, revisions: readonly string[]) =>
    revisions.length === 0 ? [] : [`  ${what}: ${revisions.join(', ')}`];
  return [
    `${table}: ${held === '' ? 'empty' : held}${note}`,
    ...list('applied by Alembic since the last run', gained),
    ...list('reverted by Alembic since the last run', lost),
    ...list('in the journal and not in the table; stamp what is true', conflicts),
  ];
}
