import {
  type ColumnFacts,
  type ConstraintFacts,
  type EnumFacts,
  hasColumn,
  partsOf,
  type Schema,
  type SequenceFacts,
} from '../../schema/objects.ts';
import type { CodeObject } from './code.ts';
import { codeOn, sortByNeed } from './code-order.ts';
import { foreignKeysOn } from './constraints.ts';
import { cutBytes, derivedName, ident, nextName } from './names.ts';
import { batchKey } from './not-null.ts';
import { type Operation, type PlanContext, refuseChange, shortRevisionMark } from './operation.ts';
import { backfill, contract, expand } from './replace-phases.ts';
import { type Column, type Pair, type Replacement, type Swap } from './replacement.ts';

/**
 * The new column is filled beside the old one, which a trigger keeps it equal to, and takes its place in one short
 * transaction; the old one is set aside. Keys, checks, indexes, foreign keys and views that use it move along.
 */
export async function replaceColumns(
  context: PlanContext,
  replacements: readonly Replacement[],
  type?: { from: EnumFacts; to: EnumFacts },
): Promise<Operation[]> {
  const refusal = replacements.flatMap((one) => obstacles(context, one));
  for (const [what, advice] of refusal) refuseChange(context, what, advice);
  if (refusal.length > 0) return [];
  const named = replacements.map((one) => ({
    ...one,
    beside: one.from.name === one.to.name ? nextName(one.to.name) : one.to.name,
  }));
  const besideSchema = await context.probes.readRenamed(
    named.filter((one) => one.beside !== one.to.name).map((one) => ({ column: one.to, name: one.beside })),
  );
  const isInner = innerKeys(replacements);
  const columns = withoutRepeats(named.map((one) => describe(context, one, { besideSchema, isInner })));
  const on = (schema: Schema, keys: readonly string[]): CodeObject[] =>
    sortByNeed(schema, [...new Map(keys.flatMap((key) => codeOn(schema, key)).map((one) => [one.key, one])).values()]);
  const plan: Swap = {
    ...{ context, type, columns },
    codeBefore: on(context.before, [...columns.map((one) => one.from.key), ...(type ? [type.from.key] : [])]),
    codeAfter: on(context.after, [...columns.map((one) => one.to.key), ...(type ? [type.to.key] : [])]),
  };
  for (const one of [...plan.codeBefore, ...plan.codeAfter]) context.handled.add(one.key);
  for (const key of columns.flatMap((one) => one.handled)) context.handled.add(key);
  const keys = [...columns.flatMap((one) => [one.to.key, one.from.key]), ...(type ? [type.to.key] : [])];
  const what =
    columns.length === 0
      ? `enum ${type?.to.sql ?? ''}`
      : columns.map((one) => `${one.to.tableSql}.${one.to.name}`).join(', ');
  const base = { stage: 'make', keys } as const;
  return [
    { ...base, phase: 'expand', what: `${what}: a new column beside the old one`, ...expand(plan) },
    { ...base, phase: 'backfill', what: `${what}: filled`, ...backfill(plan) },
    { ...base, phase: 'contract', what: `${what}: the new column takes the place`, ...contract(plan) },
  ];
}

/** An index of two columns that are both replaced moves once. */
export function withoutRepeats(columns: Column[]): Column[] {
  const seen = new Set<string>();
  const first = (key: string): boolean => !seen.has(key) && Boolean(seen.add(key));
  return columns.map((column) => ({
    ...column,
    indexes: column.indexes.filter(({ after }) => first(after.key)),
    constraints: column.constraints.filter(({ after }) => first(after.key)),
    inbound: column.inbound.filter(({ before }) => first(before.key)),
  }));
}

/** What to do about each generated column that is computed from another one: that one's type cannot change under it. */
export function generatedFrom(schema: Schema, column: ColumnFacts): string[] {
  return partsOf(schema, column.table, 'column')
    .filter((one) => one.generated && schema.needs.get(one.key)?.has(column.key))
    .map(
      (one) =>
        `The generated column ${one.name} is computed from it: drop that one first, and add it again afterwards.`,
    );
}

export function obstacles(context: PlanContext, { from, to }: Replacement): [string, string][] {
  const what =
    from.name === to.name
      ? `another type of ${to.tableSql}.${to.name}`
      : `another name for ${from.tableSql}.${from.name}`;
  const found: [string, string][] = [];
  if (!batchKey(context.before, from.table))
    found.push([what, 'Rows are copied in batches by key: give the table a primary key.']);
  if (from.generated || to.generated)
    found.push([
      what,
      'It is generated: add a column with the new expression under a new name, move the code to it, and drop this one in a later revision.',
    ]);
  for (const advice of generatedFrom(context.before, from)) found.push([what, advice]);
  const table = context.before.objects.get(from.table);
  if (table?.kind === 'table' && (table.isPartitioned || table.partitionOf || table.inherits.length > 0)) {
    found.push([what, `${from.tableSql} is partitioned: make a new table, copy in batches, and switch.`]);
  }
  return found;
}

/** Foreign keys of which both ends are replaced: they cannot be built beside, and go and come with the swap. */
function innerKeys(replacements: readonly Replacement[]): (key: ConstraintFacts) => boolean {
  const replaced = new Set(replacements.flatMap(({ from, to }) => [from.key, to.key]));
  return ({ table, columns, references }) =>
    references !== null &&
    hasColumn(replaced, table, columns) &&
    hasColumn(replaced, references.table, references.columns);
}

export function describe(
  context: PlanContext,
  one: Replacement & { beside: string },
  { besideSchema, isInner }: { besideSchema: Schema; isInner: (key: ConstraintFacts) => boolean },
): Column {
  const { before, after } = context;
  const { from, to } = one;
  const uses = (schema: Schema, column: ColumnFacts) => {
    return {
      indexes: partsOf(schema, column.table, 'index').filter((index) => index.columns.includes(column.name)),
      constraints: partsOf(schema, column.table, 'constraint').filter(
        (key) => key.columns.includes(column.name) && !isInner(key),
      ),
    };
  };
  const old = uses(before, from);
  const wanted = uses(after, to);
  const pair = <Facts extends { key: string }>(list: readonly Facts[], all: readonly Facts[]): Pair<Facts>[] =>
    list.flatMap((facts) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a key is of one kind in every schema
      const beside = besideSchema.objects.get(facts.key) as Facts | undefined;
      return beside ? [{ before: all.find((other) => other.key === facts.key), after: facts, beside }] : [];
    });
  const inboundOf = (schema: Schema, keys: readonly ConstraintFacts[]): ConstraintFacts[] =>
    keys.flatMap((key) => foreignKeysOn({ ...context, before: schema }, key));
  const inboundAfter = inboundOf(after, wanted.constraints);
  // One that goes altogether has gone by then, and one that comes comes later.
  const inbound = inboundOf(before, old.constraints).flatMap((key) => {
    const wantedKey = inboundAfter.find((other) => other.key === key.key);
    return wantedKey ? [{ before: key, after: wantedKey }] : [];
  });
  return {
    ...one,
    besideSql: ident(after, one.beside),
    sync: ident(after, derivedName('st', from.table.split('.').at(-1) ?? '', from.name, 'sync')),
    // As the archive's own kept_name() cuts it: 63 bytes less `_st_`, six digits and `_`.
    kept: `_st_${shortRevisionMark}_${cutBytes(from.name, 52)}`,
    indexes: pair(wanted.indexes, old.indexes),
    constraints: pair(wanted.constraints, old.constraints),
    inbound,
    restored: old.constraints.filter((one) => one.type === 'check' || one.type === 'foreign key'),
    serial: [...after.objects.values()].find(
      (other): other is SequenceFacts => other.kind === 'sequence' && other.ownedBy === to.key,
    ),
    handled: [
      ...[...old.indexes, ...old.constraints, ...wanted.indexes, ...wanted.constraints].map((other) => other.key),
      ...inbound.flatMap((other) => [other.before.key, other.after.key]),
    ],
  };
}
