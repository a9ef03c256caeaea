import {
  type PolicyFacts,
  partsOf,
  type RoutineFacts,
  type Schema,
  type SchemaObject,
  type StatisticsFacts,
  type TriggerFacts,
  type ViewFacts,
} from '../../schema/objects.ts';
import { quoteName, quoteText } from '../../sql-names.ts';
import { commentsOf, indexSql, policySql, routineSql, triggerSql, viewSql } from './create-sql.ts';
import { cutBytes, ident, nextName, words } from './names.ts';
import { type DraftStep, inverse, type Operation, type PlanContext, refuseChange, revisionMark } from './operation.ts';
import { simple } from './types.ts';

/** What is text and holds no rows: it can go and come within one transaction, and nobody sees it missing. */
export type CodeObject = ViewFacts | RoutineFacts | TriggerFacts | PolicyFacts | StatisticsFacts;

export function isCode(object: SchemaObject): object is CodeObject {
  return ['view', 'materialized view', 'function', 'procedure', 'trigger', 'policy', 'statistics'].includes(
    object.kind,
  );
}

export function addCode(context: PlanContext, object: CodeObject): Operation {
  if (isRoutine(object) && isCalledByNewTable(context, object)) return routineAside(object);
  const operation = simple(`${object.kind} ${nameOf(object)}`, object.key, {
    create: createSql(context.after, object),
    drop: dropSql(object),
  });
  return { ...operation, keys: [object.key, ...ownIndexes(context.after, object)] };
}

export function dropCode(context: PlanContext, object: CodeObject): Operation {
  for (const key of ownIndexes(context.before, object)) context.handled.add(key);
  if (isRoutine(object) && isCalledByNewTable({ before: context.after, after: context.before }, object)) {
    const what = `${object.kind} ${nameOf(object)} is set aside`;
    return inverse(routineAside(object), { phase: 'contract', stage: 'drop', what });
  }
  const operation = simple(`${object.kind} ${nameOf(object)}`, object.key, {
    create: createSql(context.before, object),
    drop: dropSql(object),
  });
  const what = `${object.kind} ${nameOf(object)} is dropped`;
  return { ...operation, phase: 'contract', stage: 'drop', what, up: operation.down, down: operation.up };
}

function isRoutine(object: CodeObject): object is RoutineFacts {
  return object.kind === 'function' || object.kind === 'procedure';
}

/** Whether a default, a constraint or an index calls it of a table that is set aside when this is undone. */
function isCalledByNewTable({ before, after }: Pick<PlanContext, 'before' | 'after'>, { key }: RoutineFacts): boolean {
  return [...after.objects.values()].some(
    (one) =>
      (one.kind === 'column' || one.kind === 'constraint' || one.kind === 'index') &&
      !before.objects.has(one.table) &&
      after.needs.get(one.key)?.has(key) === true,
  );
}

/** The table that is kept goes on calling it: it is called otherwise, and so are composite types and sequences. */
function routineAside(routine: RoutineFacts): Operation {
  const word = routine.kind.toUpperCase();
  const [, prefix = '', own = '', types = ''] =
    /^((?:"(?:[^"]|"")+"|[^".(]+)\.)?("(?:[^"]|"")+"|[^".(]+)(\(.*)$/s.exec(routine.sql) ?? [];
  const aside = `${prefix}${quoteName(`_st_${revisionMark}_${cutBytes(own.replaceAll('"', ''), 46)}`)}`;
  const name = words(`${routine.kind} ${routine.sql}`);
  const takeBack = `DO $take_back$
BEGIN
  IF to_regprocedure(${quoteText(`${aside}${types}`)}) IS NOT NULL THEN
    ALTER ${word} ${aside}${types} RENAME TO ${own};
  END IF;
END
$take_back$;`;
  return {
    ...{ phase: 'expand', stage: 'make', keys: [routine.key], what: `${routine.kind} ${routine.sql} is created` },
    up: [
      {
        name: `create_${name}`,
        sql: [takeBack, routineSql(routine), ...commentsOf([routine])].join('\n'),
        note: 'Takes back what an earlier downgrade set aside, else creates it.',
      },
    ],
    down: [
      {
        name: `set_aside_${name}`,
        sql: `ALTER ${word} ${routine.sql} RENAME TO ${aside.slice(prefix.length)};`,
        note: 'The table that was set aside calls it: it is only called otherwise.',
      },
    ],
  };
}

/** In place where PostgreSQL can; else gone and made again, with what stands on it, in one transaction. */
export function changeCode(
  context: PlanContext,
  from: CodeObject,
  to: CodeObject,
  dependents: (schema: Schema, key: string) => CodeObject[],
): Operation[] {
  const what = `${to.kind} ${nameOf(to)} is another`;
  const base = { stage: 'make', keys: [to.key], what } as const;
  const name = `change_${words(nameOf(to))}`;
  const replace = replaceSql(from, to);
  const replaceBack = replaceSql(to, from);
  if (replace === undefined && to.kind === 'materialized view' && from.kind === to.kind)
    return changeMaterializedView(context, from, to, dependents);
  const again = (before: Schema, after: Schema): DraftStep[] => {
    const gone = [...dependents(before, from.key)].toReversed();
    const back = dependents(after, to.key).filter((one) => gone.some((other) => other.key === one.key));
    for (const one of gone) context.handled.add(one.key);
    return [
      {
        name,
        sql: [
          ...gone.map(dropSql),
          dropSql(from),
          createSql(after, after === context.after ? to : from),
          ...back.map((one) => createSql(after, one)),
        ].join('\n'),
        note: 'Gone and made again in one transaction: nobody sees it missing.',
      },
    ];
  };
  return [
    {
      ...{ ...base, phase: replace === undefined ? 'contract' : 'expand' },
      up: replace === undefined ? again(context.before, context.after) : [{ name, sql: replace }],
      down: replaceBack === undefined ? again(context.after, context.before) : [{ name, sql: replaceBack }],
    },
  ];
}

export function createSql(schema: Schema, object: CodeObject): string {
  switch (object.kind) {
    case 'view':
      return [viewSql(object), ...commentsOf([object])].join('\n');
    case 'materialized view': {
      const indexes = ownIndexFacts(schema, object);
      return [viewSql(object), ...indexes.map((one) => `${one.definition};`), ...commentsOf([object, ...indexes])].join(
        '\n',
      );
    }
    case 'function':
    case 'procedure':
      return [routineSql(object, { replace: false }), ...commentsOf([object])].join('\n');
    case 'trigger':
      return [triggerSql(object), ...commentsOf([object])].join('\n');
    case 'policy':
      return [policySql(object), ...commentsOf([object])].join('\n');
    case 'statistics':
    default:
      return [`${object.definition};`, ...commentsOf([object])].join('\n');
  }
}

export function dropSql(object: CodeObject): string {
  if (object.kind === 'trigger' || object.kind === 'policy')
    return `DROP ${object.kind.toUpperCase()} ${object.sql} ON ${object.tableSql};`;
  return `DROP ${object.kind.toUpperCase()} ${object.sql};`;
}

function nameOf(object: CodeObject): string {
  return object.kind === 'trigger' || object.kind === 'policy' ? `${object.name} of ${object.tableSql}` : object.sql;
}

/** The indexes of a materialized view come and go with it. */
function ownIndexFacts(schema: Schema, object: CodeObject) {
  return object.kind === 'materialized view' ? partsOf(schema, `table ${object.schema}.${object.name}`, 'index') : [];
}

export function ownIndexes(schema: Schema, object: CodeObject): string[] {
  return ownIndexFacts(schema, object).map((one) => one.key);
}

function replaceSql(from: CodeObject, to: CodeObject): string | undefined {
  if (from.kind === 'view' && to.kind === 'view') {
    const isExtended = from.columns.every((column, index) => to.columns[index] === column);
    const sameOptions = from.options.join() === to.options.join();
    return isExtended && sameOptions ? viewSql(to, { replace: true }) : undefined;
  }
  if ((from.kind === 'function' || from.kind === 'procedure') && from.kind === to.kind) {
    return from.interface === to.interface ? routineSql(to) : undefined;
  }
  if (from.kind === 'trigger' && to.kind === 'trigger') {
    // A constraint trigger has no OR REPLACE.
    return `${dropSql(from)}\n${triggerSql(to)}`;
  }
  if (from.kind === 'policy' && to.kind === 'policy') return `${dropSql(from)}\n${policySql(to)}`;
  if (from.kind === 'statistics' && to.kind === 'statistics') return `${dropSql(from)}\n${to.definition};`;
  return undefined;
}

/** Built beside the old one, which serves meanwhile; then they change places. */
function changeMaterializedView(
  context: PlanContext,
  from: ViewFacts,
  to: ViewFacts,
  dependents: (schema: Schema, key: string) => CodeObject[],
): Operation[] {
  if (dependents(context.before, from.key).length > 0) {
    return refuseChange(
      context,
      `another definition of materialized view ${to.sql}, on which other views stand`,
      'Create it under a new name, move the views to it, and drop the old one in a later revision.',
    );
  }
  for (const schema of [context.before, context.after])
    for (const key of ownIndexes(schema, schema === context.before ? from : to)) context.handled.add(key);
  const what = `materialized view ${to.sql} is another`;
  return [
    {
      ...{ phase: 'contract', stage: 'make', keys: [to.key], what },
      up: matviewSteps(context, context.after, to),
      down: matviewSteps(context, context.before, from),
    },
  ];
}

function matviewSteps(context: PlanContext, schema: Schema, view: ViewFacts): DraftStep[] {
  const prefix = view.sql.includes('.') ? view.sql.slice(0, view.sql.lastIndexOf('.') + 1) : '';
  const next = `${prefix}${ident(context.after, nextName(view.name))}`;
  const name = words(view.name);
  const indexes = ownIndexFacts(schema, view);
  const own = ident(context.after, view.name);
  return [
    {
      name: `build_${name}`,
      sql: [
        viewSql(view, { name: next }),
        ...indexes.map(
          (one) =>
            `${indexSql(one.definition, { name: ident(context.after, nextName(one.name)) }).replace(/ ON \S+ USING/, ` ON ${next} USING`)};`,
        ),
      ].join('\n'),
      note: 'Beside the old one, which serves meanwhile.',
    },
    {
      name: `swap_${name}`,
      sql: [
        `DROP MATERIALIZED VIEW ${view.sql};`,
        `ALTER MATERIALIZED VIEW ${next} RENAME TO ${own};`,
        ...indexes.map(
          (one) =>
            `ALTER INDEX ${prefix}${ident(context.after, nextName(one.name))} RENAME TO ${ident(context.after, one.name)};`,
        ),
        ...commentsOf([view, ...indexes]),
      ].join('\n'),
      note: 'ACCESS EXCLUSIVE on the view for an instant.',
    },
  ];
}
