import type { NonTransactionalStep } from '../revision.ts';
import { quoteName } from '../sql-names.ts';
import type { QualifiedName } from '../sql-statements.ts';
import { isRetryable, parseServerError } from '../sqlstate.ts';
import { type StepOutcome, type StepRun, withRetries } from './run-step.ts';

/**
 * No transaction can hold the statement and its record together. So a marker is written first, and when it is found by a
 * later run, the catalog tells what became of the statement.
 */
export async function runNonTransactionalStep(run: StepRun<NonTransactionalStep>): Promise<StepOutcome> {
  const inDoubt = run.record !== undefined;
  await run.journal.markRunning(run.key);
  const settled = await withRetries(run, async () => {
    const { index } = run.step;
    if (index?.kind === 'create_index') return createIndex(run, index, inDoubt);
    if (index && inDoubt && !(await findIndex(run, index.index))) return true;
    await run.session.execute(run.step.sql);
    return false;
  });
  await run.lock.assertHeld();
  await run.journal.markDone(run.key, 0);
  return { rows: 0, settled };
}

interface FoundIndex {
  schema: string;
  valid: boolean;
  onTable: boolean;
}

/** True when an earlier run had built it. An index that a crash or a failure left INVALID is dropped and built again. */
async function createIndex(
  run: StepRun<NonTransactionalStep>,
  wanted: { index: string; table: QualifiedName },
  inDoubt: boolean,
): Promise<boolean> {
  const found = await findIndexOf(run, wanted);
  if (found?.onTable && !found.valid) await dropInvalid(run, wanted.index, found);
  // Valid, and our own marker says that this very statement was begun: it was finished. Without the marker it is
  // somebody else's index, and PostgreSQL says that the name is taken.
  if (found?.onTable && found.valid && inDoubt) return true;
  try {
    await run.session.execute(run.step.sql);
  } catch (error) {
    await dropLeftover(run, wanted, error);
    throw error;
  }
  return false;
}

/** A failed build leaves an index that slows every write, and a unique one goes on refusing rows. */
async function dropLeftover(
  run: StepRun<NonTransactionalStep>,
  wanted: { index: string; table: QualifiedName },
  failure: unknown,
): Promise<void> {
  if (!parseServerError(failure)) return;
  const left = await findIndexOf(run, wanted);
  if (!left?.onTable || left.valid) return;
  try {
    await dropInvalid(run, wanted.index, left);
  } catch (error) {
    // The failure itself matters more; the next run finds the leftover again.
    const server = parseServerError(error);
    if (!server || !isRetryable(server.sqlstate)) throw error;
  }
}

async function dropInvalid(run: StepRun<NonTransactionalStep>, index: string, found: FoundIndex): Promise<void> {
  const name = `${quoteName(found.schema)}.${quoteName(index)}`;
  await run.session.execute(`DROP INDEX CONCURRENTLY ${name}`);
  run.emit({ type: 'step_repaired', object: name });
}

/** An index lives in the schema of its table. */
async function findIndexOf(
  run: StepRun<NonTransactionalStep>,
  wanted: { index: string; table: QualifiedName },
): Promise<FoundIndex | undefined> {
  const [found] = await run.session.query<{ schema: string; valid: boolean | null; onTable: boolean | null }>(
    `SELECT n.nspname::text AS schema, i.indisvalid AS valid, i.indrelid = t.oid AS "onTable"
       FROM pg_class t
       JOIN pg_class c ON c.relnamespace = t.relnamespace AND c.relname = $2
       JOIN pg_namespace n ON n.oid = c.relnamespace
       LEFT JOIN pg_index i ON i.indexrelid = c.oid
      WHERE t.oid = to_regclass($1)`,
    [qualified(wanted.table), wanted.index],
  );
  return found && { schema: found.schema, valid: found.valid === true, onTable: found.onTable === true };
}

async function findIndex(run: StepRun<NonTransactionalStep>, index: QualifiedName): Promise<boolean> {
  const [row] = await run.session.query<{ exists: boolean }>('SELECT to_regclass($1) IS NOT NULL AS exists', [
    qualified(index),
  ]);
  return row?.exists === true;
}

function qualified(name: QualifiedName): string {
  return name.schema === undefined ? quoteName(name.name) : `${quoteName(name.schema)}.${quoteName(name.name)}`;
}
