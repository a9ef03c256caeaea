import { type ColumnFacts, type EnumFacts, findObject, objectsOfKind } from '../schema/objects.ts';
import { changeTypes, differBy, flip, heldTogether, retyped, type TypeChange } from './change-types.ts';
import { words } from './operations/names.ts';
import { type DraftStep, type Operation, type PlanContext, plainAdvice, refuseChange } from './operations/operation.ts';
import { replaceColumns } from './operations/replace-columns.ts';
import type { Replacement } from './operations/replacement.ts';
import { addLabels, columnsOfType } from './operations/types.ts';
import type { Renames } from './renames.ts';

/** Columns that become of another type or name, and enums whose labels change. */
export async function planReplacements(context: PlanContext, renames: Renames): Promise<Operation[]> {
  const operations: Operation[] = [];
  for (const { from, to } of renames.columns) {
    const replacement =
      from.type === to.type && from.collation === to.collation ? sameType(from, to) : await retyped(context, from, to);
    if (replacement) operations.push(...(await replaceColumns(context, [replacement])));
    mark(context, [from.key, to.key]);
  }
  for (const to of objectsOfKind(context.after, 'enum')) {
    const from = findObject(context.before, to.key, 'enum');
    if (from && from.labels.join('\0') !== to.labels.join('\0'))
      operations.push(...(await changeLabels(context, from, to)));
  }
  const retypedColumns: TypeChange[] = [];
  for (const to of objectsOfKind(context.after, 'column')) {
    const from = findObject(context.before, to.key, 'column');
    if (!from || context.handled.has(to.key)) continue;
    if (from.generated || to.generated) {
      if (JSON.stringify([from.generated, from.type]) !== JSON.stringify([to.generated, to.type])) {
        operations.push(...changeGenerated(context, from, to));
        mark(context, [to.key]);
      }
    } else if (from.type !== to.type || from.collation !== to.collation) {
      retypedColumns.push({ from, to });
      mark(context, [to.key]);
    }
  }
  for (const group of heldTogether(context, retypedColumns))
    operations.push(...(await changeTypes(context, group, renames)));
  return operations;
}

function mark(context: PlanContext, keys: readonly string[]): void {
  for (const key of keys) context.handled.add(key);
}

function sameType(from: ColumnFacts, to: ColumnFacts): Replacement {
  return {
    from,
    to,
    forth: (value) => value,
    back: (value) => value,
    isLossless: true,
    differ: differBy(from.type, to.type),
  };
}

async function changeLabels(context: PlanContext, from: EnumFacts, to: EnumFacts): Promise<Operation[]> {
  mark(context, [to.key]);
  const steps = addLabels(from, to);
  if (!steps) return rebuildEnum(context, from, to);
  const flipped = flip(context);
  const back = await rebuildEnum(flipped, to, from);
  if (flipped.faults.length > 0) {
    context.faults.push(
      ...flipped.faults.map((one) => ({ ...one, message: `undoing a new label of ${to.sql}: ${one.message}` })),
    );
    return [];
  }
  const what = `${to.sql} has new labels`;
  const down = back.flatMap((one) => one.up);
  return [{ phase: 'expand', stage: 'make', keys: [to.key], what, up: steps, down }];
}

/** Labels cannot be taken out or moved: each column gets another type. */
async function rebuildEnum(context: PlanContext, from: EnumFacts, to: EnumFacts): Promise<Operation[]> {
  const others = [...context.before.objects.values()].filter(
    (one) =>
      (one.kind === 'domain' || one.kind === 'composite type') && context.before.needs.get(one.key)?.has(from.key),
  );
  if (others.length > 0) {
    return refuseChange(
      context,
      `removing or moving labels of ${to.sql}, which ${others.map((one) => one.sql).join(', ')} uses,`,
      'Use text with a CHECK, or a lookup table, instead.',
    );
  }
  const columns = columnsOfType(context.before, from.sql).flatMap((column) => {
    const wanted = findObject(context.after, column.key, 'column');
    return wanted && wanted.type === column.type ? [{ column, wanted }] : [];
  });
  return replaceColumns(
    context,
    columns.map(({ column, wanted }): Replacement => {
      const many = column.type.endsWith('[]');
      const cast = (type: string) => (value: string) =>
        many ? `(${value})::text[]::${type}[]` : `(${value})::text::${type}`;
      return {
        from: column,
        to: wanted,
        forth: cast(to.sql),
        back: cast(from.sql),
        isLossless: from.labels.every((one) => to.labels.includes(one)),
        differ: differBy(column.type, wanted.type),
      };
    }),
    { from, to },
  );
}

/** A virtual column holds nothing: it can go and come at once. */
function changeGenerated(context: PlanContext, from: ColumnFacts, to: ColumnFacts): Operation[] {
  const what = `${to.tableSql}.${to.name}`;
  const isVirtual = (one: ColumnFacts): boolean => one.generated?.kind === 'virtual';
  if (from.generated && !to.generated && from.generated.kind === 'stored' && from.type === to.type) {
    return refuseChange(
      context,
      `undoing DROP EXPRESSION of ${what}, which a downgrade would have to,`,
      `Add a plain column beside it, copy, and drop this one later. ${plainAdvice(to.tableSql)}`,
    );
  }
  if (!isVirtual(from) || !isVirtual(to)) {
    return refuseChange(
      context,
      `another expression of the generated column ${what}`,
      'It rewrites the table: add a column with the new expression under a new name, move the code to it, and drop this one in a later revision; or make it VIRTUAL (PostgreSQL 18).',
    );
  }
  const step = (one: ColumnFacts): DraftStep[] => [
    {
      name: `expression_${words(to.name)}`,
      sql: `ALTER TABLE ${to.tableSql} ALTER COLUMN ${to.sql} SET EXPRESSION AS (${one.generated?.expression});`,
      note: 'Virtual: nothing is stored, nothing is rewritten.',
    },
  ];
  return [
    {
      phase: 'contract',
      stage: 'make',
      keys: [to.key],
      what: `the expression of ${what}`,
      up: step(to),
      down: step(from),
    },
  ];
}
