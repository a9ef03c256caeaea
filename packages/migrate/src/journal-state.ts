import { explainForeignJournal } from './denied.ts';
import { MigrationError } from './errors.ts';
import type { Direction, Phase, Revision } from './revision.ts';
import { quoteName } from './sql-names.ts';
import { parseServerError } from './sqlstate.ts';

/** Anything that runs one statement: a `pg` client or pool, or the app's own handle. */
export interface Queryable {
  query(text: string, values: unknown[]): Promise<{ rows: unknown[] }>;
}

/** A revision as the database remembers it, whether or not this code knows its file. */
export interface AppliedRevision {
  revision: string;
  outcome: 'applied' | 'recorded' | 'stamped';
  checksum: string;
  parents: string[];
  dependsOn: string[];
  phase: Phase;
  summary: string;
  actor: string;
  /** ISO, UTC. */
  finishedAt: string;
}

/** Begun in this direction and not finished. `undo`: an upgrade that was begun, and is being taken back. */
export interface UnfinishedRevision {
  revision: string;
  direction: Direction;
  undo: boolean;
}

export interface JournalState {
  applied: ReadonlyMap<string, AppliedRevision>;
  /** Something of it is in the database. */
  unfinished: readonly UnfinishedRevision[];
  /** False: no run has been here yet. */
  exists: boolean;
}

/** Only reads; a database without a journal has nothing applied. Throws `journal_unreadable`. */
export async function readJournalState(database: Queryable, schema: string): Promise<JournalState> {
  if (await journalExists(database, schema)) return readJournal(database, schema);
  return { applied: new Map(), unfinished: [], exists: false };
}

/** The same of a journal that exists. */
export async function readJournal(database: Queryable, schema: string): Promise<JournalState> {
  try {
    const applied = await readApplied(database, schema);
    return { applied, unfinished: await readUnfinished(database, schema, applied), exists: true };
  } catch (error) {
    const server = parseServerError(error);
    if (server?.sqlstate !== '42501') throw explainForeignJournal(error, schema) ?? error;
    const hint = `GRANT USAGE ON SCHEMA ${quoteName(schema)} and SELECT ON ALL TABLES IN SCHEMA ${quoteName(schema)} to this role.`;
    throw new MigrationError(
      { code: 'journal_unreadable', message: server.message, sqlstate: server.sqlstate, hint },
      { cause: error },
    );
  }
}

export type StepState = 'running' | 'done' | 'failed';

/** The steps of a revision's last round that were begun, by name. The journal must exist. */
export async function readStepStates(
  database: Queryable,
  round: { schema: string; revision: string; direction: Direction },
): Promise<ReadonlyMap<string, StepState>> {
  const { rows } = await database.query(
    `SELECT step, state FROM ${quoteName(round.schema)}.step_log WHERE revision = $1 AND direction = $2`,
    [round.revision, round.direction],
  );
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- both NOT NULL, state has a CHECK
  const list = rows as { step: string; state: StepState }[];
  return new Map(list.map(({ step, state }) => [step, state]));
}

/** The rows of the version table that were accepted as another history's; undefined: the journal is older than this question. */
export async function readAcceptedVersions(database: Queryable, schema: string): Promise<string[] | undefined> {
  const { rows: found } = await database.query(
    `SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname = 'foreign_versions'`,
    [schema],
  );
  if (found.length === 0) return undefined;
  const { rows } = await database.query(`SELECT version_num AS version FROM ${quoteName(schema)}.foreign_versions`, []);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the primary key of the statement above
  return (rows as { version: string }[]).map((row) => row.version);
}

/**
 * Whether a file is not the one that was applied. Python's have no checksum, because Alembic allows their text to change; so a
 * SQL file may take the place of a Python one with the same id.
 */
export function isEdited(applied: Pick<AppliedRevision, 'checksum'>, revision: Revision): boolean {
  if (applied.checksum === '' || revision.executor === 'alembic') return false;
  return applied.checksum !== revision.checksum;
}

/** Revisions that no other applied one has as its parent, sorted. */
export function appliedHeads(applied: ReadonlyMap<string, Pick<Revision, 'parents'>>): string[] {
  const parents = new Set([...applied.values()].flatMap((revision) => revision.parents));
  return [...applied.keys()].filter((id) => !parents.has(id)).toSorted();
}

/** The catalog may be read by everybody, to_regclass() on a foreign schema may not. */
async function journalExists(database: Queryable, schema: string): Promise<boolean> {
  const { rows } = await database.query(
    `SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname IN ('revision_log', 'step_log')`,
    [schema],
  );
  return rows.length === 2;
}

async function readApplied(database: Queryable, schema: string): Promise<Map<string, AppliedRevision>> {
  const { rows } = await database.query(
    `SELECT revision, outcome, checksum, parents, "dependsOn", phase, summary, actor, "finishedAt" FROM (
       SELECT DISTINCT ON (revision) revision, direction, outcome, checksum, parents, depends_on AS "dependsOn", phase, summary,
              actor, to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "finishedAt"
         FROM ${quoteName(schema)}.revision_log
        ORDER BY revision, seq DESC
     ) AS last WHERE direction = 'up'`,
    [],
  );
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- listed above, and NOT NULL in the journal
  const list = rows as AppliedRevision[];
  return new Map(list.map((row) => [row.revision, row]));
}

/** A failed transactional step left nothing; a finished one, or any other kind, may have. */
async function readUnfinished(
  database: Queryable,
  schema: string,
  applied: ReadonlyMap<string, AppliedRevision>,
): Promise<JournalState['unfinished']> {
  const { rows } = await database.query(
    `SELECT revision, array_agg(DISTINCT direction) AS directions FROM ${quoteName(schema)}.step_log
      WHERE state = 'done' OR mode <> 'tx' GROUP BY revision ORDER BY revision`,
    [],
  );
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- both NOT NULL, direction has a CHECK
  const list = rows as { revision: string; directions: Direction[] }[];
  return list.flatMap(({ revision, directions }): UnfinishedRevision[] => {
    const begun: Direction = applied.has(revision) ? 'down' : 'up';
    if (!directions.includes(begun)) return [];
    return [
      {
        revision,
        direction: begun === 'up' && directions.length > 1 ? 'down' : begun,
        undo: directions.length > 1 && begun === 'up',
      },
    ];
  });
}
