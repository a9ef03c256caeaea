import { type ConstraintFacts } from '../../schema/objects.ts';
import { quoteText } from '../../sql-names.ts';
import { validateStep } from './constraints.ts';
import { constraintSql, indexSql } from './create-sql.ts';
import { words } from './names.ts';
import { batchUpdate, notNullSteps } from './not-null.ts';
import { type DraftStep, type Operation } from './operation.ts';
import { swapBackSql, swapSql } from './replace-swap.ts';
import { strictSql, syncBackSql, syncSql, unsyncSql } from './replace-sync.ts';
import {
  besideIndex,
  type Column,
  inNextType,
  inOldType,
  isUnique,
  nextType,
  type Pair,
  quoted,
  type Swap,
  typeOf,
} from './replacement.ts';
import { enumSql } from './types.ts';

export function expand(swap: Swap): Pick<Operation, 'up' | 'down'> {
  const { context, type, columns } = swap;
  const up: DraftStep[] = [];
  const down: DraftStep[] = [];
  if (type) {
    up.push({ name: 'next_type', sql: enumSql(type.to, nextType(context, type.to)) });
    down.push({ name: 'drop_next_type', sql: `DROP TYPE ${nextType(context, type.to)};` });
  }
  for (const column of columns) {
    const { to, from, besideSql } = column;
    const collation = to.collation === null ? '' : ` COLLATE ${to.collation}`;
    up.push(
      {
        name: `beside_${words(to.name)}`,
        sql: `ALTER TABLE ${from.tableSql} ADD COLUMN ${besideSql} ${typeOf(swap, column)}${collation};`,
        note: 'ACCESS EXCLUSIVE for an instant, no scan.',
      },
      {
        name: `sync_${words(to.name)}`,
        sql: syncSql(swap, column),
        note: 'SHARE ROW EXCLUSIVE for an instant. Before the copy: rows that are written from here on need none.',
      },
    );
    down.unshift(
      { name: `unsync_${words(to.name)}`, sql: unsyncSql(column) },
      {
        name: `drop_${words(to.name)}`,
        sql: `ALTER TABLE ${from.tableSql} DROP COLUMN ${besideSql};`,
        accept: ['ST019: a copy of the column beside it'],
      },
    );
  }
  return { up, down };
}

export function backfill(swap: Swap): Pick<Operation, 'up' | 'down'> {
  const { context, columns } = swap;
  const up: DraftStep[] = [];
  const down: DraftStep[] = [];
  for (const column of columns) {
    const { to, from, besideSql } = column;
    const value = column.forth(from.sql);
    if (!column.isLossless) up.push(fitsForthStep(swap, column));
    const copy = batchUpdate(
      context,
      { key: from.table, sql: from.tableSql },
      {
        ...{ schema: context.before, name: `copy_${words(to.name)}` },
        set: `${besideSql} = ${inNextType(swap, value)}`,
        where: column.differ('new', besideSql, inNextType(swap, value)),
      },
    );
    if (copy) up.push(copy);
    if (to.notNull) {
      const beside = { ...to, name: column.beside, sql: besideSql };
      up.push(...notNullSteps(context, beside, { schema: context.before }));
      down.unshift({
        name: `${words(to.name)}_nullable`,
        sql: `ALTER TABLE ${to.tableSql} ALTER COLUMN ${besideSql} DROP NOT NULL;`,
      });
    }
    for (const { after, beside } of column.indexes) {
      up.push(buildBeside(swap, after.name, beside.definition));
      down.unshift(dropBeside(swap, after.name, after.sql));
    }
    for (const pair of column.constraints) {
      up.push(...constraintBeside(swap, pair));
      down.unshift(...dropConstraintBeside(swap, pair));
    }
  }
  return { up, down };
}

const swapAccepts = [
  'ST020: the column of this name is there before and after',
  'ST057: only names change under the lock',
];

export function contract(swap: Swap): Pick<Operation, 'up' | 'down'> {
  const { context, columns } = swap;
  const validate = (list: readonly ConstraintFacts[]): DraftStep[] =>
    list.filter((one) => one.validated).map(validateStep);
  const note = 'ACCESS EXCLUSIVE for an instant: names change, no row does.';
  const up = columns.flatMap((column): DraftStep[] => {
    if (column.isLossless) return [];
    const strict = {
      name: `strict_${words(column.to.name)}`,
      sql: strictSql(swap, column),
      note: 'From here on a value that would be lost is refused.',
    };
    return [strict, fitsForthStep(swap, column)];
  });
  const down: DraftStep[] = [];
  for (const column of columns) {
    const { to } = column;
    down.push(fitsBackStep(swap, column), { name: `sync_back_${words(to.name)}`, sql: syncBackSql(swap, column) });
    const copy = batchUpdate(
      context,
      { key: to.table, sql: to.tableSql },
      {
        ...{ schema: context.after, name: `copy_back_${words(to.name)}` },
        set: `${quoted(column.kept)} = ${inOldType(swap, column.back(to.sql))}`,
        where: column.differ('new', column.forth(quoted(column.kept)), to.sql),
        note: 'Only what was written since: everything else is there as it was.',
      },
    );
    if (copy) down.push(copy);
  }
  down.push({ name: 'swap_back', sql: swapBackSql(swap), note, accept: swapAccepts });
  for (const { after, beside } of columns.flatMap((one) => one.constraints)) {
    if (isUnique(after)) down.push(buildBeside(swap, after.name, beside.index ?? ''));
  }
  return {
    up: [
      ...up,
      { name: 'swap', sql: swapSql(swap), note, accept: swapAccepts },
      ...validate(columns.flatMap((one) => one.inbound.map(({ after }) => after))),
    ],
    down: [
      ...down,
      ...validate(columns.flatMap((one) => one.restored)),
      ...validate(columns.flatMap((one) => one.inbound.map(({ before }) => before))),
    ],
  };
}

export function buildBeside(swap: Swap, name: string, definition: string): DraftStep {
  return {
    name: `build_${words(name)}`,
    mode: 'notx',
    sql: `${indexSql(inNextType(swap, definition), { name: besideIndex(swap, name), concurrently: true })};`,
    note: 'Beside readers and writers.',
  };
}

export function dropBeside(swap: Swap, name: string, sql: string): DraftStep {
  const prefix = sql.includes('.') ? sql.slice(0, sql.lastIndexOf('.') + 1) : '';
  return {
    name: `drop_${words(name)}`,
    mode: 'notx',
    sql: `DROP INDEX CONCURRENTLY ${prefix}${besideIndex(swap, name)};`,
  };
}

export function constraintBeside(swap: Swap, { after, beside }: Pair<ConstraintFacts>): DraftStep[] {
  if (isUnique(after)) return [buildBeside(swap, after.name, beside.index ?? '')];
  const next = { ...beside, definition: inNextType(swap, beside.definition), sql: besideIndex(swap, after.name) };
  return [
    { name: `add_${words(after.name)}`, sql: constraintSql(next, ' NOT VALID'), note: 'Does not scan.' },
    ...(after.validated ? [{ ...validateStep(next), name: `validate_${words(after.name)}` }] : []),
  ];
}

export function dropConstraintBeside(swap: Swap, { after }: Pair<ConstraintFacts>): DraftStep[] {
  if (isUnique(after)) {
    const prefix = after.tableSql.includes('.') ? after.tableSql.slice(0, after.tableSql.lastIndexOf('.') + 1) : '';
    return [dropBeside(swap, after.name, `${prefix}x`)];
  }
  return [
    {
      name: `drop_${words(after.name)}`,
      sql: `ALTER TABLE ${after.tableSql} DROP CONSTRAINT ${besideIndex(swap, after.name)};`,
    },
  ];
}

/** How many values the new type cannot hold, before anything is copied. */
export function fitsForthStep(swap: Swap, column: Column): DraftStep {
  const { from, to } = column;
  return fitsStep(column, {
    name: `fits_${words(to.name)}`,
    rows: `SELECT ${from.sql} AS is FROM ${from.tableSql} WHERE ${from.sql} IS NOT NULL`,
    test: column.differ('old', column.back(inNextType(swap, column.forth('value.is'))), 'value.is'),
    hint: 'Change them first, or say with --using how they become values of the new type.',
  });
}

/** The same before a downgrade, of what was written since. */
export function fitsBackStep(swap: Swap, column: Column): DraftStep {
  const { to } = column;
  const forth = column.forth(quoted(column.kept));
  return fitsStep(column, {
    name: `fits_${words(to.name)}`,
    rows: `SELECT ${to.sql} AS is FROM ${to.tableSql} WHERE ${to.sql} IS NOT NULL AND ${column.differ('new', forth, to.sql)}`,
    test: column.differ('new', column.forth(inOldType(swap, column.back('value.is'))), 'value.is'),
    hint: 'Change them first, or stay at this revision.',
  });
}

export function fitsStep({ to }: Column, check: { name: string; rows: string; test: string; hint: string }): DraftStep {
  return {
    name: check.name,
    note: 'Counts the values that would be lost, and refuses.',
    sql: `DO $$
DECLARE
  value record;
  lost bigint := 0;
BEGIN
  FOR value IN ${check.rows} LOOP
    BEGIN
      IF ${check.test} THEN
        lost := lost + 1;
      END IF;
    EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
      lost := lost + 1;
    END;
  END LOOP;
  IF lost > 0 THEN
    RAISE EXCEPTION '% values of % would be lost', lost, ${quoteText(`${to.tableSql}.${to.name}`)}
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = ${quoteText(check.hint)};
  END IF;
END
$$;`,
  };
}
