import { assertReplayable } from '../alembic/needs-alembic.ts';
import type { ConnectionSource, Session } from '../connection.ts';
import { MigrationError } from '../errors.ts';
import type { RevisionGraph } from '../graph.ts';
import { openJournal } from '../journal.ts';
import { type RunOptions, type Settings, settingsOf } from '../options.ts';
import { pinSession } from '../pin-session.ts';
import { createPrepared } from '../prepared.ts';
import type { Direction, Revision, Step, StepDatabase } from '../revision.ts';
import { scanSql, splitStatements } from '../sql-lexer.ts';
import { quoteName, quoteQualifiedName } from '../sql-names.ts';
import { sqlFault } from '../steps/sql-fault.ts';
import { type OutsideSessions, withOutsideSessions } from './outside.ts';
import type { MeasuredStatement, MeasureReport } from './report.ts';
import { type Relations, readRelations } from './snapshot.ts';
import { measureOutside, measureStatement, measureWork, type StatementFacts } from './statement.ts';

export interface MeasureOptions extends Pick<RunOptions, 'journalSchema' | 'searchPath' | 'signal'> {
  /** An empty database of its own, which is left full: a shadow's. */
  readonly connection: ConnectionSource;
}

/**
 * Runs every revision up and then all down again in an empty database, and reads, statement by statement, what it locked, rewrote,
 * scanned and indexed of what was there before. The tables hold no rows, so that it takes no time and no refusal to lose rows
 * speaks up; PostgreSQL decides on all four without looking at their number. Throws MigrationError `sql_failed`.
 */
export async function measureRevisions(graph: RevisionGraph, options: MeasureOptions): Promise<MeasureReport> {
  assertReplayable(graph.order, 'measuring');
  const settings = settingsOf(options);
  return withOutsideSessions(options.connection, async (sessions) => {
    const { worker } = sessions;
    await openJournal(worker, { ...settings, actor: null }, { prepared: createPrepared(), archiveComment: null });
    const statements: MeasuredStatement[] = [];
    const run: MeasureRun = { sessions, settings, statements };
    for (const revision of graph.order) await runSection(run, revision, 'up');
    for (const revision of graph.order.toReversed()) {
      // What stands below it cannot be taken back either.
      if (!revision.down) break;
      await runSection(run, revision, 'down');
    }
    return { serverVersion: await readVersion(worker), statements };
  });
}

interface MeasureRun {
  readonly sessions: OutsideSessions;
  readonly settings: Settings;
  readonly statements: MeasuredStatement[];
}

async function runSection(run: MeasureRun, revision: Revision, direction: Direction): Promise<void> {
  const { settings, statements } = run;
  const { worker } = run.sessions;
  // The journal is the runner's, which knows how it uses it.
  const before = await readRelations(worker, settings.journalSchema);
  for (const step of direction === 'up' ? revision.up : (revision.down ?? [])) {
    await pinSession(worker, settings, { applicationName: 'stanchion:measure', lockTimeoutMs: 0 });
    try {
      const found = step.mode === 'notx' ? [await runAlone(run, step, before)] : await runTogether(run, step, before);
      for (const [statement, one] of found.entries())
        statements.push({ revision: revision.id, direction, step: step.name, statement, ...one });
    } catch (error) {
      const fault = sqlFault(error, { revision, step });
      throw fault ? new MigrationError(fault, { cause: error }) : error;
    }
  }
}

/** A transactional step or one batch of a batch step, statement by statement in its transaction. */
async function runTogether(
  { sessions: { worker } }: MeasureRun,
  step: Step,
  before: Relations,
): Promise<StatementFacts[]> {
  const found: StatementFacts[] = [];
  await worker.execute('BEGIN');
  try {
    if (step.mode === 'batch') await createKeys(worker, step);
    if (step.code) found.push(...(await runCode(worker, step, before)));
    else for (const sql of statementsOf(step)) found.push(await measureStatement(worker, sql, before));
    await worker.execute('COMMIT');
    return found;
  } catch (error) {
    await worker.execute('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** Of code each query counts as a statement. There are no rows, hence no keys. */
async function runCode(worker: Session, step: Step, before: Relations): Promise<StatementFacts[]> {
  const found: StatementFacts[] = [];
  const query: StepDatabase['query'] = async (text, values = []) => {
    const work = async () => worker.run<Record<string, unknown>>(text, values);
    const { result, facts } = await measureWork(worker, work, before);
    found.push(facts);
    return { rows: result.rows, rowCount: result.rowCount ?? 0 };
  };
  await step.code?.({ query }, { keys: [] });
  return found;
}

async function runAlone({ sessions }: MeasureRun, step: Step, before: Relations): Promise<StatementFacts> {
  return measureOutside(sessions, step.sql, before);
}

/** The statements one by one: sent together, their locks could not be told apart. */
function statementsOf(step: Step): string[] {
  return splitStatements(scanSql(step.sql).tokens).map(({ start, end }) => step.sql.slice(start, end));
}

async function createKeys(session: Session, step: Extract<Step, { mode: 'batch' }>): Promise<void> {
  const columns = step.key.map(quoteName).join(', ');
  await session.execute(
    `CREATE TEMP TABLE batch_keys ON COMMIT DROP AS
       SELECT ${columns} FROM ${quoteQualifiedName(step.table)} LIMIT ${step.size}`,
  );
}

async function readVersion(session: Session): Promise<number> {
  const [row] = await session
    .query<{ version: string }>('SHOW server_version_num')
    .then((rows) => rows.map((one) => ({ version: String(Object.values(one)[0]) })));
  return Number(row?.version);
}
