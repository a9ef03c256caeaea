import {
  type ColumnFacts,
  type ConstraintFacts,
  type EnumFacts,
  type IndexFacts,
  partsOf,
  type Schema,
  type SequenceFacts,
} from '../../schema/objects.ts';
import { quoteText } from '../../sql-names.ts';
import { type CodeObject, createSql, dropSql, isCode } from './code.ts';
import { foreignKeysOn, usingIndexSql, validateStep } from './constraints.ts';
import { columnSettingsSql, commentsOf, constraintSql, indexSql, withoutType } from './create-sql.ts';
import { derivedName, ident, nextName, words } from './names.ts';
import { batchKey, batchUpdate, notNullSteps } from './not-null.ts';
import {
  type DraftStep,
  type Operation,
  type PlanContext,
  refuseChange,
  revisionMark,
  shortRevisionMark,
} from './operation.ts';
import { enumSql } from './types.ts';

/** A column whose place another one takes: of another type, or under another name. */
export interface Replacement {
  from: ColumnFacts;
  to: ColumnFacts;
  /** SQL of the new value in terms of the old one, and back. `value` stands for it. */
  forth: (value: string) => string;
  back: (value: string) => string;
  /** Every old value has a new one that leads back to it. */
  isLossless: boolean;
  /** SQL that is true where two values of a type are not the same. */
  differ: (type: 'old' | 'new', a: string, b: string) => string;
}

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
  const plan: Swap = {
    context,
    type,
    columns: withoutRepeats(named.map((one) => describe(context, one, besideSchema))),
  };
  if (type) {
    const [first] = plan.columns;
    first?.codeBefore.push(...codeOn(context.before, type.from.key));
    first?.codeAfter.push(...codeOn(context.after, type.to.key));
    for (const one of [...(first?.codeBefore ?? []), ...(first?.codeAfter ?? [])]) context.handled.add(one.key);
  }
  for (const column of plan.columns) for (const key of column.handled) context.handled.add(key);
  const keys = plan.columns.flatMap((one) => [one.to.key, one.from.key]);
  const what = plan.columns.map((one) => `${one.to.tableSql}.${one.to.name}`).join(', ');
  const base = { stage: 'make', keys } as const;
  return [
    { ...base, phase: 'expand', what: `${what}: a new column beside the old one`, ...expand(plan) },
    { ...base, phase: 'backfill', what: `${what}: filled`, ...backfill(plan) },
    { ...base, phase: 'contract', what: `${what}: the new column takes the place`, ...contract(plan) },
  ];
}

/** An index of two columns that are both replaced moves once. */
function withoutRepeats(columns: Column[]): Column[] {
  const seen = new Set<string>();
  const first = (key: string): boolean => !seen.has(key) && Boolean(seen.add(key));
  return columns.map((column) => ({
    ...column,
    indexes: column.indexes.filter(({ after }) => first(after.key)),
    constraints: column.constraints.filter(({ after }) => first(after.key)),
    inbound: column.inbound.filter(({ before }) => first(before.key)),
  }));
}

interface Column extends Replacement {
  /** The name that the new one has until the swap. */
  beside: string;
  besideSql: string;
  sync: string;
  /** As it was set aside. */
  kept: string;
  indexes: Pair<IndexFacts>[];
  constraints: Pair<ConstraintFacts>[];
  inbound: { before: ConstraintFacts; after: ConstraintFacts }[];
  /** Come back with the old column, unchecked. */
  restored: ConstraintFacts[];
  serial: SequenceFacts | undefined;
  codeBefore: CodeObject[];
  codeAfter: CodeObject[];
  handled: string[];
}

/** A thing as the old column has it, as it is to be, and how PostgreSQL prints it on the column beside. */
interface Pair<Facts> {
  before: Facts | undefined;
  after: Facts;
  beside: Facts;
}

interface Swap {
  context: PlanContext;
  type: { from: EnumFacts; to: EnumFacts } | undefined;
  columns: Column[];
}

function obstacles(context: PlanContext, { from, to }: Replacement): [string, string][] {
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
  const users = partsOf(context.before, from.table, 'column').filter(
    (one) => one.generated && context.before.needs.get(one.key)?.has(from.key),
  );
  for (const one of users)
    found.push([
      what,
      `The generated column ${one.name} is computed from it: drop that one first, and add it again afterwards.`,
    ]);
  const table = context.before.objects.get(from.table);
  if (table?.kind === 'table' && (table.isPartitioned || table.partitionOf || table.inherits.length > 0)) {
    found.push([what, `${from.tableSql} is partitioned: make a new table, copy in batches, and switch.`]);
  }
  return found;
}

function describe(context: PlanContext, one: Replacement & { beside: string }, besideSchema: Schema): Column {
  const { before, after } = context;
  const { from, to } = one;
  const uses = (schema: Schema, column: ColumnFacts) => {
    return {
      indexes: partsOf(schema, column.table, 'index').filter((index) => index.columns.includes(column.name)),
      constraints: partsOf(schema, column.table, 'constraint').filter((key) => key.columns.includes(column.name)),
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
  const inbound = inboundOf(before, old.constraints).map((key) => {
    return { before: key, after: inboundAfter.find((other) => other.key === key.key) ?? key };
  });
  const codeBefore = codeOn(before, from.key);
  const codeAfter = codeOn(after, to.key);
  return {
    ...one,
    besideSql: ident(after, one.beside),
    sync: ident(after, derivedName('st', from.table.split('.').at(-1) ?? '', from.name, 'sync')),
    kept: `_st_${shortRevisionMark}_${from.name}`,
    indexes: pair(wanted.indexes, old.indexes),
    constraints: pair(wanted.constraints, old.constraints),
    inbound,
    restored: old.constraints.filter((one) => one.type === 'check' || one.type === 'foreign key'),
    serial: [...after.objects.values()].find(
      (other): other is SequenceFacts => other.kind === 'sequence' && other.ownedBy === to.key,
    ),
    codeBefore,
    codeAfter,
    handled: [
      ...[
        ...old.indexes,
        ...old.constraints,
        ...wanted.indexes,
        ...wanted.constraints,
        ...codeBefore,
        ...codeAfter,
      ].map((other) => other.key),
      ...inbound.flatMap((other) => [other.before.key, other.after.key]),
    ],
  };
}

/** Views, triggers, policies that stand on a column, and what stands on them; what is needed first. */
export function codeOn(schema: Schema, key: string): CodeObject[] {
  const found = new Map<string, CodeObject>();
  const visit = (needed: string): void => {
    for (const [user, needs] of schema.needs) {
      const object = schema.objects.get(user);
      if (!needs.has(needed) || !object || !isCode(object) || found.has(user)) continue;
      found.set(user, object);
      visit(user);
    }
  };
  visit(key);
  return sortByNeed(schema, [...found.values()]);
}

function sortByNeed(schema: Schema, objects: readonly CodeObject[]): CodeObject[] {
  const sorted: CodeObject[] = [];
  const add = (object: CodeObject): void => {
    if (sorted.includes(object)) return;
    for (const other of objects) if (other !== object && schema.needs.get(object.key)?.has(other.key)) add(other);
    if (!sorted.includes(object)) sorted.push(object);
  };
  for (const object of objects.toSorted((a, b) => (a.key < b.key ? -1 : 1))) add(object);
  return sorted;
}

const nextType = (context: PlanContext, type: EnumFacts): string => {
  const prefix = type.sql.includes('.') ? type.sql.slice(0, type.sql.lastIndexOf('.') + 1) : '';
  return `${prefix}${ident(context.after, nextName(type.name))}`;
};

function typeOf({ context, type }: Swap, column: Column): string {
  if (!type) return column.to.type;
  return column.to.type.endsWith('[]') ? `${nextType(context, type.to)}[]` : nextType(context, type.to);
}

function expand(swap: Swap): Pick<Operation, 'up' | 'down'> {
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
        note: 'A copy: nothing is lost.',
      },
    );
  }
  return { up, down };
}

function backfill(swap: Swap): Pick<Operation, 'up' | 'down'> {
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

function contract(swap: Swap): Pick<Operation, 'up' | 'down'> {
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
  down.push({ name: 'swap_back', sql: swapBackSql(swap), note });
  for (const { after, beside } of columns.flatMap((one) => one.constraints)) {
    if (isUnique(after)) down.push(buildBeside(swap, after.name, beside.index ?? ''));
  }
  return {
    up: [
      ...up,
      { name: 'swap', sql: swapSql(swap), note },
      ...validate(columns.flatMap((one) => one.inbound.map(({ after }) => after))),
    ],
    down: [
      ...down,
      ...validate(columns.flatMap((one) => one.restored)),
      ...validate(columns.flatMap((one) => one.inbound.map(({ before }) => before))),
    ],
  };
}

/** Between two names both may be written: the new one where it is given, else whichever changed. */
function syncSql(swap: Swap, column: Column): string {
  const { from, to, besideSql } = column;
  const forth = `NEW.${besideSql} := ${inNextType(swap, column.forth(`NEW.${from.sql}`))};`;
  if (from.name === to.name) return triggerFunctionSql(column, `  ${forth}`) + triggerOn(column);
  const back = `NEW.${from.sql} := ${column.back(`NEW.${besideSql}`)};`;
  const body = `  IF TG_OP = 'INSERT' THEN
    IF NEW.${besideSql} IS NULL THEN
      ${forth}
    ELSE
      ${back}
    END IF;
  ELSIF ${column.differ('old', `NEW.${from.sql}`, `OLD.${from.sql}`)} THEN
    ${forth}
  ELSIF ${column.differ('new', `NEW.${besideSql}`, `OLD.${besideSql}`)} THEN
    ${back}
  ELSE
    ${forth}
  END IF;`;
  return triggerFunctionSql(column, body) + triggerOn(column);
}

function strictSql(swap: Swap, column: Column): string {
  const { from, to, besideSql } = column;
  return triggerFunctionSql(
    column,
    `  NEW.${besideSql} := ${inNextType(swap, column.forth(`NEW.${from.sql}`))};
  IF ${column.differ('old', column.back(`NEW.${besideSql}`), `NEW.${from.sql}`)} THEN
    RAISE EXCEPTION 'the new type of % cannot hold this value', ${quoteText(`${to.tableSql}.${to.name}`)} USING ERRCODE = 'check_violation';
  END IF;`,
  );
}

function syncBackSql(swap: Swap, column: Column): string {
  const { to } = column;
  const kept = quoted(column.kept);
  const body = `  IF ${column.differ('new', column.forth(`NEW.${kept}`), `NEW.${to.sql}`)} THEN
    NEW.${kept} := ${inOldType(swap, column.back(`NEW.${to.sql}`))};
  END IF;`;
  return triggerFunctionSql(column, body) + triggerOn(column);
}

function triggerFunctionSql(column: Column, body: string): string {
  return `CREATE OR REPLACE FUNCTION ${functionName(column)}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
${body}
  RETURN NEW;
END
$$;`;
}

function triggerOn(column: Column): string {
  const { sync, to } = column;
  return `\nCREATE TRIGGER ${sync} BEFORE INSERT OR UPDATE ON ${to.tableSql} FOR EACH ROW EXECUTE FUNCTION ${functionName(column)}();`;
}

function unsyncSql(column: Column): string {
  return `DROP TRIGGER ${column.sync} ON ${column.to.tableSql};\nDROP FUNCTION ${functionName(column)}();`;
}

function functionName({ to, sync }: Column): string {
  return to.tableSql.includes('.') ? `${to.tableSql.slice(0, to.tableSql.lastIndexOf('.'))}.${sync}` : sync;
}

/** Expressions are written in the final type's name; until the swap the type is called otherwise. */
function inNextType({ context, type }: Swap, expression: string): string {
  return type ? expression.replaceAll(`::${type.to.sql}`, `::${nextType(context, type.to)}`) : expression;
}

/** The old type of what was set aside is in the archive. */
function inOldType({ type, context }: Swap, expression: string): string {
  if (!type) return expression;
  return expression.replaceAll(
    `::${type.from.sql}`,
    `::${context.archive}.${quoted(`${revisionMark}_${type.from.name}`)}`,
  );
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function isUnique(constraint: ConstraintFacts): boolean {
  return constraint.type === 'primary key' || constraint.type === 'unique';
}

function besideIndex({ context }: Swap, name: string): string {
  return ident(context.after, nextName(name));
}

function buildBeside(swap: Swap, name: string, definition: string): DraftStep {
  return {
    name: `build_${words(name)}`,
    mode: 'notx',
    sql: `${indexSql(inNextType(swap, definition), { name: besideIndex(swap, name), concurrently: true })};`,
    note: 'Beside readers and writers.',
  };
}

function dropBeside(swap: Swap, name: string, sql: string): DraftStep {
  const prefix = sql.includes('.') ? sql.slice(0, sql.lastIndexOf('.') + 1) : '';
  return {
    name: `drop_${words(name)}`,
    mode: 'notx',
    sql: `DROP INDEX CONCURRENTLY ${prefix}${besideIndex(swap, name)};`,
  };
}

function constraintBeside(swap: Swap, { after, beside }: Pair<ConstraintFacts>): DraftStep[] {
  if (isUnique(after)) return [buildBeside(swap, after.name, beside.index ?? '')];
  const next = { ...beside, definition: inNextType(swap, beside.definition), sql: besideIndex(swap, after.name) };
  return [
    { name: `add_${words(after.name)}`, sql: constraintSql(next, ' NOT VALID'), note: 'Does not scan.' },
    ...(after.validated ? [{ ...validateStep(next), name: `validate_${words(after.name)}` }] : []),
  ];
}

function dropConstraintBeside(swap: Swap, { after }: Pair<ConstraintFacts>): DraftStep[] {
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

function uniqueObjects<Facts extends { key: string }>(lists: readonly (readonly Facts[])[]): Facts[] {
  return [...new Map(lists.flat().map((one) => [one.key, one])).values()];
}

function swapSql(swap: Swap): string {
  const { context, type, columns } = swap;
  const codeBefore = uniqueObjects(columns.map((one) => one.codeBefore));
  const codeAfter = uniqueObjects(columns.map((one) => one.codeAfter));
  const lines = [...sortByNeed(context.before, codeBefore)].toReversed().map(dropSql);
  for (const column of columns) lines.push(...leave(swap, column));
  if (type) {
    lines.push(
      `SELECT ${context.journal}.soft_drop_type(${quoteText(type.from.sql)}, ${quoteText(revisionMark)});`,
      `ALTER TYPE ${nextType(context, type.to)} RENAME TO ${ident(context.after, type.to.name)};`,
    );
  }
  for (const column of columns) lines.push(...enter(swap, column));
  return [...lines, ...sortByNeed(context.after, codeAfter).map((one) => createSql(context.after, one))].join('\n');
}

/** The old column goes. */
function leave({ context }: Swap, column: Column): string[] {
  const { from, to, inbound } = column;
  return [
    `LOCK TABLE ${[...new Set([from.tableSql, ...inbound.map((one) => one.before.tableSql)])].join(', ')} IN ACCESS EXCLUSIVE MODE;`,
    unsyncSql(column),
    ...inbound.map(({ before }) => `ALTER TABLE ${before.tableSql} DROP CONSTRAINT ${before.sql};`),
    ...(from.identity
      ? [
          `SELECT set_config('stanchion.position_${words(to.name)}', coalesce(pg_sequence_last_value(${quoteText(from.identity.sequence)}::regclass)::text, ''), true);`,
        ]
      : []),
    ...(column.serial ? [`ALTER SEQUENCE ${column.serial.sql} OWNED BY NONE;`] : []),
    `SELECT ${context.journal}.soft_drop_column(${quoteText(from.tableSql)}, ${quoteText(from.name)}, ${quoteText(revisionMark)});`,
  ];
}

/** The new one takes its name, keys, default and numbering. */
function enter(swap: Swap, column: Column): string[] {
  const { to, besideSql, inbound } = column;
  const alter = `ALTER TABLE ${to.tableSql}`;
  const position = `stanchion.position_${words(to.name)}`;
  const prefix = to.tableSql.includes('.') ? to.tableSql.slice(0, to.tableSql.lastIndexOf('.') + 1) : '';
  return [
    ...(besideSql === to.sql ? [] : [`${alter} RENAME COLUMN ${besideSql} TO ${to.sql};`]),
    ...column.indexes.map(
      ({ after }) =>
        `ALTER INDEX ${prefix}${besideIndex(swap, after.name)} RENAME TO ${ident(swap.context.after, after.name)};`,
    ),
    ...column.constraints.map(({ after }) =>
      isUnique(after)
        ? usingIndexSql(after, besideIndex(swap, after.name))
        : `${alter} RENAME CONSTRAINT ${besideIndex(swap, after.name)} TO ${after.sql};`,
    ),
    ...(to.default === null ? [] : [`${alter} ALTER COLUMN ${to.sql} SET DEFAULT ${to.default};`]),
    ...(column.serial ? [`ALTER SEQUENCE ${column.serial.sql} OWNED BY ${to.tableSql}.${to.sql};`] : []),
    ...(to.identity
      ? [
          `${alter} ALTER COLUMN ${to.sql} ADD GENERATED ${to.identity.always ? 'ALWAYS' : 'BY DEFAULT'} AS IDENTITY (SEQUENCE NAME ${to.identity.sequence} ${withoutType(to.identity.options)});`,
          `SELECT setval(${quoteText(to.identity.sequence)}::regclass, current_setting('${position}')::bigint) WHERE current_setting('${position}', true) <> '';`,
        ]
      : []),
    ...inbound.map(({ after }) => constraintSql(after, ' NOT VALID')),
    ...columnSettingsSql(to),
    ...commentsOf([to, ...column.indexes.map((one) => one.after), ...column.constraints.map((one) => one.after)]),
  ];
}

/** The exact opposite; what was set aside comes back with its keys. */
function swapBackSql(swap: Swap): string {
  const { context, type, columns } = swap;
  const codeBefore = uniqueObjects(columns.map((one) => one.codeBefore));
  const codeAfter = uniqueObjects(columns.map((one) => one.codeAfter));
  const lines = [...sortByNeed(context.after, codeAfter)].toReversed().map(dropSql);
  for (const column of columns) {
    const { to, besideSql, inbound } = column;
    const alter = `ALTER TABLE ${to.tableSql}`;
    lines.push(
      `LOCK TABLE ${[...new Set([to.tableSql, ...inbound.map((one) => one.before.tableSql)])].join(', ')} IN ACCESS EXCLUSIVE MODE;`,
      unsyncSql(column),
      ...inbound.map(({ after }) => `ALTER TABLE ${after.tableSql} DROP CONSTRAINT ${after.sql};`),
      ...(to.identity
        ? [
            `SELECT set_config('stanchion.position_${words(to.name)}', coalesce(pg_sequence_last_value(${quoteText(to.identity.sequence)}::regclass)::text, ''), true);`,
            `${alter} ALTER COLUMN ${to.sql} DROP IDENTITY;`,
          ]
        : []),
      ...(column.serial ? [`ALTER SEQUENCE ${column.serial.sql} OWNED BY NONE;`] : []),
      ...(to.default === null ? [] : [`${alter} ALTER COLUMN ${to.sql} DROP DEFAULT;`]),
      ...column.constraints.map(({ after }) =>
        isUnique(after)
          ? `${alter} DROP CONSTRAINT ${after.sql};`
          : `${alter} RENAME CONSTRAINT ${after.sql} TO ${besideIndex(swap, after.name)};`,
      ),
      ...column.indexes.map(({ after }) => `ALTER INDEX ${after.sql} RENAME TO ${besideIndex(swap, after.name)};`),
      ...(besideSql === to.sql ? [] : [`${alter} RENAME COLUMN ${to.sql} TO ${besideSql};`]),
    );
  }
  if (type) {
    lines.push(
      `ALTER TYPE ${type.to.sql} RENAME TO ${nextType(context, type.to)};`,
      `SELECT ${context.journal}.restore_type(${quoteText(type.from.sql)}, ${quoteText(revisionMark)});`,
    );
  }
  for (const column of columns) {
    const { to, from, inbound } = column;
    lines.push(
      `SELECT ${context.journal}.restore_column(${quoteText(from.tableSql)}, ${quoteText(from.name)}, ${quoteText(revisionMark)}, false);`,
      ...(column.serial ? [`ALTER SEQUENCE ${column.serial.sql} OWNED BY ${from.tableSql}.${from.sql};`] : []),
      ...(from.identity && to.identity
        ? [
            `SELECT setval(${quoteText(from.identity.sequence)}::regclass, current_setting('stanchion.position_${words(to.name)}')::bigint) WHERE current_setting('stanchion.position_${words(to.name)}', true) <> '';`,
          ]
        : []),
      ...inbound.map(({ before }) => constraintSql(before, ' NOT VALID')),
      syncSql(swap, column),
    );
  }
  return [...lines, ...sortByNeed(context.before, codeBefore).map((one) => createSql(context.before, one))].join('\n');
}

/** How many values the new type cannot hold, before anything is copied. */
function fitsForthStep(swap: Swap, column: Column): DraftStep {
  const { from, to } = column;
  return fitsStep(column, {
    name: `fits_${words(to.name)}`,
    rows: `SELECT ${from.sql} AS is FROM ${from.tableSql} WHERE ${from.sql} IS NOT NULL`,
    test: column.differ('old', column.back(inNextType(swap, column.forth('value.is'))), 'value.is'),
    hint: 'Change them first, or say with --using how they become values of the new type.',
  });
}

/** The same before a downgrade, of what was written since. */
function fitsBackStep(swap: Swap, column: Column): DraftStep {
  const { to } = column;
  const forth = column.forth(quoted(column.kept));
  return fitsStep(column, {
    name: `fits_${words(to.name)}`,
    rows: `SELECT ${to.sql} AS is FROM ${to.tableSql} WHERE ${to.sql} IS NOT NULL AND ${column.differ('new', forth, to.sql)}`,
    test: column.differ('new', column.forth(inOldType(swap, column.back('value.is'))), 'value.is'),
    hint: 'Change them first, or stay at this revision.',
  });
}

function fitsStep({ to }: Column, check: { name: string; rows: string; test: string; hint: string }): DraftStep {
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
