import {
  type ColumnFacts,
  type ConstraintFacts,
  type EnumFacts,
  findObject,
  objectsOfKind,
  partsOf,
} from '../schema/objects.ts';
import { createSql, dropSql } from './operations/code.ts';
import { codeOn } from './operations/code-order.ts';
import { validateStep } from './operations/constraints.ts';
import { constraintSql } from './operations/create-sql.ts';
import { words } from './operations/names.ts';
import {
  type DraftStep,
  isPlain,
  type Operation,
  type PlanContext,
  plainAdvice,
  refuseChange,
} from './operations/operation.ts';
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
  for (const to of objectsOfKind(context.after, 'column')) {
    const from = findObject(context.before, to.key, 'column');
    if (!from || context.handled.has(to.key)) continue;
    if (from.generated || to.generated) {
      if (JSON.stringify([from.generated, from.type]) !== JSON.stringify([to.generated, to.type])) {
        operations.push(...changeGenerated(context, from, to));
        mark(context, [to.key]);
      }
    } else if (from.type !== to.type || from.collation !== to.collation) {
      operations.push(...(await changeType(context, { from, to, isRenamed: hasAlias(renames, to) })));
      mark(context, [to.key]);
    }
  }
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

/** The casts of the types, or what the caller said. Undefined when there is neither; the fault is told. */
async function retyped(context: PlanContext, from: ColumnFacts, to: ColumnFacts): Promise<Replacement | undefined> {
  const name = `${to.tableSql}.${to.name}`;
  const { usings, usingsBack } = context.answers;
  const using = usings.get(name);
  const usingBack = usingsBack.get(name);
  const hasCasts =
    (await context.probes.hasCast(from.type, to.type)) && (await context.probes.hasCast(to.type, from.type));
  if (
    (using === undefined || usingBack === undefined) &&
    (using !== undefined || usingBack !== undefined || !hasCasts)
  ) {
    const what = `${from.type} to ${to.type} of ${name}, for which PostgreSQL has no conversion both ways,`;
    const advice = `Say how with --using "${name}=<expression of ${from.name}>" and the way back with --using-back "${name}=<expression of ${to.name}>".`;
    refuseChange(context, what, advice);
    return undefined;
  }
  const cast = (type: string) => (value: string) => `${/^[\w".]+$/.test(value) ? value : `(${value})`}::${type}`;
  return {
    ...{ from, to },
    forth: using === undefined ? cast(to.type) : inTermsOf(using, from.name),
    back: usingBack === undefined ? cast(from.type) : inTermsOf(usingBack, to.name),
    isLossless: using !== undefined || isWidening(from.type, to.type),
    differ: differBy(from.type, to.type),
  };
}

/** Types without `=` are compared by what they say. */
function differBy(from: string, to: string): Replacement['differ'] {
  const comparable = (type: string, value: string): string => {
    if (type === 'json') return `(${value})::jsonb`;
    return ['xml', 'point', 'polygon', 'json[]', 'xml[]', 'point[]'].includes(type) ? `(${value})::text` : value;
  };
  return (which, a, b) => {
    const type = which === 'old' ? from : to;
    return `${comparable(type, a)} IS DISTINCT FROM ${comparable(type, b)}`;
  };
}

/** The caller writes the column's own name where the value is meant. */
function inTermsOf(expression: string, name: string): (value: string) => string {
  const pattern = new RegExp(
    `(?<![\\w"$.])"?${name.replaceAll(/[$^*+?.()|[\]{}]/g, String.raw`\$&`)}"?(?![\\w"$(])`,
    'g',
  );
  return (value) => `(${expression.replaceAll(pattern, () => value)})`;
}

const integers = ['smallint', 'integer', 'bigint', 'numeric'];

function isWidening(from: string, to: string): boolean {
  const [a, b] = [integers.indexOf(from), integers.indexOf(to)];
  if (a !== -1 && b > a) return true;
  return (to === 'text' || to === 'character varying') && !from.startsWith('character(');
}

/** Until the contract revision a view has the table's old name, and nothing may change under it. */
function hasAlias(renames: Renames, { table }: ColumnFacts): boolean {
  return renames.tables.some(({ from, to }) => table === `table ${from.schema}.${to}`);
}

async function changeType(
  context: PlanContext,
  { from, to, isRenamed }: { from: ColumnFacts; to: ColumnFacts; isRenamed: boolean },
): Promise<Operation[]> {
  const isIndexed = [
    ...partsOf(context.before, from.table, 'index'),
    ...partsOf(context.before, from.table, 'constraint'),
  ].some((one) => one.columns.includes(from.name));
  const plain = isPlain(context, { sql: to.tableSql });
  const replacement = await retyped(context, from, to);
  if (!replacement) return [];
  if (!plain && (await context.probes.rewrites(from, to, isIndexed))) return replaceColumns(context, [replacement]);
  if (isRenamed) {
    return refuseChange(
      context,
      `another type of ${to.tableSql}.${to.name}`,
      `A view stands under the old name of ${to.tableSql} until nothing uses it: let one of the two changes be a revision of its own.`,
    );
  }
  const up = alterTypeSteps(context, replacement);
  const back = {
    ...replacement,
    from: to,
    to: from,
    forth: replacement.back,
    back: replacement.forth,
    isLossless: false,
    differ: differBy(to.type, from.type),
  };
  const down = plain
    ? alterTypeSteps(flip(context), back)
    : await flatten(context, (flipped) => replaceColumns(flipped, [back]), back);
  const what = `${to.tableSql}.${to.name} becomes ${to.type}`;
  for (const one of [...codeOn(context.before, from.key), ...codeOn(context.after, to.key)])
    context.handled.add(one.key);
  return [{ phase: plain ? 'contract' : 'expand', stage: 'make', keys: [to.key], what, up, down }];
}

function flip(context: PlanContext): PlanContext {
  return { ...context, before: context.after, after: context.before, handled: new Set(), faults: [] };
}

/** All phases of the way back in one section; where that cannot be, the plain form, which counts first. */
async function flatten(
  context: PlanContext,
  plan: (flipped: PlanContext) => Promise<Operation[]>,
  back: Replacement,
): Promise<DraftStep[]> {
  const flipped = flip(context);
  const operations = await plan(flipped);
  if (flipped.faults.length === 0 && operations.length > 0) return operations.flatMap((one) => one.up);
  return alterTypeSteps(flipped, back);
}

/**
 * What stands on the column goes and comes in the same transaction: ALTER TYPE refuses otherwise. It would check every
 * CHECK of the column again under its lock; they come back unchecked and are checked in a step of their own.
 */
function alterTypeSteps(context: PlanContext, { from, to, forth }: Replacement): DraftStep[] {
  const collation = to.collation === null ? '' : ` COLLATE ${to.collation}`;
  const table = `ALTER TABLE ${to.tableSql}`;
  const alter = `${table} ALTER COLUMN ${to.sql}`;
  const checksOf = (schema: PlanContext['before'], column: ColumnFacts): ConstraintFacts[] =>
    partsOf(schema, column.table, 'constraint').filter(
      (one) => one.type === 'check' && one.columns.includes(column.name),
    );
  const [gone, came] = [checksOf(context.before, from), checksOf(context.after, to)];
  for (const one of [...gone, ...came]) context.handled.add(one.key);
  const newDefault = from.default === to.default ? null : to.default;
  return [
    {
      name: `type_${words(to.name)}`,
      sql: [
        ...codeOn(context.before, from.key).toReversed().map(dropSql),
        ...gone.map((one) => `${table} DROP CONSTRAINT ${one.sql};`),
        ...(from.default === null || from.default === to.default ? [] : [`${alter} DROP DEFAULT;`]),
        `${alter} TYPE ${to.type}${collation} USING ${forth(to.sql)};`,
        ...(newDefault === null ? [] : [`${alter} SET DEFAULT ${newDefault};`]),
        ...came.map((one) => constraintSql(one, ' NOT VALID')),
        ...codeOn(context.after, to.key).map((one) => createSql(context.after, one)),
      ].join('\n'),
      note: 'ACCESS EXCLUSIVE; nothing is rewritten where the old values are the new ones.',
    },
    ...came.filter((one) => one.validated).map(validateStep),
  ];
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
