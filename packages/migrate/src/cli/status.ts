import { setTimeout as delay } from 'node:timers/promises';
import { type RunnerStatus, type RunningRunner, runnerStatus, type UnfinishedStepStatus } from '../runner-status.ts';
import { withSession } from './session.ts';
import type { MigrateContext, VerbResult } from './verb.ts';

export interface StatusVerbOptions {
  /** Goes on until somebody stops it or nobody runs any more. */
  readonly watch?: boolean;
}

/** Who runs, which step, since when, and what earlier runs left in doubt; reads only. Throws MigrationError. */
export async function statusVerb(
  options: StatusVerbOptions,
  context: MigrateContext,
): Promise<VerbResult<RunnerStatus>> {
  const status = await context.withConnection(async (connection) =>
    withSession(connection, async (database) =>
      context.withStop(async (signal) => {
        let now = await runnerStatus(database, context.settings);
        while (options.watch === true && now.runner !== null && !signal.aborted) {
          context.talk.update(renderRunner(now.runner));
          await delay(1000, undefined, { signal }).catch(() => undefined);
          now = await runnerStatus(database, context.settings);
        }
        return now;
      }),
    ),
  );
  const doubtful = status.steps.some((step) => step.state === 'in_doubt');
  const lines = [
    status.runner ? renderRunner(status.runner) : 'Nobody runs a migration.',
    ...status.steps.map(renderStep),
    ...status.unfinished.map(
      ({ revision, direction, undo }) =>
        `revision ${revision}: ${undo ? 'its undoing' : direction === 'up' ? 'its upgrade' : 'its downgrade'} was begun and not finished`,
    ),
  ];
  return { data: status, text: lines.join('\n'), exit: doubtful && !status.runner ? 'findings' : 'ok' };
}

function renderRunner({
  pid,
  applicationName,
  user,
  clientAddress,
  connectedAt,
  statementAt,
  waitsFor,
  blockedBy,
  progress,
}: RunningRunner): string {
  const done = progress && progress.total > 0 ? ` ${Math.floor((100 * progress.done) / progress.total)} %` : '';
  return [
    `${applicationName || 'a runner'} (pid ${pid}, user ${user ?? 'unknown'}, from ${clientAddress ?? 'a local socket'}, since ${connectedAt})`,
    ...(statementAt === null ? [] : [`statement since ${statementAt}`]),
    ...(progress ? [`${progress.phase}${done}`] : []),
    ...(waitsFor === null ? [] : [`waits for ${waitsFor}, behind pid ${blockedBy.join(', ')}`]),
  ].join('; ');
}

function renderStep({
  revision,
  step,
  direction,
  mode,
  state,
  attempts,
  rows,
  sqlstate,
  error,
  startedAt,
  updatedAt,
}: UnfinishedStepStatus): string {
  const words = { running: 'running', in_doubt: 'in doubt: the next run settles it', failed: 'failed' };
  const failure = error === null ? '' : `: ${error}${sqlstate === null ? '' : ` (SQLSTATE ${sqlstate})`}`;
  return `step ${revision} ${step} (${direction}, ${mode}) ${words[state]}; attempt ${attempts}, ${rows} rows, begun ${startedAt}, last seen ${updatedAt}${failure}`;
}
