import { commit } from '../commit.ts';
import { MigrationError, type MigrationFault } from '../errors.ts';
import type { RevisionGraph } from '../graph.ts';
import { repeatWhileLocked } from '../retry.ts';
import { parseServerError } from '../sqlstate.ts';
import { appliedByBoth, compareVersions, type VersionComparison } from './compare-versions.ts';
import { changeRows, explainLock, type GuardParts, type GuardState, rowsFor } from './version-guard.ts';
import {
  createVersionTableSql,
  findVersionTableSql,
  quoteVersionTable,
  selectVersionsSql,
  type VersionTable,
  versionChanges,
  versionsOf,
} from './version-table.ts';

/** Recorded as the actor of what Alembic did. */
export const alembicActor = 'alembic';

export interface ReconcileInput {
  graph: RevisionGraph;
  applied: ReadonlySet<string>;
  /** From before the journal was opened; undefined: this engine sees the version table for the first time. */
  accepted: readonly string[] | undefined;
}

export interface Reconciled extends GuardState {
  /** Something of Alembic's was written into the journal. */
  isChanged: boolean;
}

/**
 * Makes the version table where it is missing and brings it and the journal together, under the table's lock: what Alembic
 * ran or reverted since is written into the journal. Throws `version_conflict` and changes nothing when
 * that would forget a SQL revision whose down section nobody ran.
 */
export async function reconcileVersions(parts: GuardParts, input: ReconcileInput): Promise<Reconciled> {
  const { session, settings } = parts;
  const work = async (): Promise<Reconciled> => {
    try {
      const [, found] = await session.execute(`BEGIN;\n${findVersionTableSql(settings.versionTable)}`);
      const isNew = found?.rows.length === 0;
      const accepted = isNew ? undefined : input.accepted;
      const state = await reconcileLocked(parts, { ...input, accepted, isNew });
      await commit(parts, []);
      return state;
    } catch (error) {
      if (!(error instanceof MigrationError && error.code === 'connection_lost')) await session.execute('ROLLBACK');
      throw explainLock(explainRights(error, settings.versionTable), settings);
    }
  };
  return repeatWhileLocked(settings, async () =>
    work().catch(async (error: unknown) => {
      // Alembic made the table at the same moment: unique_violation in the catalog, or duplicate_table.
      const { sqlstate } = parseServerError(error) ?? {};
      if (sqlstate !== '23505' && sqlstate !== '42P07') throw error;
      return work();
    }),
  );
}

/** `isNew`: it is made in the transaction that fills it, so that a crash leaves no empty table that seems to speak. */
async function reconcileLocked(
  parts: GuardParts,
  { isNew, ...input }: ReconcileInput & { isNew: boolean },
): Promise<Reconciled> {
  const { session, settings, journal } = parts;
  const { graph } = input;
  const table = settings.versionTable;
  const statements = [
    ...(isNew ? [createVersionTableSql(table)] : []),
    `SET LOCAL lock_timeout = ${settings.objectLockTimeoutMs}`,
    `LOCK TABLE ${quoteVersionTable(table)} IN ACCESS EXCLUSIVE MODE`,
    selectVersionsSql(table),
  ];
  const results = await session.execute(statements.join(';\n'));
  const rows = versionsOf(results.at(-1)?.rows ?? []);
  const found = compare(input, rows);
  if (found.conflicts.length > 0) throw conflict(found, table.name, rows);
  for (const revision of found.gained) await journal.finishRevision(revision, byAlembic('applied'));
  for (const revision of found.lost) await journal.finishRevision(revision, byAlembic('reverted'));
  const applied = appliedByBoth(input.applied, found);
  const { foreign, beside } = found;
  const isAhead = [...applied].some((id) => !graph.byId.has(id));
  const next = beside || isAhead ? rows : rowsFor({ graph, foreign }, applied);
  await changeRows(session, versionChanges(table, rows, next));
  const unaccepted = await accept(parts, input, foreign);
  const isChanged = found.gained.length + found.lost.length > 0;
  return { graph, foreign, beside, applied, rows: next, unaccepted, isChanged };
}

/** A journal that is older than the table's upkeep fills an empty table; later, an empty table has something to say. */
function compare({ graph, applied, accepted }: ReconcileInput, rows: readonly string[]): VersionComparison {
  if (rows.length > 0 || accepted !== undefined) return compareVersions(graph, applied, rows);
  return { foreign: [], beside: false, gained: [], lost: [], conflicts: [] };
}

/** Answers which foreign rows nobody has accepted. An older journal has always lived beside those that are there. */
async function accept(parts: GuardParts, input: ReconcileInput, foreign: readonly string[]): Promise<string[]> {
  const { accepted, applied } = input;
  const unknown = foreign.filter((version) => accepted?.includes(version) !== true);
  const isOlder = accepted === undefined && applied.size > 0;
  const named = unknown.filter((version) => isOlder || parts.settings.acceptVersions.includes(version));
  if (named.length > 0) await parts.journal.acceptVersions(named);
  return unknown.filter((version) => !named.includes(version));
}

function byAlembic(outcome: 'applied' | 'reverted'): { outcome: typeof outcome; durationMs: number; actor: string } {
  return { outcome, durationMs: 0, actor: alembicActor };
}

/** What the table refuses is told as what to grant. */
export function explainRights(error: unknown, { schema, name }: VersionTable): unknown {
  const server = parseServerError(error);
  if (server?.sqlstate !== '42501') return error;
  const { message, sqlstate } = server;
  const hint = `Run migrations as the owner of the table ${schema}.${name}, or GRANT ALL on it (where it is missing: CREATE on the schema) to this role.`;
  return new MigrationError({ code: 'journal_unreadable', message, sqlstate, hint }, { cause: error });
}

function conflict(found: VersionComparison, table: string, rows: readonly string[]): MigrationError {
  const holds = rows.length === 0 ? 'is empty' : `holds ${rows.join(', ')}`;
  const hint =
    'Nobody ran their down sections: the table was stamped, edited or restored. Look at the schema; then `stamp` the revision ' +
    'that it is at, which makes journal and table agree.';
  return new MigrationError(
    found.conflicts.map((revision): MigrationFault => {
      const message = `the journal has ${revision.id} as applied, but ${table} ${holds}`;
      return { code: 'version_conflict', message, file: revision.file, revision: revision.id, hint };
    }),
  );
}
