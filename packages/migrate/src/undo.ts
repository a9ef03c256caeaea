import { openGuard } from './alembic/open-guard.ts';
import { asQueryable, openSession } from './connection.ts';
import { type FinishedRevision, MigrationError, type MigrationFault } from './errors.ts';
import { getRevision, type RevisionGraph } from './graph.ts';
import type { StepRecord } from './journal.ts';
import { readJournalState, readStepStates } from './journal-state.ts';
import { type RunOptions, settingsOf } from './options.ts';
import type { Revision, Step } from './revision.ts';
import { assertStepsUnchanged, runRevision, splitRecords } from './run-revision.ts';
import { scanSql, splitStatements } from './sql-lexer.ts';
import { underLock } from './under-lock.ts';

/**
 * Takes back an upgrade that was begun and not finished, with the down steps that correspond to what was begun. Nothing runs when
 * one of them would also take back what was never there. Throws `not_in_doubt` when the revision is not half applied, and
 * `cannot_undo`, which says of each step why not.
 */
export async function undo(
  graph: RevisionGraph,
  options: RunOptions & { revision: string },
): Promise<FinishedRevision> {
  const { revision: name, ...rest } = options;
  const revision = getRevision(graph, name);
  return underLock(rest, async (run, before) => {
    const half = before.unfinished.find((one) => one.revision === revision.id);
    if (!half || before.applied.has(revision.id)) throw notHalf(revision, half !== undefined);
    const all = (await run.journal.listSteps([revision.id])).get(revision.id) ?? [];
    const records = all.filter(({ direction }) => direction === 'up');
    assertStepsUnchanged(revision, revision.up, records);
    const begun = records.filter(leftSomething);
    const steps = planUndo(revision, begun);
    const { guard } = await openGuard(run, graph, before);
    const work = { revision: { ...revision, down: steps }, ...splitRecords(all, 'down'), recorded: false };
    return runRevision({ ...run, guard, direction: 'down', ...work });
  });
}

/** What `undo` would run, in that order: writes nothing, takes no lock, and throws what it would throw. */
export async function planUndoOf(
  graph: RevisionGraph,
  options: RunOptions & { revision: string },
): Promise<{ revision: string; steps: string[] }> {
  const { revision: name, ...rest } = options;
  const revision = getRevision(graph, name);
  const { journalSchema } = settingsOf(rest);
  const session = await openSession(rest.connection);
  try {
    const database = asQueryable(session);
    const state = await readJournalState(database, journalSchema);
    const half = state.unfinished.find((one) => one.revision === revision.id);
    if (!half || state.applied.has(revision.id)) throw notHalf(revision, half !== undefined);
    const states = await readStepStates(database, { schema: journalSchema, revision: revision.id, direction: 'up' });
    const modes = new Map(revision.up.map(({ name: step, mode }) => [step, mode]));
    const begun = [...states].map(([step, found]) => ({ step, state: found, mode: modes.get(step) ?? 'notx' }));
    return { revision: revision.id, steps: planUndo(revision, begun.filter(leftSomething)).map((step) => step.name) };
  } finally {
    await session.close();
  }
}

/** The down steps to run, in their order; throws `cannot_undo`. */
export function planUndo(revision: Revision, begun: readonly Pick<StepRecord, 'step'>[]): Step[] {
  if (!revision.down) throw refusal(revision, ['the file has no down section']);
  const names = new Set(begun.map((record) => record.step));
  const reasons: string[] = [];
  const steps = revision.down.filter((step) => {
    const undone = undoneBy(revision, step);
    const missing = undone.filter((name) => !names.has(name));
    if (missing.length === undone.length) return false;
    if (missing.length > 0 && !isRobust(step)) {
      reasons.push(
        `down step ${step.name} takes back ${undone.join(', ')}, but ${missing.join(', ')} never began: say undoes=<up steps> ` +
          'in the file, or write IF EXISTS into each of its statements',
      );
    }
    return true;
  });
  if (reasons.length > 0) throw refusal(revision, reasons);
  return steps;
}

/** Its own word, the up step of the same name, or else all of them. */
function undoneBy(revision: Revision, step: Step): readonly string[] {
  if (step.undoes) return step.undoes;
  const names = revision.up.map((one) => one.name);
  return names.includes(step.name) ? [step.name] : names;
}

/** Runs as well where what it drops is not there. */
function isRobust(step: Step): boolean {
  if (step.code) return false;
  return splitStatements(scanSql(step.sql).tokens).every(({ tokens }) => {
    const words = tokens.map((token) => (token.kind === 'word' ? token.text : ' '));
    const drops = words.filter((word) => word === 'drop').length;
    const guards = words.join(' ').match(/\bif exists\b/g)?.length ?? 0;
    const isDrop = words[0] === 'drop' ? guards === 1 : words[0] === 'alter' && drops > 0 && guards > drops;
    return isDrop;
  });
}

/** A transactional step that failed left nothing. */
function leftSomething({ mode, state }: Pick<StepRecord, 'mode' | 'state'>): boolean {
  return state === 'done' || mode !== 'tx';
}

function notHalf(revision: Revision, goesDown: boolean): MigrationError {
  return new MigrationError({
    code: 'not_in_doubt',
    message: goesDown
      ? `it is the downgrade of revision ${revision.id} that was begun; finish it, and upgrade again`
      : `no upgrade of revision ${revision.id} was begun and not finished`,
    file: revision.file,
    revision: revision.id,
  });
}

function refusal(revision: Revision, reasons: readonly string[]): MigrationError {
  return new MigrationError(
    reasons.map((message): MigrationFault => {
      const hint = 'Nothing was run. Or mend what stopped the upgrade and finish it.';
      return { code: 'cannot_undo', message, file: revision.file, revision: revision.id, hint };
    }),
  );
}
