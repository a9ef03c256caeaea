import { assertReplayable } from '../alembic/needs-alembic.ts';
import { archiveSchemaOf } from '../archive/install.ts';
import { type ConnectionSource, openSession, type Session } from '../connection.ts';
import { MigrationError } from '../errors.ts';
import type { RevisionGraph } from '../graph.ts';
import { defaultJournalSchema, type RunOptions } from '../options.ts';
import type { Direction, Revision } from '../revision.ts';
import { runPlan } from '../run.ts';
import { compareSchemas, describeDifference } from '../schema/compare.ts';
import type { Schema } from '../schema/objects.ts';
import { readSchema } from '../schema/read-schema.ts';
import { fillRows, type Unfilled } from './fill-rows.ts';
import { type Rows, readRows, rowDifferences } from './rows.ts';

export interface VerifyOptions extends Pick<RunOptions, 'journalSchema' | 'searchPath' | 'signal'> {
  /** An empty database of its own, which is left full: a shadow's. */
  readonly connection: ConnectionSource;
  /** Rows that each table gets. Default 12. */
  readonly rows?: number;
  /** Only these are taken there and back; the others are applied. Default: all. */
  readonly only?: ReadonlySet<string>;
  readonly onRevision?: (revision: string) => void;
}

/**
 * `passed`: up, down and up again, the catalog as before each time and every row that was there before still there.
 * `refused`: the down would have lost rows or values and said so. `irreversible`: there is no down. `differs`: see the differences.
 */
export type VerifyOutcome = 'passed' | 'refused' | 'irreversible' | 'differs';

export interface VerifiedTrip {
  /** A revision, or `base`: the whole chain down as far as it goes, and up again. */
  readonly revision: string;
  readonly outcome: VerifyOutcome;
  /** Rows that were there before it. */
  readonly rows: number;
  readonly differences: readonly string[];
  /** Why a down refused. */
  readonly refusal?: string;
  /** Why the up refuses the generated rows, which may break what it asks of rows: it was taken with empty tables. */
  readonly unfit?: string;
  /** The second up fails: nothing behind it was looked at. */
  readonly isStuck?: true;
}

export interface VerifyReport {
  readonly trips: readonly VerifiedTrip[];
  /** Tables that no values were found for, with PostgreSQL's words: nothing is proven about their rows. */
  readonly unfilled: readonly Unfilled[];
}

/**
 * Takes every revision there, back and there again with rows in every table, and then the whole chain. Throws MigrationError when
 * an up fails, without any row as well: then nothing behind it can be verified.
 */
export async function verifyRevisions(graph: RevisionGraph, options: VerifyOptions): Promise<VerifyReport> {
  assertReplayable(graph.order, 'verify');
  const session = await openSession(options.connection);
  try {
    const run = runOf(graph, options, session);
    const trips: VerifiedTrip[] = [];
    const unfilled = new Map<string, Unfilled>();
    for (const revision of graph.order) {
      if (options.signal?.aborted) throw new MigrationError({ code: 'aborted', message: 'stopped as asked' });
      options.onRevision?.(revision.id);
      for (const one of await fill(run)) unfilled.set(one.table, one);
      if (options.only && !options.only.has(revision.id)) await firstUp(run, revision);
      else trips.push(await verifyOne(run, revision));
      // What comes behind cannot be taken there any more.
      if (trips.at(-1)?.isStuck === true) break;
    }
    if (!options.only && trips.at(-1)?.isStuck !== true) trips.push(await verifyChain(run));
    return { trips, unfilled: [...unfilled.values()] };
  } finally {
    await session.close();
  }
}

interface VerifyRun {
  readonly graph: RevisionGraph;
  readonly session: Session;
  readonly rows: number;
  readonly ignoreSchemas: readonly string[];
  readonly searchPath: readonly string[];
  readonly runOptions: RunOptions;
}

function runOf(graph: RevisionGraph, options: VerifyOptions, session: Session): VerifyRun {
  const { connection, journalSchema = defaultJournalSchema, searchPath = ['public'], signal } = options;
  return {
    graph,
    session,
    rows: options.rows ?? 12,
    ignoreSchemas: [journalSchema, archiveSchemaOf(journalSchema)],
    searchPath,
    runOptions: { connection, journalSchema, searchPath, ...(signal ? { signal } : {}) },
  };
}

async function verifyOne(run: VerifyRun, revision: Revision): Promise<VerifiedTrip> {
  const filled = await look(run);
  const unfit = await firstUp(run, revision);
  const before = unfit === undefined ? filled : { ...filled, rows: withoutRows(filled.rows) };
  const rows = [...before.rows.values()].reduce((sum, one) => sum + one.rows.length, 0);
  const trip = { revision: revision.id, rows, ...(unfit === undefined ? {} : { unfit }) };
  if (!revision.down) return { ...trip, outcome: 'irreversible', differences: [] };
  const above = await look(run);
  const refusal = await tryDown(run, revision);
  if (refusal !== undefined) return { ...trip, outcome: 'refused', differences: [], refusal };
  const below = await differences(run, before, 'after down');
  const failure = await tryUp(run, [revision]);
  if (failure !== undefined) return { ...trip, outcome: 'differs', differences: [...below, failure], isStuck: true };
  // What the revision itself computes may be another value the second time; what was there before may not.
  const again = await differences(run, { schema: above.schema, rows: before.rows }, 'after the second up');
  return {
    ...trip,
    outcome: below.length + again.length === 0 ? 'passed' : 'differs',
    differences: [...below, ...again],
  };
}

/** Undefined: it went through; else what it says of the generated rows, and it went through without any. */
async function firstUp(run: VerifyRun, revision: Revision): Promise<string | undefined> {
  try {
    await move(run, 'up', [revision]);
    return undefined;
  } catch (error) {
    if (!(error instanceof MigrationError) || !asksOfRows(error)) throw error;
    const tables = [...(await readRows(run.session, run.ignoreSchemas)).keys()];
    await run.session.execute(`TRUNCATE ${tables.join(', ')} CASCADE`);
    // Its steps that are done are not repeated.
    await move(run, 'up', [revision]).catch((again: unknown) => {
      throw again instanceof MigrationError ? error : again;
    });
    return error.message;
  }
}

/** integrity_constraint_violation and its kin, or an error that a revision raises itself. */
function asksOfRows(error: MigrationError): boolean {
  return (
    isRefusal(error) ||
    (error.code === 'sql_failed' && error.faults.every(({ sqlstate }) => sqlstate?.startsWith('23')))
  );
}

function withoutRows(rows: Rows): Rows {
  return new Map([...rows].map(([table, { columns }]) => [table, { columns, rows: [] }]));
}

/** From the heads down until one refuses, then up again: what is there below and at the top may not change. */
async function verifyChain(run: VerifyRun): Promise<VerifiedTrip> {
  await fill(run);
  const top = await look(run);
  const reverted: Revision[] = [];
  let refusal: string | undefined;
  for (const revision of run.graph.order.toReversed()) {
    refusal = revision.down ? await tryDown(run, revision) : `${revision.id} has no down section`;
    if (refusal !== undefined) break;
    reverted.push(revision);
  }
  const bottom = await look(run);
  const trip = { revision: 'base', rows: [...top.rows.values()].reduce((sum, one) => sum + one.rows.length, 0) };
  const failure = await tryUp(run, reverted.toReversed());
  if (failure !== undefined) return { ...trip, outcome: 'differs', differences: [failure], isStuck: true };
  const kept = new Map(
    [...bottom.rows].flatMap(([table, { columns }]) => {
      const rows = top.rows.get(table);
      return rows
        ? [[table, { columns: columns.filter((name) => rows.columns.includes(name)), rows: [] }] as const]
        : [];
    }),
  );
  const wanted = project(top.rows, kept);
  const found = await differences(run, { schema: top.schema, rows: wanted }, 'after the whole chain');
  if (found.length > 0) return { ...trip, outcome: 'differs', differences: found };
  if (refusal !== undefined) return { ...trip, outcome: 'refused', differences: [], refusal };
  return { ...trip, outcome: 'passed', differences: [] };
}

/** Only tables whose columns all lived below: of others the rows cannot be told apart by text. */
function project(rows: Rows, below: Rows): Rows {
  return new Map([...rows].filter(([table, { columns }]) => below.get(table)?.columns.length === columns.length));
}

interface Look {
  readonly schema: Schema;
  readonly rows: Rows;
}

async function look({ session, searchPath, ignoreSchemas }: VerifyRun): Promise<Look> {
  const schema = await readSchema(session, { searchPath, ignoreSchemas, ignoreTables: ['alembic_version'] });
  return { schema, rows: await readRows(session, ignoreSchemas) };
}

async function differences(run: VerifyRun, wanted: Look, when: string): Promise<string[]> {
  const { schema } = await look(run);
  const rows = await readRows(run.session, run.ignoreSchemas, wanted.rows);
  const found = [
    ...compareSchemas(wanted.schema, schema).map(describeDifference),
    ...rowDifferences(wanted.rows, rows),
  ];
  return found.map((one) => `${when}: ${one}`);
}

async function fill({ session, rows, ignoreSchemas }: VerifyRun): Promise<readonly Unfilled[]> {
  await session.execute("BEGIN; SET LOCAL TimeZone = 'UTC'");
  try {
    const { unfilled } = await fillRows(session, { rows, ignoreSchemas });
    await session.execute('COMMIT');
    return unfilled;
  } catch (error) {
    await session.execute('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

async function move(run: VerifyRun, direction: Direction, revisions: readonly Revision[]): Promise<void> {
  if (revisions.length === 0) return;
  await runPlan({ graph: run.graph, direction, plan: () => [...revisions] }, run.runOptions);
}

/** Undefined: it went through a second time. */
async function tryUp(run: VerifyRun, revisions: readonly Revision[]): Promise<string | undefined> {
  try {
    await move(run, 'up', revisions);
    return undefined;
  } catch (error) {
    if (error instanceof MigrationError && error.code === 'sql_failed') return `the second up fails: ${error.message}`;
    throw error;
  }
}

/** Undefined: it is reverted. A down that raises an error of its own about rows refuses as well. */
async function tryDown(run: VerifyRun, revision: Revision): Promise<string | undefined> {
  try {
    await move(run, 'down', [revision]);
    return undefined;
  } catch (error) {
    if (error instanceof MigrationError && isRefusal(error)) return error.message;
    throw error;
  }
}

/** object_not_in_prerequisite_state is what PostgreSQL and our own revisions raise; P0001 is a plain RAISE EXCEPTION. */
function isRefusal({ code, faults }: MigrationError): boolean {
  if (code === 'would_lose_data' || code === 'check_failed') return true;
  return code === 'sql_failed' && faults.every(({ sqlstate }) => sqlstate === '55000' || sqlstate === 'P0001');
}
