import { sameObject } from '../schema/compare.ts';
import {
  type ColumnFacts,
  type ConstraintFacts,
  type IndexFacts,
  labelOf,
  objectsOfKind,
  type SchemaObject,
  type SequenceFacts,
} from '../schema/objects.ts';
import { quoteText } from '../sql-names.ts';
import { addCode, changeCode, dropCode, isCode, ownIndexes } from './operations/code.ts';
import { codeOn } from './operations/code-order.ts';
import { addColumn, alterColumn, dropColumn, isSerialChange } from './operations/columns.ts';
import {
  addConstraint,
  changeConstraint,
  constraintOfIndex,
  dropConstraint,
  foreignKeysOn,
  renameConstraint,
} from './operations/constraints.ts';
import { commentSql } from './operations/create-sql.ts';
import { addIndex, changeIndex, dropIndex, renameIndex } from './operations/indexes.ts';
import { words } from './operations/names.ts';
import { inverse, type Operation, type PlanContext, refuseChange } from './operations/operation.ts';
import { addSequence, alterSequence, changeIdentity, dropSequence, renameSequence } from './operations/sequences.ts';
import { alterTable, createTable, dropTable } from './operations/tables.ts';
import {
  addCollation,
  addComposite,
  addExtension,
  addSchema,
  addType,
  alterDomain,
  dropType,
} from './operations/types.ts';
import { sortOperations } from './order.ts';
import { planReplacements } from './plan-types.ts';
import type { Renames } from './renames.ts';

/** From one schema to the other, in the order of running. What has no online form is among the context's faults. */
export async function planChanges(context: PlanContext, renames: Renames): Promise<Operation[]> {
  const { before, after, handled } = context;
  const operations: Operation[] = [];
  const gone = (): SchemaObject[] =>
    [...before.objects.values()].filter((one) => !after.objects.has(one.key) && !handled.has(one.key));
  const came = (): SchemaObject[] =>
    [...after.objects.values()].filter((one) => !before.objects.has(one.key) && !handled.has(one.key));
  const take = (made: readonly Operation[]): void => {
    operations.push(...made);
    for (const one of made) for (const key of one.keys) handled.add(key);
  };
  // Types and functions of an extension are no objects of ours: nothing else says that it is needed.
  for (const one of came()) if (one.kind === 'extension') take([addExtension(context, one)]);
  for (const one of came()) if (one.kind === 'table') take([createTable(context, one)]);
  for (const one of gone()) if (one.kind === 'table') take([dropTable(context, one)]);
  take(await planReplacements(context, renames));
  // The indexes of a materialized view come and go with it.
  for (const one of came()) if (isCode(one)) for (const key of ownIndexes(after, one)) handled.add(key);
  for (const one of gone()) if (isCode(one)) for (const key of ownIndexes(before, one)) handled.add(key);
  take(renamedParts(context, gone(), came()));
  take(uniqueOtherwise(context, gone(), came()));
  take(serials(context));
  for (const [key, to] of after.objects) {
    const from = before.objects.get(key);
    if (from && !handled.has(key)) take(change(context, numberedAs(context, from, to), to));
  }
  for (const one of came()) if (!handled.has(one.key)) take(await waysOf(context, one).add());
  // A table that goes takes its references along, and comes back with them.
  for (const one of gone()) {
    const references = one.kind === 'constraint' ? one.references?.table : undefined;
    if (references === undefined || !('table' in one)) continue;
    if (!after.objects.has(one.table) && after.objects.has(references)) handled.add(one.key);
  }
  for (const one of gone()) if (one.kind === 'column') take(dropColumnWithParts(context, one));
  for (const one of gone()) if (!handled.has(one.key)) take(waysOf(context, one).drop());
  return sortOperations(context, operations);
}

interface Ways {
  add: () => Operation[] | Promise<Operation[]>;
  drop: () => Operation[];
}

/** What makes an object and what takes it away, together, so that no kind has only one of them. */
function waysOf(context: PlanContext, object: SchemaObject): Ways {
  const reversed = { ...context, after: context.before };
  switch (object.kind) {
    case 'schema':
      return { add: () => [addSchema(object)], drop: () => [dropped(addSchema(object), object)] };
    case 'extension':
      return { add: () => [addExtension(context, object)], drop: () => [] };
    case 'enum':
    case 'domain':
      return { add: () => [addType(context, object)], drop: () => [dropType(reversed, object)] };
    case 'composite type':
      return {
        add: () => [addComposite(context, object)],
        drop: () => [dropped(addComposite(context, object), object)],
      };
    case 'collation':
      return {
        add: () => [addCollation(context, object)],
        drop: () => [dropped(addCollation(context, object), object)],
      };
    case 'sequence':
      return { add: () => [addSequence(context, object)], drop: () => [dropSequence(context, object)] };
    case 'table':
      return { add: () => [createTable(context, object)], drop: () => [dropTable(context, object)] };
    case 'column':
      return { add: () => addColumn(context, object), drop: () => dropColumn(context, object) };
    case 'constraint':
      return { add: () => addConstraint(context, object), drop: () => dropConstraint(context, object) };
    case 'index':
      return { add: () => addIndex(context, object), drop: () => dropIndex(context, object) };
    case 'other':
      return {
        add: () => unsupported(context, object, 'is only in the models'),
        drop: () => unsupported(context, object, 'is no longer in the models'),
      };
    case 'view':
    case 'materialized view':
    case 'function':
    case 'procedure':
    case 'trigger':
    case 'policy':
    case 'statistics':
    default:
      return { add: () => [addCode(context, object)], drop: () => [dropCode(context, object)] };
  }
}

function change(context: PlanContext, from: SchemaObject, to: SchemaObject): Operation[] {
  const comment = from.comment === to.comment ? [] : [changeComment(from, to)];
  if (sameObject(from, to)) return comment;
  return [...changeFacts(context, from, to), ...comment];
}

function changeFacts(context: PlanContext, from: SchemaObject, to: SchemaObject): Operation[] {
  if (sameObject({ ...from, comment: null }, { ...to, comment: null })) return [];
  if (from.kind === 'table' && to.kind === 'table') return alterTable(context, from, to);
  if (from.kind === 'column' && to.kind === 'column') return alterColumn(context, from, to);
  if (from.kind === 'constraint' && to.kind === 'constraint') return changeConstraint(context, from, to);
  if (from.kind === 'index' && to.kind === 'index') return changeIndex(context, from, to);
  if (from.kind === 'sequence' && to.kind === 'sequence') return [alterSequence(from, to)];
  if (from.kind === 'domain' && to.kind === 'domain') return alterDomain(context, from, to);
  if (isCode(from) && isCode(to)) return changeCode(context, from, to, codeOn);
  return refuseChange(
    context,
    `another definition of ${labelOf(to)}`,
    'Make it under a new name, and move what uses it.',
  );
}

/** The column's own indexes and constraints are set aside with it; its foreign keys lock another table and go before. */
function dropColumnWithParts(context: PlanContext, column: Extract<SchemaObject, { kind: 'column' }>): Operation[] {
  const operations: Operation[] = [];
  for (const one of context.before.objects.values()) {
    if (context.after.objects.has(one.key) || context.handled.has(one.key)) continue;
    if (
      (one.kind !== 'index' && one.kind !== 'constraint') ||
      one.table !== column.table ||
      !one.columns.includes(column.name)
    )
      continue;
    if (one.kind === 'constraint' && one.type === 'foreign key') operations.push(...dropConstraint(context, one));
    context.handled.add(one.key);
  }
  const sequences = [...context.before.objects.values()].filter(
    (one) => one.kind === 'sequence' && one.ownedBy === column.key,
  );
  for (const one of sequences) context.handled.add(one.key);
  return [...operations, ...dropColumn(context, column)];
}

/** The same thing under another name: PostgreSQL names keys after the table, so a table's new name brings new ones. */
function renamedParts(context: PlanContext, gone: readonly SchemaObject[], came: readonly SchemaObject[]): Operation[] {
  const operations: Operation[] = [];
  const taken = new Set<string>();
  for (const to of came) {
    const from = gone.find((one) => !taken.has(one.key) && isSamePart(one, to));
    if (!from) continue;
    taken.add(from.key);
    if (from.kind === 'constraint' && to.kind === 'constraint') operations.push(renameConstraint(from, to));
    if (from.kind === 'index' && to.kind === 'index') operations.push(renameIndex(from, to, context));
    if (from.kind === 'sequence' && to.kind === 'sequence') operations.push(renameSequence(context, from, to));
  }
  return operations;
}

/** A default follows its sequence to the new name by itself. */
function numberedAs({ before, after }: PlanContext, from: SchemaObject, to: SchemaObject): SchemaObject {
  if (from.kind !== 'column' || to.kind !== 'column') return from;
  const [old, wanted] = [before, after].map((schema) =>
    objectsOfKind(schema, 'sequence').find((one) => one.ownedBy === to.key),
  );
  const draws = (one: ColumnFacts, sequence: SequenceFacts): boolean =>
    one.default === `nextval(${quoteText(sequence.sql)}::regclass)`;
  const follows = old && wanted && isSamePart(old, wanted) && draws(from, old) && draws(to, wanted);
  return follows ? { ...from, default: to.default } : from;
}

/** Unique by an index alone, then by a constraint on the same one; or the other way round. */
function uniqueOtherwise(
  context: PlanContext,
  gone: readonly SchemaObject[],
  came: readonly SchemaObject[],
): Operation[] {
  const pairs = (
    indexes: readonly SchemaObject[],
    constraints: readonly SchemaObject[],
  ): [IndexFacts, ConstraintFacts][] =>
    constraints.flatMap((constraint): [IndexFacts, ConstraintFacts][] => {
      const index = indexes.find((one) => one.kind === 'index' && isIndexOf(one, constraint));
      return index?.kind === 'index' && constraint.kind === 'constraint' ? [[index, constraint]] : [];
    });
  return [
    ...pairs(gone, came).map(([index, constraint]) => constraintOfIndex(context, index, constraint)),
    ...pairs(came, gone)
      .filter(([, constraint]) => foreignKeysOn(context, constraint).length === 0)
      .map(([index, constraint]) =>
        inverse(constraintOfIndex(context, index, constraint), {
          ...{ phase: 'expand', stage: 'make' },
          what: `the constraint ${constraint.name} of ${constraint.tableSql} becomes the unique index ${index.sql}`,
        }),
      ),
  ];
}

function isIndexOf(index: IndexFacts, constraint: SchemaObject): boolean {
  return (
    constraint.kind === 'constraint' &&
    constraint.type === 'unique' &&
    constraint.table === index.table &&
    !index.isPartitioned &&
    index.comment === null &&
    constraint.comment === null &&
    nameless(index.definition) === nameless(constraint.index ?? '')
  );
}

function isSamePart(from: SchemaObject, to: SchemaObject): boolean {
  if (from.kind === 'constraint' && to.kind === 'constraint')
    return (
      from.table === to.table &&
      from.type === to.type &&
      from.definition === to.definition &&
      from.validated === to.validated
    );
  if (from.kind === 'index' && to.kind === 'index')
    return from.table === to.table && nameless(from.definition) === nameless(to.definition);
  if (from.kind === 'sequence' && to.kind === 'sequence')
    return from.ownedBy !== null && from.ownedBy === to.ownedBy && from.options === to.options;
  return false;
}

function nameless(definition: string): string {
  return definition.replace(/ INDEX (?:\S+|"(?:[^"]|"")+") ON /, ' INDEX ON ');
}

/** Columns whose numbers come from elsewhere than before, together with the sequences concerned. */
function serials(context: PlanContext): Operation[] {
  const { before, after, handled } = context;
  const owned = (schema: PlanContext['before'], key: string) =>
    [...schema.objects.values()].find((one) => one.kind === 'sequence' && one.ownedBy === key && !handled.has(one.key));
  return [...after.objects.values()].flatMap((to) => {
    const from = before.objects.get(to.key);
    if (to.kind !== 'column' || from?.kind !== 'column' || handled.has(to.key)) return [];
    const differs = JSON.stringify(from.identity) !== JSON.stringify(to.identity);
    if (!differs) return [];
    const serialBefore = owned(before, to.key);
    const serialAfter = owned(after, to.key);
    const operation = changeIdentity(context, {
      ...{ from, to },
      serialBefore: serialBefore?.kind === 'sequence' && to.identity ? serialBefore : undefined,
      serialAfter: serialAfter?.kind === 'sequence' && from.identity ? serialAfter : undefined,
    });
    const rest = alterColumn(context, { ...from, ...(isSerialChange(from, to) ? { default: to.default } : {}) }, to);
    return [...rest.filter((one) => one.up.some((step) => step.sql.includes('NOT NULL'))), operation];
  });
}

function changeComment(from: SchemaObject, to: SchemaObject): Operation {
  const name = `comment_${words(to.sql)}`;
  return {
    ...{ phase: 'expand', stage: 'make', keys: [to.key], what: `the comment on ${labelOf(to)}` },
    up: [{ name, sql: commentSql(to) }],
    down: [{ name, sql: commentSql({ commentOn: to.commentOn, comment: from.comment }) }],
  };
}

function dropped(made: Operation, object: SchemaObject): Operation {
  return inverse(made, { phase: 'contract', stage: 'drop', what: `${labelOf(object)} is dropped` });
}

function unsupported(context: PlanContext, object: SchemaObject, how: string): never[] {
  context.faults.push({
    code: 'unsupported_object',
    message: `${labelOf(object)} ${how}, and its definition is not compared`,
    hint: 'Write this part by hand: `revision -m …`, with an up and a down section.',
  });
  return [];
}
