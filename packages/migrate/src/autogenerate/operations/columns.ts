import type { ColumnFacts } from '../../schema/objects.ts';
import { quoteText } from '../../sql-names.ts';
import { columnSettingsSql, columnSql, commentsOf } from './create-sql.ts';
import { words } from './names.ts';
import { batchKey, batchUpdate, dropNotNullStep, findFill, notNullSteps, setNotNull } from './not-null.ts';
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

/** A column of a table that is there already. */
export async function addColumn(context: PlanContext, column: ColumnFacts): Promise<Operation[]> {
  const table = { sql: column.tableSql };
  const what = `${column.tableSql}.${column.name}`;
  if (column.generated?.kind === 'stored' && !isPlain(context, table)) {
    return refuseChange(
      context,
      `the stored generated column ${what}`,
      `It rewrites the table: make it VIRTUAL (PostgreSQL 18), or a plain column that a trigger fills. ${plainAdvice(table.sql)}`,
    );
  }
  if (column.identity && !isPlain(context, table)) {
    return refuseChange(
      context,
      `the identity column ${what}`,
      `It rewrites the table: add a bigint column with a sequence's nextval() as its default, and make it an identity later. ${plainAdvice(table.sql)}`,
    );
  }
  if (column.default === null || column.generated || column.identity) return addWithoutDefault(context, column);
  return (await context.probes.isVolatile(column)) ? addVolatile(context, column) : [addConstant(context, column)];
}

/** Set aside with its values, indexes and constraints. First new code must be able to leave it out. */
export function dropColumn(context: PlanContext, column: ColumnFacts): Operation[] {
  const { journal } = context;
  const call = (verb: string): string =>
    `SELECT ${journal}.${verb}(${quoteText(column.tableSql)}, ${quoteText(column.name)}, ${quoteText(revisionMark)});`;
  const name = words(column.name);
  const what = `${column.tableSql}.${column.name}`;
  if (column.generated) {
    const add: Operation = {
      ...{ phase: 'contract', stage: 'make', keys: [column.key], what },
      up: [{ name: `add_${name}`, sql: addSql(column) }],
      down: [
        {
          name: `drop_${name}`,
          sql: `ALTER TABLE ${column.tableSql} DROP COLUMN ${column.sql};`,
          accept: ['ST019: computed from other columns'],
        },
      ],
    };
    return [inverse(add, { phase: 'contract', stage: 'drop', what: `${what} is dropped` })];
  }
  const isRequired = column.notNull && column.default === null && !column.identity;
  const loosen: Operation[] = isRequired
    ? [inverse(toRequired(context, column), { phase: 'expand', stage: 'loosen', what: `${what} may be left out` })]
    : [];
  return [
    ...loosen,
    {
      ...{ phase: 'contract', stage: 'drop', keys: [column.key], what: `${what} is set aside` },
      up: [{ name: `set_aside_${name}`, sql: call('soft_drop_column'), note: 'A rename: no row is copied or lost.' }],
      down: [
        { name: `restore_${name}`, sql: call('restore_column'), note: 'With its values; rows born since have none.' },
      ],
    },
  ];
}

/** Default, comment, storage, identity and the like: nothing that needs the values. */
export function alterColumn(context: PlanContext, from: ColumnFacts, to: ColumnFacts): Operation[] {
  const operations: Operation[] = [];
  const base = { phase: 'expand', stage: 'make', keys: [to.key] } as const;
  const name = words(to.name);
  const what = `${to.tableSql}.${to.name}`;
  if (from.default !== to.default && !isSerialChange(from, to)) {
    const set = (value: string | null): DraftStep[] => [
      {
        name: `${name}_default`,
        sql: `ALTER TABLE ${to.tableSql} ALTER COLUMN ${to.sql} ${value === null ? 'DROP DEFAULT' : `SET DEFAULT ${value}`};`,
      },
    ];
    operations.push({ ...base, what: `the default of ${what}`, up: set(to.default), down: set(from.default) });
  }
  if (from.notNull && !to.notNull)
    operations.push(
      inverse(toRequired(context, from), { phase: 'expand', stage: 'loosen', what: `${what} may be null` }),
    );
  if (!from.notNull && to.notNull) operations.push(...setNotNull(context, to));
  if (from.storage !== to.storage || from.statistics !== to.statistics || from.compression !== to.compression) {
    const set = (one: ColumnFacts): DraftStep[] => [{ name: `${name}_storage`, sql: settingsSql(one) }];
    operations.push({ ...base, what: `storage of ${what}`, up: set(to), down: set(from) });
  }
  return operations;
}

export function isSerialChange(from: ColumnFacts, to: ColumnFacts): boolean {
  return (from.identity === null) !== (to.identity === null);
}

function addSql(column: ColumnFacts, without: Parameters<typeof columnSql>[1] = {}): string {
  return `ALTER TABLE ${column.tableSql} ADD COLUMN IF NOT EXISTS ${columnSql(column, without)};`;
}

/** The step that makes a column or takes it back, and the one that sets it aside. */
function addSteps(context: PlanContext, column: ColumnFacts, sql: string): Pick<Operation, 'up' | 'down'> {
  const target = `${quoteText(column.tableSql)}, ${quoteText(column.name)}, ${quoteText(revisionMark)}`;
  const name = words(column.name);
  const keep = !column.generated;
  const rest = [...columnSettingsSql(column), ...commentsOf([column])].map((one) => `\n${one}`).join('');
  return {
    up: [
      {
        name: `add_${name}`,
        sql: `${keep ? `SELECT ${context.journal}.take_back_column(${target});\n` : ''}${sql}${rest}`,
        note: 'ACCESS EXCLUSIVE for an instant, no scan. Takes back what an earlier downgrade set aside.',
      },
    ],
    down: [
      keep
        ? {
            name: `set_aside_${name}`,
            sql: `SELECT ${context.journal}.soft_drop_column(${target});`,
            note: 'A rename: no row is copied or lost.',
          }
        : {
            name: `drop_${name}`,
            sql: `ALTER TABLE ${column.tableSql} DROP COLUMN ${column.sql};`,
            accept: ['ST019: computed from other columns'],
          },
    ],
  };
}

function addWithoutDefault(context: PlanContext, column: ColumnFacts): Operation[] {
  const what = `${column.tableSql}.${column.name}`;
  const isPlainRequired = column.notNull && !column.generated && !column.identity;
  if (isPlainRequired && findFill(context, column) === undefined) {
    return refuseChange(
      context,
      `the required column ${what} without a default`,
      `Existing rows would have no value: give it a default in the model, make it nullable, or say --fill ${what}=<expression>.`,
    );
  }
  const add: Operation = {
    ...{ phase: 'expand', stage: 'make', keys: [column.key], what: `${what} is added` },
    ...addSteps(context, column, addSql(column, { notNull: isPlainRequired })),
  };
  if (!isPlainRequired) return [add];
  const fill = fillOperation(context, column, findFill(context, column) ?? 'NULL');
  return [add, ...fill, ...setNotNull(context, column)];
}

/** PostgreSQL keeps a constant default beside the rows: no rewrite. */
function addConstant(context: PlanContext, column: ColumnFacts): Operation {
  const { up, down } = addSteps(context, column, addSql(column));
  const again: DraftStep[] = column.notNull
    ? [
        {
          name: `${words(column.name)}_again`,
          note: 'Only after a downgrade: rows born meanwhile have no value yet.',
          accept: ['ST081: only rows of that time', 'ST083: only rows of that time'],
          sql: `DO $$
BEGIN
  IF NOT (SELECT attnotnull FROM pg_attribute WHERE attrelid = ${quoteText(column.tableSql)}::regclass AND attname = ${quoteText(column.name)}) THEN
    UPDATE ${column.tableSql} SET ${column.sql} = ${column.default} WHERE ${column.sql} IS NULL;
    ALTER TABLE ${column.tableSql} ALTER COLUMN ${column.sql} SET NOT NULL;
  END IF;
END
$$;`,
        },
      ]
    : [];
  const what = `${column.tableSql}.${column.name} is added`;
  return { phase: 'expand', stage: 'make', keys: [column.key], what, up: [...up, ...again], down };
}

/** Each row gets a value of its own: in one ADD COLUMN that would rewrite the table. */
function addVolatile(context: PlanContext, column: ColumnFacts): Operation[] {
  const what = `${column.tableSql}.${column.name}`;
  if (!batchKey(context.after, column.table)) {
    return refuseChange(
      context,
      `the computed default of ${what}`,
      'Existing rows are filled in batches by key: give the table a primary key.',
    );
  }
  const bare = addSql(column, { default: true, notNull: true });
  const setDefault = `ALTER TABLE ${column.tableSql} ALTER COLUMN ${column.sql} SET DEFAULT ${column.default};`;
  const add: Operation = {
    ...{ phase: 'expand', stage: 'make', keys: [column.key], what: `${what} is added` },
    ...addSteps(context, column, `${bare}\n${setDefault}`),
  };
  const required: Operation[] = column.notNull
    ? [
        {
          ...{ phase: 'backfill', stage: 'make', keys: [column.key], what: `${what} is required` },
          // Old code leaves it to the default: nobody writes NULL.
          up: notNullSteps(context, column, { schema: context.after }),
          down: [dropNotNullStep(column)],
        },
      ]
    : [];
  return [add, ...fillOperation(context, column, column.default ?? 'NULL'), ...required];
}

function fillOperation(context: PlanContext, column: ColumnFacts, value: string): Operation[] {
  const table = { key: column.table, sql: column.tableSql };
  const step = batchUpdate(context, table, {
    schema: context.after,
    name: `fill_${words(column.name)}`,
    set: `${column.sql} = ${value}`,
    where: `${column.sql} IS NULL`,
  });
  if (!step) return [];
  const what = `${column.tableSql}.${column.name} is filled`;
  return [{ phase: 'backfill', stage: 'make', keys: [column.key], what, up: [step], down: [] }];
}

function toRequired(context: PlanContext, column: ColumnFacts): Operation {
  return {
    ...{ phase: 'contract', stage: 'make', keys: [column.key], what: '' },
    up: notNullSteps(context, column, { schema: context.before }),
    down: [dropNotNullStep(column)],
  };
}

function settingsSql({ tableSql, sql, storage, typeStorage, statistics, compression }: ColumnFacts): string {
  return [
    `ALTER TABLE ${tableSql} ALTER COLUMN ${sql} SET STORAGE ${storage ?? typeStorage};`,
    `ALTER TABLE ${tableSql} ALTER COLUMN ${sql} SET STATISTICS ${statistics ?? -1};`,
    `ALTER TABLE ${tableSql} ALTER COLUMN ${sql} SET COMPRESSION ${compression ?? 'default'};`,
  ].join('\n');
}
