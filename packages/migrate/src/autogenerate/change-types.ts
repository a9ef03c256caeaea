import { type ColumnFacts, type ConstraintFacts, hasColumn, objectsOfKind, partsOf } from '../schema/objects.ts';
import { createSql, dropSql } from './operations/code.ts';
import { codeOn } from './operations/code-order.ts';
import { validateStep } from './operations/constraints.ts';
import { constraintSql } from './operations/create-sql.ts';
import { words } from './operations/names.ts';
import { type DraftStep, isPlain, type Operation, type PlanContext, refuseChange } from './operations/operation.ts';
import { generatedFrom, replaceColumns } from './operations/replace-columns.ts';
import type { Replacement } from './operations/replacement.ts';
import type { Renames } from './renames.ts';

export interface TypeChange {
  from: ColumnFacts;
  to: ColumnFacts;
}

/**
 * What keys, checks and indexes hold together changes together: each of them moves once, and the ends of a foreign key must
 * be of types that can be compared.
 */
export function heldTogether({ before, after }: PlanContext, changes: readonly TypeChange[]): TypeChange[][] {
  let groups = changes.map((one) => [one]);
  const bonds = [before, after].flatMap((schema) => objectsOfKind(schema, 'constraint', 'index'));
  for (const bond of bonds) {
    const { table, columns } = bond;
    const references = bond.kind === 'constraint' ? bond.references : null;
    const touches = (group: readonly TypeChange[]): boolean => {
      const ours = new Set(group.map((one) => one.to.key));
      const isAtOtherEnd = references !== null && hasColumn(ours, references.table, references.columns);
      return isAtOtherEnd || hasColumn(ours, table, columns);
    };
    const joined = groups.filter(touches);
    if (joined.length > 1) groups = [...groups.filter((group) => !joined.includes(group)), joined.flat()];
  }
  return groups;
}

export async function changeTypes(
  context: PlanContext,
  changes: readonly TypeChange[],
  renames: Renames,
): Promise<Operation[]> {
  const beside: Replacement[] = [];
  const inPlace: Replacement[] = [];
  const plain: Replacement[] = [];
  for (const { from, to } of changes) {
    const replacement = await retyped(context, from, to);
    if (!replacement) continue;
    if (isPlain(context, { sql: to.tableSql })) plain.push(replacement);
    else if (await context.probes.rewrites(from, to, isIndexed(context, from))) beside.push(replacement);
    else inPlace.push(replacement);
  }
  const hindered = [...inPlace, ...plain].flatMap(({ from, to }) =>
    hindrances(context, { from, to, renames }).map((advice) => ({ to, advice })),
  );
  for (const { to, advice } of hindered) refuseChange(context, `another type of ${to.tableSql}.${to.name}`, advice);
  if (hindered.length > 0) return [];
  return [
    ...(beside.length === 0 ? [] : await replaceColumns(context, beside)),
    ...(inPlace.length === 0 ? [] : [await alterInPlace(context, inPlace)]),
    ...plain.map((one) => alterPlainly(context, one)),
  ];
}

/** What stands on a column and does not let ALTER TYPE pass. */
function hindrances(context: PlanContext, { from, to, renames }: TypeChange & { renames: Renames }): string[] {
  const hasAlias = renames.tables.some((one) => to.table === `table ${one.from.schema}.${one.to}`);
  const alias = `A view stands under the old name of ${to.tableSql} until nothing uses it: let one of the two changes be a revision of its own.`;
  return [...(hasAlias ? [alias] : []), ...generatedFrom(context.before, from)];
}

function isIndexed({ before }: PlanContext, column: ColumnFacts): boolean {
  return [...partsOf(before, column.table, 'index'), ...partsOf(before, column.table, 'constraint')].some((one) =>
    one.columns.includes(column.name),
  );
}

/** Forth nothing is rewritten; the way back has to write the rows. */
async function alterInPlace(context: PlanContext, replacements: readonly Replacement[]): Promise<Operation> {
  const up = replacements.flatMap((one) => alterTypeSteps(context, one));
  const down = await flatten(context, replacements.map(reversed));
  return typeOperation(context, replacements, { phase: 'expand', up, down });
}

function alterPlainly(context: PlanContext, replacement: Replacement): Operation {
  const up = alterTypeSteps(context, replacement);
  const down = alterTypeSteps(flip(context), reversed(replacement));
  return typeOperation(context, [replacement], { phase: 'contract', up, down });
}

function typeOperation(
  context: PlanContext,
  replacements: readonly Replacement[],
  ways: Pick<Operation, 'phase' | 'up' | 'down'>,
): Operation {
  for (const { from, to } of replacements)
    for (const one of [...codeOn(context.before, from.key), ...codeOn(context.after, to.key)])
      context.handled.add(one.key);
  const what = replacements.map(({ to }) => `${to.tableSql}.${to.name} becomes ${to.type}`).join(', ');
  return { ...ways, stage: 'make', keys: replacements.map(({ to }) => to.key), what };
}

function reversed(replacement: Replacement): Replacement {
  const { from, to, forth, back } = replacement;
  return { from: to, to: from, forth: back, back: forth, isLossless: false, differ: differBy(to.type, from.type) };
}

export function flip(context: PlanContext): PlanContext {
  return { ...context, before: context.after, after: context.before, handled: new Set(), faults: [] };
}

/** All phases of the way back in one section; where that cannot be, the plain form, which counts first. */
async function flatten(context: PlanContext, backs: readonly Replacement[]): Promise<DraftStep[]> {
  const flipped = flip(context);
  const operations = await replaceColumns(flipped, backs);
  if (flipped.faults.length === 0 && operations.length > 0) return operations.flatMap((one) => one.up);
  return backs.flatMap((one) => alterTypeSteps(flipped, one));
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

/** The casts of the types, or what the caller said. Undefined when there is neither; the fault is told. */
export async function retyped(
  context: PlanContext,
  from: ColumnFacts,
  to: ColumnFacts,
): Promise<Replacement | undefined> {
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
export function differBy(from: string, to: string): Replacement['differ'] {
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
