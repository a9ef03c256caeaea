import { type FinishedRevision, MigrationError } from '../errors.ts';
import type { RunOptions } from '../options.ts';
import type { Revision } from '../revision.ts';
import { type PlannedRun, type RunResult, runPlan } from '../run.ts';
import { callAlembic } from './call-alembic.ts';
import { type AlembicPart, findAlembicPart, renderAlembicCommand } from './needs-alembic.ts';

/**
 * Runs a plan in which Python revisions stand, ours here and theirs by Alembic, in turn. The lock is free while Alembic runs:
 * its env.py may want it. The plan is made once, so that `+2` stays what it was.
 */
export async function runWithAlembic(planned: PlannedRun, options: RunOptions): Promise<RunResult> {
  const finished: FinishedRevision[] = [];
  let from: string[] | undefined;
  let wanted: readonly Revision[] | undefined;
  let waitedMs = 0;
  let called: AlembicPart | undefined;
  for (;;) {
    let part: AlembicPart | undefined;
    const plan = (applied: ReadonlySet<string>): Revision[] => {
      wanted ??= planned.plan(applied);
      const left = wanted.filter(({ id }) => applied.has(id) !== (planned.direction === 'up'));
      part = findAlembicPart(left, planned.direction);
      return part ? [...part.before] : left;
    };
    const result = await runPlan({ ...planned, plan }, options).catch((error: unknown) => {
      if (error instanceof MigrationError) error.finished = [...finished, ...error.finished];
      throw error;
    });
    finished.push(...result.finished);
    from ??= result.from;
    waitedMs += result.waitedMs;
    if (!part) return { from, to: result.to, finished, waitedMs };
    assertMoved(planned, called, part);
    called = part;
    finished.push(...(await runPart(planned, part, { options, finished })));
  }
}

async function runPart(
  planned: PlannedRun,
  part: AlembicPart,
  { options, finished }: { options: RunOptions; finished: FinishedRevision[] },
): Promise<FinishedRevision[]> {
  const { graph, direction } = planned;
  const began = performance.now();
  for (const { id, summary } of part.revisions) {
    options.onEvent?.({ type: 'revision_started', revision: id, direction, summary, resumed: false });
  }
  try {
    await callAlembic(graph, part, options.signal);
  } catch (error) {
    if (error instanceof MigrationError) error.finished = finished;
    throw error;
  }
  const durationMs = Math.round((performance.now() - began) / part.revisions.length);
  const outcome = direction === 'up' ? 'applied' : 'reverted';
  return part.revisions.map(({ id: revision }) => {
    options.onEvent?.({ type: 'revision_finished', direction, revision, outcome, durationMs });
    return { revision, outcome, durationMs };
  });
}

/** Alembic that ends well and moves nothing works on another database. */
function assertMoved({ graph }: PlannedRun, called: AlembicPart | undefined, part: AlembicPart): void {
  if (called?.revisions[0] !== part.revisions[0] || called === undefined) return;
  const command = renderAlembicCommand(graph, part);
  const message = `\`${command}\` ended well, but ${part.target} is not where this database is: does it use another one?`;
  throw new MigrationError({ code: 'alembic_failed', message });
}
