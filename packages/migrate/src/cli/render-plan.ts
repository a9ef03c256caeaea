import type { PlannedRevision, PlannedStep, RunPlan } from '../plan.ts';

/** Revision by revision, step by step, with the SQL. */
export function renderPlan({ direction, from, revisions }: RunPlan): string {
  const at = from.length === 0 ? 'nothing is applied' : `the database is at ${from.join(', ')}`;
  if (revisions.length === 0) return `Nothing to do: ${at}.`;
  const verb = direction === 'up' ? 'An upgrade' : 'A downgrade';
  const count = revisions.length === 1 ? '1 revision' : `${revisions.length} revisions`;
  return [`${verb} would run ${count}; ${at}.`, ...revisions.map(renderRevision)].join('\n\n');
}

function renderRevision({ revision, phase, summary, file, will, steps }: PlannedRevision): string {
  const head = `${revision}  ${phase}  ${summary}  (${file})`;
  if (will === 'record') return `${head}\n  recorded: its tables are there, as it would create them`;
  if (will === 'unrecord') return `${head}\n  its record is removed; it was recorded and never run`;
  if (will === 'alembic') return `${head}\n  run by Alembic`;
  return [head, ...steps.map((step, index) => renderStep(step, index + 1))].join('\n');
}

function renderStep(planned: PlannedStep, number: number): string {
  const { step, mode, sql, state, batch } = planned;
  const size = batch ? ` of ${batch.size} rows of ${batch.table} by ${batch.key.join(', ')}` : '';
  const done = state === 'pending' ? '' : `  [${state === 'done' ? 'done before' : `${state} before`}]`;
  const lines = [...sql.split('\n'), ...renderLocks(planned)];
  return [`  ${number}. ${step}  ${mode}${size}${done}`, ...lines.map((line) => `     ${line}`)]
    .map((line) => line.trimEnd())
    .join('\n');
}

/** In SQL's own form, so that the whole can be pasted. */
function renderLocks({ locks, locksAreKnown }: PlannedStep): string[] {
  const known = locks.map(({ table, lock, cost }) => `${table} ${lock}${workUnder[cost]}`);
  const all = [...known, ...(locksAreKnown ? [] : ['what its text does not tell: lint --measure runs it and looks'])];
  return all.length === 0 ? [] : [`-- locks: ${all.join('; ')}`];
}

const workUnder: Readonly<Record<PlannedStep['locks'][number]['cost'], string>> = {
  none: '',
  scan: ' while all rows are read',
  rows: ' while rows are changed',
  index: ' while an index is built',
  rewrite: ' while all rows are rewritten',
};
