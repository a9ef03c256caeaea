import { findObject, type IndexFacts, partsOf } from '../../schema/objects.ts';
import { commentsOf, indexSql } from './create-sql.ts';
import { derivedName, ident, nextName, words } from './names.ts';
import {
  type DraftStep,
  inverse,
  isPlain,
  type Operation,
  type PlanContext,
  plainAdvice,
  refuseChange,
} from './operation.ts';

export function addIndex(context: PlanContext, index: IndexFacts): Operation[] {
  const what = `index ${index.sql} on ${index.tableSql}`;
  const base = { phase: phaseOf(context, index), stage: 'make', keys: [index.key], what } as const;
  const name = words(index.name);
  if (index.isPartitioned) {
    if (context.before.objects.has(index.table) && !isPlain(context, { sql: index.tableSql })) {
      return refuseChange(
        context,
        `the index ${index.sql} of the partitioned table ${index.tableSql}`,
        `CREATE INDEX ON ONLY the parent, build it CONCURRENTLY on each partition, then ALTER INDEX … ATTACH PARTITION. ${plainAdvice(index.tableSql)}`,
      );
    }
    return [
      {
        ...base,
        up: [{ name: `build_${name}`, sql: `${index.definition};` }],
        down: [{ name: `drop_${name}`, sql: `DROP INDEX ${index.sql};` }],
      },
    ];
  }
  return [{ ...base, up: [buildStep(index), ...commentStep(index)], down: [dropStep(index.sql, name)] }];
}

export function dropIndex(context: PlanContext, index: IndexFacts): Operation[] {
  const made = addIndex({ ...context, after: context.before, before: context.after }, index);
  return made.map((one) => inverse(one, { phase: 'contract', stage: 'drop', what: `index ${index.sql} is dropped` }));
}

/** The old one serves until the new one is built. */
export function changeIndex(context: PlanContext, from: IndexFacts, to: IndexFacts): Operation[] {
  if (from.isPartitioned || to.isPartitioned) return [...dropIndex(context, from), ...addIndex(context, to)];
  const what = `index ${to.sql} is another`;
  const phase = to.unique ? 'contract' : 'expand';
  return [
    {
      phase,
      stage: 'make',
      keys: [to.key],
      what,
      up: replaceSteps(context, from, to),
      down: replaceSteps(context, to, from),
    },
  ];
}

export function renameIndex(from: IndexFacts, to: IndexFacts, context: PlanContext): Operation {
  const rename = (a: IndexFacts, b: IndexFacts): DraftStep[] => [
    {
      name: `rename_${words(a.name)}`,
      sql: `ALTER INDEX ${a.sql} RENAME TO ${ident(context.after, b.name)};`,
      note: 'SHARE UPDATE EXCLUSIVE: nobody notices.',
    },
  ];
  const what = `index ${from.sql} is called ${to.sql}`;
  return {
    phase: 'expand',
    stage: 'make',
    keys: [to.key, from.key],
    what,
    up: rename(from, to),
    down: rename(to, from),
  };
}

/** A unique index refuses what old code may still write. */
function phaseOf(context: PlanContext, index: IndexFacts): 'expand' | 'contract' {
  if (!index.unique || !findObject(context.before, index.table, 'table')) return 'expand';
  const old = new Set(partsOf(context.before, index.table, 'column').map((one) => one.name));
  return index.columns.every((name) => !old.has(name)) ? 'expand' : 'contract';
}

function buildStep(index: IndexFacts, name?: string): DraftStep {
  return {
    name: `build_${words(index.name)}`,
    mode: 'notx',
    sql: `${indexSql(index.definition, { concurrently: true, ...(name === undefined ? {} : { name }) })};`,
    note: 'SHARE UPDATE EXCLUSIVE: beside readers and writers.',
  };
}

function commentStep(index: IndexFacts): DraftStep[] {
  return commentsOf([index]).map((sql) => ({ name: `comment_${words(index.name)}`, sql }));
}

function dropStep(sql: string, name: string): DraftStep {
  return { name: `drop_${name}`, mode: 'notx', sql: `DROP INDEX CONCURRENTLY ${sql};` };
}

function replaceSteps(context: PlanContext, from: IndexFacts, to: IndexFacts): DraftStep[] {
  const next = ident(context.after, nextName(to.name));
  const old = ident(context.after, derivedName(to.name, 'old'));
  const prefix = to.sql.includes('.') ? to.sql.slice(0, to.sql.lastIndexOf('.') + 1) : '';
  const name = words(to.name);
  return [
    buildStep(to, next),
    {
      name: `swap_${name}`,
      sql: `ALTER INDEX ${from.sql} RENAME TO ${old};\nALTER INDEX ${prefix}${next} RENAME TO ${ident(context.after, to.name)};`,
      note: 'SHARE UPDATE EXCLUSIVE: nobody notices.',
    },
    dropStep(`${prefix}${old}`, name),
  ];
}
