import type { BatchStep } from '../revision.ts';
import { scanSql, splitStatements } from '../sql-lexer.ts';
import { quoteName, quoteQualifiedName, quoteText } from '../sql-names.ts';
import { keyColumnsSql } from '../steps/batch.ts';
import { dollarQuote } from './dollar-quote.ts';
import type { JournalPlace } from './journal-text.ts';

/**
 * A batch without the runner: a procedure of this session alone, which commits after every batch, its cursor with it. It runs at the
 * top level only, as every procedure with COMMIT.
 */
export function batchText({ schema, revision, direction }: JournalPlace, step: BatchStep): string {
  const table = quoteQualifiedName(step.table);
  const columns = step.key.map(quoteName);
  const list = columns.join(', ');
  const cursor = step.key.map((_, index) => `stanchion_key_${index}`);
  const log = `${quoteName(schema)}.step_log`;
  const where = `WHERE revision = ${quoteText(revision.id)} AND direction = ${quoteText(direction)} AND step = ${quoteText(step.name)}`;
  const body = `
#variable_conflict use_column
DECLARE
${step.key.map((name, index) => `  stanchion_key_${index} ${table}.${quoteName(name)}%TYPE;`).join('\n')}
  stanchion_begun boolean := false;
  stanchion_rows bigint;
  stanchion_count bigint;
BEGIN
  IF (SELECT count(*) FROM (${keyColumnsSql(quoteText(table), `ARRAY[${step.key.map(quoteText).join(', ')}]`)}) AS key
       WHERE key."notNull" AND key."unique") <> ${step.key.length} THEN
    RAISE EXCEPTION '%', ${quoteText(`(${step.key.join(', ')}) is not a unique, not null key of table ${step.table}`)};
  END IF;
  DROP TABLE IF EXISTS pg_temp.batch_keys;
  CREATE TEMP TABLE batch_keys ON COMMIT DELETE ROWS AS SELECT ${list} FROM ${table} WITH NO DATA;
  COMMIT;
  LOOP
    IF stanchion_begun THEN
      INSERT INTO pg_temp.batch_keys SELECT ${list} FROM ${table}
        WHERE ROW(${list}) > ROW(${cursor.join(', ')}) ORDER BY ${list} LIMIT ${step.size};
    ELSE
      INSERT INTO pg_temp.batch_keys SELECT ${list} FROM ${table} ORDER BY ${list} LIMIT ${step.size};
    END IF;
    SELECT ${list} INTO ${cursor.join(', ')} FROM pg_temp.batch_keys
      ORDER BY ${columns.map((column) => `${column} DESC`).join(', ')} LIMIT 1;
    EXIT WHEN NOT FOUND;
    stanchion_begun := true;
    stanchion_rows := 0;
${statementsOf(step)
  .map(
    (sql) =>
      `    EXECUTE ${dollarQuote(sql)};\n    GET DIAGNOSTICS stanchion_count = ROW_COUNT;\n    stanchion_rows := stanchion_rows + stanchion_count;`,
  )
  .join('\n')}
    UPDATE ${log} SET cursor = ARRAY[${cursor.map((name) => `${name}::text`).join(', ')}], rows = rows + stanchion_rows,
      updated_at = clock_timestamp() ${where};
    COMMIT;${step.pauseMs === 0 ? '' : `\n    PERFORM pg_sleep(${step.pauseMs / 1000});`}
  END LOOP;
  DROP TABLE pg_temp.batch_keys;
END`;
  return `CREATE PROCEDURE pg_temp.stanchion_batch() LANGUAGE plpgsql AS ${dollarQuote(body)};
CALL pg_temp.stanchion_batch();
DROP PROCEDURE pg_temp.stanchion_batch();`;
}

function statementsOf({ sql }: BatchStep): string[] {
  return splitStatements(scanSql(sql).tokens).map(({ start, end }) => sql.slice(start, end));
}
