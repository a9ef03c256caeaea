import { partsOf, type TableFacts } from '../../schema/objects.ts';
import { quoteText } from '../../sql-names.ts';
import { createTableSql } from './create-sql.ts';
import { words } from './names.ts';
import {
  type DraftStep,
  inverse,
  isPlain,
  type Operation,
  type PlanContext,
  plainAdvice,
  refuseChange,
  revisionMark,
} from './operation.ts';

/** Everything that stands in the table comes and goes with it; its foreign keys, triggers and policies do not. */
export function createTable(context: PlanContext, table: TableFacts): Operation {
  const { after, journal } = context;
  const parts = [...after.objects.values()].filter(
    (one) =>
      ('table' in one &&
        one.table === table.key &&
        one.kind !== 'trigger' &&
        one.kind !== 'policy' &&
        one.kind !== 'statistics' &&
        !(one.kind === 'constraint' && one.type === 'foreign key')) ||
      (one.kind === 'sequence' && one.ownedBy?.startsWith(`${table.key.replace(/^table/, 'column')}.`)),
  );
  for (const part of parts) context.handled.add(part.key);
  return {
    phase: 'expand',
    stage: 'make',
    keys: [table.key, ...parts.map((part) => part.key)],
    what: `${table.sql} is created`,
    ...(table.isPartitioned || table.inherits.length > 0
      ? createParent(context, table)
      : createPlain(context, table, journal)),
  };
}

/** Set aside with its rows. The inverse of its creation. */
export function dropTable(context: PlanContext, table: TableFacts): Operation {
  const made = createTable({ ...context, after: context.before }, table);
  const operation = inverse(made, { phase: 'contract', stage: 'drop', what: `${table.sql} is set aside` });
  if (table.isPartitioned || table.inherits.length > 0) return operation;
  // What is set aside comes back whole; nothing is created in its place.
  const restore = `SELECT ${context.journal}.restore_table(${quoteText(table.sql)}, ${quoteText(revisionMark)});`;
  const attach = table.partitionOf ? `\n${attachSql(table)}` : '';
  return { ...operation, down: [{ name: `restore_${words(table.name)}`, sql: restore + attach }] };
}

/** What a table is besides its columns. */
export function alterTable(context: PlanContext, from: TableFacts, to: TableFacts): Operation[] {
  const operations: Operation[] = [];
  const same = { stage: 'make', keys: [to.key] } as const;
  if (from.isPartitioned !== to.isPartitioned || from.partitionBy !== to.partitionBy) {
    return refuseChange(
      context,
      `another partitioning of ${to.sql}`,
      'Create a new table with it, copy in batches behind a trigger, and switch the code.',
    );
  }
  if (from.unlogged !== to.unlogged) {
    if (!isPlain(context, to))
      return refuseChange(
        context,
        `SET ${to.unlogged ? 'UNLOGGED' : 'LOGGED'} of ${to.sql}`,
        `It rewrites the table. ${plainAdvice(to.sql)}`,
      );
    operations.push({
      ...{ ...same, phase: 'contract', what: `${to.sql} is ${to.unlogged ? 'unlogged' : 'logged'}` },
      up: [
        {
          name: 'logging',
          sql: `ALTER TABLE ${to.sql} SET ${to.unlogged ? 'UNLOGGED' : 'LOGGED'};`,
          note: rewriteNote,
        },
      ],
      down: [
        {
          name: 'logging',
          sql: `ALTER TABLE ${to.sql} SET ${from.unlogged ? 'UNLOGGED' : 'LOGGED'};`,
          note: rewriteNote,
        },
      ],
    });
  }
  if (from.inherits.join() !== to.inherits.join()) {
    return refuseChange(
      context,
      `another inheritance of ${to.sql}`,
      'Write it by hand: ALTER TABLE … INHERIT needs equal columns first.',
    );
  }
  if (from.options.join() !== to.options.join()) {
    const set = (table: TableFacts, other: TableFacts): DraftStep[] => [
      { name: 'options', sql: optionsSql(table, other) },
    ];
    operations.push({ ...same, phase: 'expand', what: `options of ${to.sql}`, up: set(to, from), down: set(from, to) });
  }
  if (JSON.stringify(from.partitionOf) !== JSON.stringify(to.partitionOf)) operations.push(repartition(from, to));
  if (from.rowSecurity !== to.rowSecurity) {
    const set = (security: TableFacts['rowSecurity']): DraftStep[] => [
      {
        name: 'row_security',
        note: 'ACCESS EXCLUSIVE for an instant. Without a policy nobody but the owner sees a row: the policies come first.',
        sql: [
          `ALTER TABLE ${to.sql} ${security === 'off' ? 'DISABLE' : 'ENABLE'} ROW LEVEL SECURITY;`,
          `ALTER TABLE ${to.sql} ${security === 'forced' ? 'FORCE' : 'NO FORCE'} ROW LEVEL SECURITY;`,
        ].join('\n'),
      },
    ];
    operations.push({
      ...{ phase: 'contract', stage: 'make', what: `row level security of ${to.sql} is ${to.rowSecurity}` },
      keys: [to.key, ...partsOf(context.after, to.key, 'policy').map((one) => one.key)].slice(0, 1),
      ...{ up: set(to.rowSecurity), down: set(from.rowSecurity) },
    });
  }
  return operations;
}

const rewriteNote = 'ACCESS EXCLUSIVE for as long as the rewrite takes: the table was said to be small.';

function createPlain(context: PlanContext, table: TableFacts, journal: string): Pick<Operation, 'up' | 'down'> {
  const name = words(table.name);
  const call = (verb: string, target: string): string =>
    `SELECT ${journal}.${verb}(${quoteText(target)}, ${quoteText(revisionMark)});`;
  const create = table.partitionOf
    ? createPartitionSql(context, table)
    : createTableSql(context.after, table, { ifNotExists: true });
  const detach = table.partitionOf ? `ALTER TABLE ${table.partitionOf.sql} DETACH PARTITION ${table.sql};\n` : '';
  return {
    up: [
      {
        name: `create_${name}`,
        sql: `${call('take_back_table', table.sql)}\n${create}`,
        note: 'Takes back what an earlier downgrade set aside, else creates it.',
      },
    ],
    down: [
      {
        name: `set_aside_${name}`,
        sql: `${detach}${call('soft_drop_table', table.sql)}`,
        note: 'With its rows; no copy.',
      },
    ],
  };
}

/** A parent holds the rows of others: it only goes when there are none. */
function createParent(context: PlanContext, table: TableFacts): Pick<Operation, 'up' | 'down'> {
  const name = words(table.name);
  const drop = `DO $$
DECLARE
  kept bigint;
BEGIN
  LOCK TABLE ${table.sql} IN ACCESS EXCLUSIVE MODE;
  SELECT count(*) INTO kept FROM ${table.sql};
  IF kept > 0 THEN
    RAISE EXCEPTION '% rows would be lost with %', kept, ${quoteText(table.sql)}
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Detach its partitions and set them aside, or export the rows, first.';
  END IF;
END
$$;
DROP TABLE ${table.sql};`;
  return {
    up: [{ name: `create_${name}`, sql: createTableSql(context.after, table) }],
    down: [{ name: `drop_${name}`, sql: drop, note: 'Only when it is empty.' }],
  };
}

/** PARTITION OF would take ACCESS EXCLUSIVE on the parent; ATTACH of an empty table takes SHARE UPDATE EXCLUSIVE. */
function createPartitionSql(context: PlanContext, table: TableFacts): string {
  const parent = table.partitionOf;
  if (!parent) return createTableSql(context.after, table, { ifNotExists: true });
  return [
    `CREATE TABLE IF NOT EXISTS ${table.sql} (LIKE ${parent.sql} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED);`,
    attachSql(table),
  ].join('\n');
}

function attachSql(table: TableFacts): string {
  return `ALTER TABLE ${table.partitionOf?.sql} ATTACH PARTITION ${table.sql} ${table.partitionOf?.bound};`;
}

function repartition(from: TableFacts, to: TableFacts): Operation {
  const move = (one: TableFacts, other: TableFacts): DraftStep => ({
    name: `partition_${words(to.name)}`,
    sql: [
      ...(one.partitionOf ? [`ALTER TABLE ${one.partitionOf.sql} DETACH PARTITION ${one.sql};`] : []),
      ...(other.partitionOf ? [attachSql(other)] : []),
    ].join('\n'),
    note: 'ACCESS EXCLUSIVE on both; ATTACH scans the partition unless a valid CHECK says the same as its bound.',
  });
  return {
    ...{
      phase: 'contract',
      stage: 'make',
      keys: [to.key],
      what: `${to.sql} is ${to.partitionOf ? 'attached' : 'detached'}`,
    },
    ...{ up: [move(from, to)], down: [move(to, from)] },
  };
}

function optionsSql(table: TableFacts, other: TableFacts): string {
  const names = new Set(table.options.map((one) => one.split('=')[0]));
  const gone = other.options.map((one) => one.split('=')[0] ?? '').filter((name) => !names.has(name));
  return [
    ...(table.options.length === 0 ? [] : [`ALTER TABLE ${table.sql} SET (${table.options.join(', ')});`]),
    ...(gone.length === 0 ? [] : [`ALTER TABLE ${table.sql} RESET (${gone.join(', ')});`]),
  ].join('\n');
}
