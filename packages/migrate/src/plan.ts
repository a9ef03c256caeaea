import { inspectAdoption } from './adoption/inspect.ts';
import { appliedByBoth, compareVersions } from './alembic/compare-versions.ts';
import { assertNoAlembic } from './alembic/needs-alembic.ts';
import { readVersionRows } from './alembic/version-table.ts';
import { asQueryable, openSession, type Session } from './connection.ts';
import { MigrationError, type MigrationFault } from './errors.ts';
import { effectiveHeads } from './graph/lineage.ts';
import { assertTarget, planDowngrade, planUpgrade, type RevisionGraph } from './graph.ts';
import {
  appliedHeads,
  type JournalState,
  readAcceptedVersions,
  readJournalState,
  readStepStates,
} from './journal-state.ts';
import type { PredictedLocks, StepLock } from './lint/lint.ts';
import { type RunOptions, type Settings, settingsOf } from './options.ts';
import { pinSession } from './pin-session.ts';
import { assertChecks } from './preflight/checks.ts';
import { assertNothingLost } from './preflight/preflight.ts';
import type { Direction, Phase, Revision, Step } from './revision.ts';
import { assertRunnable } from './run.ts';
import { asMigrationError } from './under-lock.ts';

/** What a run would do now. */
export interface RunPlan {
  direction: Direction;
  target: string;
  /** The database's heads. */
  from: string[];
  /** In the order in which they would run; empty: nothing to do. */
  revisions: PlannedRevision[];
  /** What the run would refuse to begin for, with the numbers: rows that would be lost, checks of the files that do not hold. */
  refusals: readonly MigrationFault[];
}

export interface PlannedRevision {
  revision: string;
  phase: Phase;
  summary: string;
  file: string;
  /**
   * `record` and `unrecord`: only the journal changes, because the tables of a baseline were there before. `alembic`: Python's
   * Alembic is called.
   */
  will: 'run' | 'record' | 'unrecord' | 'alembic';
  steps: PlannedStep[];
}

export interface PlannedStep {
  step: string;
  mode: Step['mode'];
  /** As it would be sent; of a batch, for each batch. */
  sql: string;
  /** Where it stands. */
  line: number;
  /** `done` by an earlier run, which did not finish the revision; `running` or `failed`: it is settled and run. */
  state: 'pending' | 'done' | 'running' | 'failed';
  /** As its text promises them; of what it makes itself, none. `lint --measure` runs it and looks. */
  locks: readonly StepLock[];
  /** False: it is code, or composes statements when it runs, and may lock more. */
  locksAreKnown: boolean;
  /** Only of a batch. */
  batch?: { table: string; key: readonly string[]; size: number; pauseMs: number };
}

export interface PlanRunOptions extends RunOptions {
  direction: Direction;
  target: string;
  /** Called before SQL is parsed, which it is only where there is something to plan. */
  beforeParsing?: (() => void) | undefined;
}

/**
 * Asks the database and writes nothing, takes no migration lock, and refuses what the run would refuse. A baseline that may be there
 * already is compared as the run does it, in a transaction that is rolled back.
 */
export async function planRun(graph: RevisionGraph, options: PlanRunOptions): Promise<RunPlan> {
  const { direction, target, beforeParsing, ...rest } = options;
  assertTarget(graph, direction, target);
  const settings = settingsOf(rest);
  const session = await openSession(rest.connection);
  try {
    await pinSession(session, settings, {
      applicationName: 'stanchion:planning',
      lockTimeoutMs: settings.objectLockWaitMs,
    });
    const state = await readJournalState(asQueryable(session), settings.journalSchema);
    const plan = (applied: ReadonlySet<string>): Revision[] =>
      direction === 'up' ? planUpgrade(graph, applied, target) : planDowngrade(graph, applied, target);
    const applied = await readApplied(graph, { session, settings, state });
    const revisions = plan(applied);
    assertRunnable({ graph, direction }, state, revisions);
    if (!settings.runAlembic) assertNoAlembic(graph, revisions, direction);
    const planned: PlannedRevision[] = [];
    const accepted = await readAcceptedVersions(asQueryable(session), settings.journalSchema);
    const present =
      direction === 'up'
        ? await inspectAdoption({ session, settings, accepted }, { graph, preview: plan }, state)
        : new Map<string, boolean>();
    const locks = await readLocks(session, graph, { settings, revisions, beforeParsing });
    for (const revision of revisions) {
      planned.push(await planRevision({ session, settings, state, direction, locks, present }, revision));
    }
    const refusals = await findRefusals({ session, settings, direction }, { revisions, planned });
    // What Alembic applied or reverted since is in the version table alone.
    const isJournalled = applied.symmetricDifference(new Set(state.applied.keys())).size === 0;
    const from = isJournalled ? appliedHeads(state.applied) : effectiveHeads(graph.map, applied).toSorted();
    return { direction, target, from, revisions: planned, refusals };
  } catch (error) {
    throw asMigrationError(error) ?? error;
  } finally {
    await session.close();
  }
}

/** As the run asks before it begins, of the steps that are left. */
async function findRefusals(
  { session, settings, direction }: Pick<Planning, 'session' | 'settings' | 'direction'>,
  plan: { revisions: readonly Revision[]; planned: readonly PlannedRevision[] },
): Promise<readonly MigrationFault[]> {
  const work = plan.revisions.flatMap((revision) => {
    const found = plan.planned.find((one) => one.revision === revision.id);
    if (found?.will !== 'run') return [];
    const left = new Set(found.steps.filter((one) => one.state !== 'done').map((one) => one.step));
    const steps = direction === 'up' ? revision.up : (revision.down ?? []);
    return [{ revision, steps: steps.filter((one) => left.has(one.name)) }];
  });
  try {
    await assertChecks(session, { revisions: work.map((one) => one.revision), direction, early: true });
    await assertNothingLost({ session, settings }, { direction, work });
    return [];
  } catch (error) {
    if (error instanceof MigrationError) return error.faults;
    throw error;
  }
}

/** As a run would find it: what Alembic ran or reverted since is in the version table alone. */
async function readApplied(
  graph: RevisionGraph,
  { session, settings, state }: Pick<Planning, 'session' | 'settings' | 'state'>,
): Promise<Set<string>> {
  const journalled = new Set(state.applied.keys());
  const rows = await readVersionRows(asQueryable(session), settings.versionTable);
  const accepted = await readAcceptedVersions(asQueryable(session), settings.journalSchema);
  if (rows === undefined || (rows.length === 0 && accepted === undefined)) return journalled;
  return appliedByBoth(journalled, compareVersions(graph, journalled, rows));
}

interface Planning {
  session: Session;
  settings: Settings;
  state: JournalState;
  direction: Direction;
  locks: ReadonlyMap<string, PredictedLocks>;
  present: ReadonlyMap<string, boolean>;
}

/** PostgreSQL's parser is loaded only where there is a plan. */
async function readLocks(
  session: Session,
  graph: RevisionGraph,
  {
    settings,
    revisions,
    beforeParsing,
  }: { settings: Settings; revisions: readonly Revision[] } & Pick<PlanRunOptions, 'beforeParsing'>,
): Promise<ReadonlyMap<string, PredictedLocks>> {
  if (revisions.length === 0) return new Map();
  const { predictLocks } = await import('./lint/lint.ts');
  const [row] = await session.query<{ version: number }>(
    `SELECT current_setting('server_version_num')::int AS version`,
  );
  const [defaultSchema] = settings.searchPath;
  beforeParsing?.();
  return predictLocks(graph, {
    ...(row === undefined ? {} : { serverVersion: row.version }),
    ...(defaultSchema === undefined ? {} : { defaultSchema }),
  });
}

async function planRevision(planning: Planning, revision: Revision): Promise<PlannedRevision> {
  const { id, phase, summary, file } = revision;
  const will = decide(planning, revision);
  const steps = planning.direction === 'up' ? revision.up : (revision.down ?? []);
  const states = will === 'run' ? await stepStates(planning, id) : new Map<string, PlannedStep['state']>();
  return {
    ...{ revision: id, phase, summary, file, will },
    steps: will === 'run' ? steps.map((step) => planStep(planning, { revision, step, states })) : [],
  };
}

function decide({ state, direction, present }: Planning, revision: Revision): PlannedRevision['will'] {
  if (revision.executor === 'alembic') return 'alembic';
  if (direction === 'down') return state.applied.get(revision.id)?.outcome === 'recorded' ? 'unrecord' : 'run';
  const begun = state.unfinished.some((half) => half.revision === revision.id);
  return !begun && present.get(revision.id) === true ? 'record' : 'run';
}

function planStep(
  { locks, direction }: Planning,
  { revision, step, states }: { revision: Revision; step: Step; states: ReadonlyMap<string, PlannedStep['state']> },
): PlannedStep {
  const sql = step.code ? '-- code' : step.sql.trim();
  const state = states.get(step.name) ?? 'pending';
  const predicted = locks.get(`${revision.id}:${direction}:${step.name}`);
  const base = {
    ...{ step: step.name, mode: step.mode, sql, line: step.line, state },
    ...{ locks: predicted?.locks ?? [], locksAreKnown: predicted?.isComplete ?? false },
  };
  if (step.mode !== 'batch') return base;
  const { table, key, size, pauseMs } = step;
  return { ...base, batch: { table, key, size, pauseMs } };
}

async function stepStates(planning: Planning, revision: string): Promise<ReadonlyMap<string, PlannedStep['state']>> {
  const { session, settings, state, direction } = planning;
  if (!state.unfinished.some((half) => half.revision === revision)) return new Map();
  return readStepStates(asQueryable(session), { schema: settings.journalSchema, revision, direction });
}
