import { type ColumnFacts, partsOf, type Schema } from '../../schema/objects.ts';
import { quoteText } from '../../sql-names.ts';
import { derivedName, ident, words } from './names.ts';
import { type DraftStep, type Operation, type PlanContext, refuseChange } from './operation.ts';

/** The columns by which a table can be gone through in batches: its primary key, or a unique key of NOT NULL columns. */
export function batchKey(schema: Schema, table: string): string[] | undefined {
  const required = new Set(
    partsOf(schema, table, 'column')
      .filter((one) => one.notNull)
      .map((one) => one.name),
  );
  const keys = partsOf(schema, table, 'constraint').filter(
    (one) => one.type === 'primary key' || one.type === 'unique',
  );
  const fit = keys.filter((one) => one.columns.every((name) => required.has(name)));
  const best = fit.find((one) => one.type === 'primary key') ?? fit[0];
  return best && [...best.columns];
}

/** `UPDATE … WHERE <key> IN (SELECT <key> FROM batch_keys) AND <condition>` as a step; undefined without a key. */
export function batchUpdate(
  context: PlanContext,
  table: { key: string; sql: string },
  update: { name: string; set: string; where: string; schema: Schema; note?: string },
): DraftStep | undefined {
  const key = batchKey(update.schema, table.key);
  if (!key) return undefined;
  const columns = key.map((name) => ident(context.after, name)).join(', ');
  return {
    name: update.name,
    mode: 'batch',
    batch: { table: batchTable(table), key },
    sql: `UPDATE ${table.sql} SET ${update.set}\n WHERE ${key.length > 1 ? `(${columns})` : columns} IN (SELECT ${columns} FROM batch_keys)\n   AND ${update.where};`,
    ...(update.note === undefined ? {} : { note: update.note }),
  };
}

/** As the catalog spells it; without its schema where the search_path finds it. */
function batchTable(table: { key: string; sql: string }): string {
  const full = table.key.replace(/^table /, '');
  return table.sql.includes('.') ? full : full.slice(full.indexOf('.') + 1);
}

/** The ladder: no step scans under a lock that stops readers or writers. `fill` gives the rows without a value one. */
export function notNullSteps(
  context: PlanContext,
  column: ColumnFacts,
  { fill, schema }: { fill?: string | undefined; schema: Schema },
): DraftStep[] {
  const { tableSql, sql } = column;
  const name = words(column.name);
  const constraint = ident(context.after, derivedName(column.table.split('.').at(-1) ?? '', column.name, 'not_null'));
  const table = { key: column.table, sql: tableSql };
  const filled =
    fill === undefined
      ? undefined
      : batchUpdate(context, table, { schema, name: `fill_${name}`, set: `${sql} = ${fill}`, where: `${sql} IS NULL` });
  return [
    ...(filled ? [] : [countStep(column)]),
    {
      name: `${name}_check`,
      sql: `ALTER TABLE ${tableSql} ADD CONSTRAINT ${constraint} CHECK (${sql} IS NOT NULL) NOT VALID;`,
      note: 'Binds new rows; does not scan.',
    },
    ...(filled ? [filled] : []),
    {
      name: `${name}_validate`,
      sql: `ALTER TABLE ${tableSql} VALIDATE CONSTRAINT ${constraint};`,
      note: 'SHARE UPDATE EXCLUSIVE: scans beside readers and writers.',
    },
    {
      name: `${name}_not_null`,
      sql: `ALTER TABLE ${tableSql} ALTER COLUMN ${sql} SET NOT NULL;\nALTER TABLE ${tableSql} DROP CONSTRAINT ${constraint};`,
      note: 'The valid CHECK spares the scan.',
    },
  ];
}

export function dropNotNullStep({ tableSql, sql, name }: ColumnFacts): DraftStep {
  return { name: `${words(name)}_nullable`, sql: `ALTER TABLE ${tableSql} ALTER COLUMN ${sql} DROP NOT NULL;` };
}

/** NULL → NOT NULL. Old code may still write NULLs: it waits until the old version is gone. */
export function setNotNull(
  context: PlanContext,
  column: ColumnFacts,
  phase: 'contract' | 'backfill' = 'contract',
): Operation[] {
  const fill = findFill(context, column);
  const schema = context.after;
  if (fill !== undefined && !batchKey(schema, column.table)) {
    return refuseChange(
      context,
      `filling ${column.tableSql}.${column.name}`,
      'It is done in batches by key: give the table a primary key, or fill the rows by hand before.',
    );
  }
  const operation: Operation = {
    ...{ phase, stage: 'make', keys: [column.key], what: `${column.tableSql}.${column.name} is required` },
    up: notNullSteps(context, column, { fill, schema }),
    down: [dropNotNullStep(column)],
  };
  return [operation];
}

export function findFill(context: PlanContext, column: ColumnFacts): string | undefined {
  return context.answers.fills.get(`${column.tableSql}.${column.name}`);
}

/** Numbers before anything is locked, instead of "some row". */
function countStep({ tableSql, sql, name }: ColumnFacts): DraftStep {
  return {
    name: `${words(name)}_count`,
    sql: `DO $$
DECLARE
  missing bigint;
BEGIN
  SELECT count(*) INTO missing FROM ${tableSql} WHERE ${sql} IS NULL;
  IF missing > 0 THEN
    RAISE EXCEPTION '% rows of % have no %', missing, ${quoteText(tableSql)}, ${quoteText(name)}
      USING ERRCODE = 'not_null_violation', HINT = 'Give them a value first.';
  END IF;
END
$$;`,
  };
}
