import { MigrationError } from '../errors.ts';
import type { BatchStep } from '../revision.ts';
import { quoteName, quoteQualifiedName } from '../sql-names.ts';
import { runBody } from './body.ts';
import { paceOf } from './pace.ts';
import { inTransaction, pause, type StepOutcome, type StepRun, type Worked, withRetries } from './run-step.ts';

/**
 * Walks the table by its key, one transaction a batch; the cursor commits with the batch, so that a kill repeats nothing.
 * Rows that are inserted behind the cursor are not visited: a revision first sees to it that new rows need no visit.
 */
export async function runBatchStep(run: StepRun<BatchStep>): Promise<StepOutcome> {
  const keys = await readKeyColumns(run);
  await run.journal.markRunning(run.key);
  await withRetries(run, async () => createKeyTable(run));
  const estimate = await estimateRows(run);
  const began = performance.now();
  let cursor = run.record?.cursor ?? null;
  let rows = 0;
  let visited = 0;
  for (;;) {
    const batch = await withRetries(run, async () => inTransaction(run, async () => runBatch(run, keys, cursor)));
    if (!batch) break;
    rows += batch.rows;
    visited += batch.visited;
    cursor = batch.cursor;
    const pace = paceOf({ done: visited, ...estimate, elapsedMs: performance.now() - began });
    const { perSecond: rowsPerSecond, etaSeconds } = pace;
    const { total: estimatedRows, earlier: earlierRows } = estimate;
    run.emit({ type: 'step_progress', rows, visited, earlierRows, estimatedRows, rowsPerSecond, etaSeconds, cursor });
    await pause(run, run.step.pauseMs);
  }
  await run.journal.markDone(run.key, 0);
  await run.session.execute('DROP TABLE pg_temp.batch_keys');
  return { rows, settled: false };
}

/** What is left of an earlier run's work is taken from what that run wrote down. */
async function estimateRows(run: StepRun<BatchStep>): Promise<{ total: number | null; earlier: number }> {
  const { revision, direction, settings } = run;
  const [row] = await run.session.query<{ total: number | null; earlier: number | null }>(
    `SELECT (SELECT nullif(greatest(reltuples, -1), -1)::float8 FROM pg_class WHERE oid = to_regclass($1)) AS total,
            (SELECT rows::float8 FROM ${quoteName(settings.journalSchema)}.step_log
              WHERE revision = $2 AND direction = $3 AND step = $4) AS earlier`,
    [quoteQualifiedName(run.step.table), revision.id, direction, run.step.name],
  );
  return { total: row?.total ?? null, earlier: row?.earlier ?? 0 };
}

interface KeyColumn {
  name: string;
  /** As the catalog spells it, for the cast back from text. */
  type: string;
}

async function readKeyColumns(run: StepRun<BatchStep>): Promise<KeyColumn[]> {
  const { table, key } = run.step;
  const rows = await run.session.query<KeyColumn & { notNull: boolean; unique: boolean }>(
    keyColumnsSql('$1', '$2::text[]'),
    [quoteQualifiedName(table), key],
  );
  const columns = key.flatMap((name) => rows.find((row) => row.name === name) ?? []);
  if (columns.length === key.length && columns.every((column) => column.notNull && column.unique)) return columns;
  const { revision, step } = run;
  throw new MigrationError({
    code: 'batch_key_unsuitable',
    message: `step ${step.name}: (${key.join(', ')}) is not a unique, not null key of table ${table}`,
    file: revision.file,
    line: step.line - 1,
    revision: revision.id,
    step: step.name,
    hint: 'Name the columns of its primary key, spelled as in the catalog.',
  });
}

/** Of the key's columns that exist: type, and whether the whole key is unique. Both are SQL: a quoted name, an array of names. */
export function keyColumnsSql(table: string, key: string): string {
  return `SELECT a.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS "notNull",
        EXISTS (
          SELECT FROM pg_index i
           WHERE i.indrelid = a.attrelid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
             AND i.indexprs IS NULL AND i.indnkeyatts = cardinality(${key})
             AND (SELECT array_agg(k.attname::text ORDER BY k.attname::text COLLATE "C")
                    FROM pg_attribute k
                   WHERE k.attrelid = i.indrelid AND k.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]))
                 = (SELECT array_agg(w ORDER BY w COLLATE "C") FROM unnest(${key}) AS w)
        ) AS "unique"
   FROM pg_attribute a
  WHERE a.attrelid = to_regclass(${table}) AND a.attname::text = ANY (${key}) AND NOT a.attisdropped`;
}

async function createKeyTable(run: StepRun<BatchStep>): Promise<void> {
  const columns = run.step.key.map(quoteName).join(', ');
  await run.session.execute(`DROP TABLE IF EXISTS pg_temp.batch_keys;
    CREATE TEMP TABLE batch_keys ON COMMIT DELETE ROWS AS
      SELECT ${columns} FROM ${quoteQualifiedName(run.step.table)} WITH NO DATA`);
}

/** Undefined when no key was left. */
async function runBatch(
  run: StepRun<BatchStep>,
  keys: readonly KeyColumn[],
  after: readonly string[] | null,
): Promise<Worked<{ rows: number; visited: number; cursor: string[] } | undefined>> {
  const { session, step } = run;
  await session.execute('BEGIN');
  const columns = keys.map((key) => quoteName(key.name));
  const values = keys.map((key, index) => `$${index + 1}::text::${key.type}`);
  const beyond = after ? `WHERE ROW(${columns.join(', ')}) > ROW(${values.join(', ')})` : '';
  const { rowCount } = await session.run(
    `INSERT INTO pg_temp.batch_keys SELECT ${columns.join(', ')} FROM ${quoteQualifiedName(step.table)} ${beyond}
      ORDER BY ${columns.join(', ')} LIMIT ${step.size}`,
    after ?? [],
  );
  const [last] = await session.query<{ cursor: string[] }>(
    `SELECT ARRAY[${columns.map((column) => `${column}::text`).join(', ')}] AS cursor FROM pg_temp.batch_keys
      ORDER BY ${columns.map((column) => `${column} DESC`).join(', ')} LIMIT 1`,
  );
  if (!last) return { answer: undefined, statements: [] };
  const rows = await runBody(run, step.code ? await readKeys(run) : []);
  const answer = { rows, visited: rowCount ?? 0, cursor: last.cursor };
  return { answer, statements: [run.journal.cursorSql(run.key, last.cursor, rows)] };
}

async function readKeys({ session, step }: StepRun<BatchStep>): Promise<Record<string, unknown>[]> {
  return session.query(`SELECT * FROM pg_temp.batch_keys ORDER BY ${step.key.map(quoteName).join(', ')}`);
}
