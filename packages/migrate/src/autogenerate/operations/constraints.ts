import { type ConstraintFacts, findObject, type IndexFacts, partsOf } from '../../schema/objects.ts';
import { quoteText } from '../../sql-names.ts';
import { commentsOf, constraintSql, indexSql } from './create-sql.ts';
import { ident, nextName, words } from './names.ts';
import {
  type DraftStep,
  inverse,
  isPlain,
  type Operation,
  type PlanContext,
  plainAdvice,
  refuseChange,
} from './operation.ts';

/** Bound for new rows at once, checked for old ones beside readers and writers. */
export function addConstraint(context: PlanContext, constraint: ConstraintFacts): Operation[] {
  const phase = isOnNewColumn(context, constraint) ? 'expand' : 'contract';
  const base = { phase, stage: 'make', keys: [constraint.key] } as const;
  const what = `${constraint.type} ${constraint.name} of ${constraint.tableSql}`;
  const drop = [dropStep(constraint)];
  const comment = commentsOf([constraint])
    .map((one) => `\n${one}`)
    .join('');
  const table = findObject(context.after, constraint.table, 'table');
  const isPartitioned = table?.isPartitioned === true && context.before.objects.has(constraint.table);
  const name = words(constraint.name);
  switch (constraint.type) {
    case 'check':
    case 'foreign key': {
      if (constraint.type === 'foreign key' && isPartitioned && context.after.majorVersion < 18) {
        return refuseChange(
          context,
          `a foreign key of the partitioned table ${constraint.tableSql}`,
          'PostgreSQL before 18 has no NOT VALID for it: add it to each partition by hand, validated there, and then to the parent.',
        );
      }
      if (goesWithTable(context, constraint)) return [foreignKeyOfNewTable(context, constraint, comment)];
      const validate: DraftStep[] = constraint.validated ? [validateStep(constraint)] : [];
      const add = {
        name: `add_${name}`,
        sql: constraintSql(constraint, ' NOT VALID') + comment,
        note:
          constraint.type === 'check'
            ? 'Binds new rows; does not scan.'
            : 'SHARE ROW EXCLUSIVE on both tables for an instant; binds new rows, does not scan.',
      };
      return [{ ...base, what, up: [add, ...validate], down: drop }];
    }
    case 'primary key':
    case 'unique': {
      if (isPartitioned && !isPlain(context, { sql: constraint.tableSql })) {
        return refuseChange(
          context,
          `${what}, a partitioned table`,
          `No index of a partitioned table is built concurrently: build it on each partition, then attach. ${plainAdvice(constraint.tableSql)}`,
        );
      }
      if (isPartitioned)
        return [{ ...base, what, up: [{ name: `add_${name}`, sql: constraintSql(constraint) + comment }], down: drop }];
      return [{ ...base, what, up: [...uniqueSteps(constraint, comment)], down: drop }];
    }
    case 'exclusion':
    default:
      if (!isPlain(context, { sql: constraint.tableSql })) {
        return refuseChange(
          context,
          `the exclusion constraint ${constraint.name} of ${constraint.tableSql}`,
          `Its index is built under ACCESS EXCLUSIVE: create a new table with it, copy in batches, and switch. ${plainAdvice(constraint.tableSql)}`,
        );
      }
      return [{ ...base, what, up: [{ name: `add_${name}`, sql: constraintSql(constraint) + comment }], down: drop }];
  }
}

/** Loosens: old code does not mind. */
export function dropConstraint(context: PlanContext, constraint: ConstraintFacts): Operation[] {
  const made = addConstraint({ ...context, after: context.before, before: context.after }, constraint);
  const what = `${constraint.type} ${constraint.name} of ${constraint.tableSql} is dropped`;
  return made.map((one) => inverse(one, { phase: 'expand', stage: 'loosen', what }));
}

/** The new one stands beside the old one until it is valid; then they change places. */
export function changeConstraint(context: PlanContext, from: ConstraintFacts, to: ConstraintFacts): Operation[] {
  const what = `${to.type} ${to.name} of ${to.tableSql} is another`;
  if (from.definition === to.definition && from.type === to.type) {
    if (!from.validated && to.validated)
      return [
        {
          phase: 'contract',
          stage: 'make',
          keys: [to.key],
          what,
          up: [validateStep(to)],
          down: [invalidateStep(from)].flat(),
        },
      ];
    return [
      inverse(
        {
          phase: 'contract',
          stage: 'make',
          keys: [to.key],
          what,
          up: [validateStep(to)],
          down: [invalidateStep(to)].flat(),
        },
        { phase: 'expand', stage: 'loosen', what },
      ),
    ];
  }
  if (from.type === 'exclusion' || to.type === 'exclusion' || from.type !== to.type) {
    return [...dropConstraint(context, from), ...addConstraint(context, to)];
  }
  const dependent = foreignKeysOn(context, from);
  if (dependent.length > 0) {
    const names = dependent.map((one) => `${one.name} of ${one.tableSql}`).join(', ');
    return refuseChange(
      context,
      `another definition of ${from.type} ${from.name} of ${from.tableSql}`,
      `Foreign keys stand on it (${names}): add the new key under another name, move them to it, and drop the old one in a later revision.`,
    );
  }
  return [
    {
      phase: 'contract',
      stage: 'make',
      keys: [to.key],
      what,
      up: swapSteps(context, from, to),
      down: swapSteps(context, to, from),
    },
  ];
}

export function renameConstraint(from: ConstraintFacts, to: ConstraintFacts): Operation {
  const rename = (a: ConstraintFacts, b: ConstraintFacts): DraftStep[] => [
    { name: `rename_${words(a.name)}`, sql: `ALTER TABLE ${to.tableSql} RENAME CONSTRAINT ${a.sql} TO ${b.sql};` },
  ];
  const what = `${from.name} of ${to.tableSql} is called ${to.name}`;
  return {
    phase: 'contract',
    stage: 'make',
    keys: [to.key, from.key],
    what,
    up: rename(from, to),
    down: rename(to, from),
  };
}

/** Foreign keys that refer to exactly the columns of a key, in both schemas. */
export function foreignKeysOn(context: PlanContext, key: ConstraintFacts): ConstraintFacts[] {
  if (key.type !== 'primary key' && key.type !== 'unique') return [];
  const columns = key.columns.toSorted().join();
  return [...context.before.objects.values()].filter(
    (one): one is ConstraintFacts =>
      one.kind === 'constraint' &&
      one.references?.table === key.table &&
      one.references.columns.toSorted().join() === columns,
  );
}

export function uniqueSteps(constraint: ConstraintFacts, after = ''): DraftStep[] {
  const name = words(constraint.name);
  return [
    {
      name: `build_${name}`,
      mode: 'notx',
      sql: `${indexSql(constraint.index ?? '', { concurrently: true })};`,
      note: 'Beside readers and writers; fails where rows collide.',
    },
    {
      name: `add_${name}`,
      sql: `${usingIndexSql(constraint, constraint.sql)}${after}`,
      note: 'ACCESS EXCLUSIVE for an instant: the index is there.',
    },
  ];
}

/** The index is there already and serves on; only the way back has to build one. */
export function constraintOfIndex(context: PlanContext, index: IndexFacts, constraint: ConstraintFacts): Operation {
  const prefix = index.sql.includes('.') ? index.sql.slice(0, index.sql.lastIndexOf('.') + 1) : '';
  const name = words(constraint.name);
  const next = ident(context.after, nextName(index.name));
  return {
    ...{ phase: 'expand', stage: 'make', keys: [constraint.key, index.key] },
    what: `the unique index ${index.sql} becomes the constraint ${constraint.name} of ${constraint.tableSql}`,
    up: [
      {
        name: `add_${name}`,
        sql: usingIndexSql(constraint, ident(context.after, index.name)),
        note: 'ACCESS EXCLUSIVE for an instant: the index is there.',
      },
    ],
    down: [
      {
        name: `build_${words(index.name)}`,
        mode: 'notx',
        sql: `${indexSql(index.definition, { name: next, concurrently: true })};`,
        note: 'Beside readers and writers, who are bound by the constraint meanwhile.',
      },
      {
        name: `drop_${name}`,
        sql: `${dropStep(constraint).sql}\nALTER INDEX ${prefix}${next} RENAME TO ${ident(context.after, index.name)};`,
        note: 'ACCESS EXCLUSIVE for an instant.',
      },
    ],
  };
}

export function usingIndexSql(constraint: ConstraintFacts, index: string): string {
  const word = constraint.type === 'primary key' ? 'PRIMARY KEY' : 'UNIQUE';
  const deferrable = / (?:NOT )?DEFERRABLE.*$/.exec(constraint.definition)?.[0] ?? '';
  return `ALTER TABLE ${constraint.tableSql} ADD CONSTRAINT ${constraint.sql} ${word} USING INDEX ${index}${deferrable};`;
}

export function validateStep({ tableSql, sql, name }: ConstraintFacts): DraftStep {
  return {
    name: `validate_${words(name)}`,
    sql: `ALTER TABLE ${tableSql} VALIDATE CONSTRAINT ${sql};`,
    note: 'SHARE UPDATE EXCLUSIVE: scans beside readers and writers.',
  };
}

/** There is no statement for it: the same constraint once more, unchecked. */
function invalidateStep(constraint: ConstraintFacts): DraftStep[] {
  const sql = `ALTER TABLE ${constraint.tableSql} DROP CONSTRAINT ${constraint.sql};\n${constraintSql(constraint, ' NOT VALID')}`;
  return [{ name: `unchecked_${words(constraint.name)}`, sql }];
}

/** A new table's reference to one that is there: setting the table aside takes it along, and puts rows without a parent aside. */
function goesWithTable({ before }: PlanContext, { type, table, references }: ConstraintFacts): boolean {
  return type === 'foreign key' && !before.objects.has(table) && before.objects.has(references?.table ?? '');
}

function foreignKeyOfNewTable(context: PlanContext, constraint: ConstraintFacts, comment: string): Operation {
  const name = words(constraint.name);
  const { tableSql } = constraint;
  return {
    ...{ phase: 'expand', stage: 'make', keys: [constraint.key] },
    what: `foreign key ${constraint.name} of ${tableSql}`,
    up: [
      {
        name: `add_${name}`,
        sql: `DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = ${quoteText(tableSql)}::regclass AND conname = ${quoteText(constraint.name)}) THEN
    ${constraintSql(constraint, ' NOT VALID')}
  END IF;
END
$$;${comment}`,
        note: 'SHARE ROW EXCLUSIVE on both tables for an instant. A table that was taken back has it already.',
      },
      ...(constraint.validated ? [validateStep(constraint)] : []),
    ],
    // The table is set aside with it.
    down: [],
  };
}

function dropStep({ type, tableSql, sql, name }: ConstraintFacts): DraftStep {
  return {
    name: `drop_${words(name)}`,
    sql: `ALTER TABLE ${tableSql} DROP CONSTRAINT ${sql};`,
    note:
      type === 'foreign key' ? 'ACCESS EXCLUSIVE on both tables for an instant.' : 'ACCESS EXCLUSIVE for an instant.',
  };
}

function swapSteps(context: PlanContext, from: ConstraintFacts, to: ConstraintFacts): DraftStep[] {
  const next = ident(context.after, nextName(to.name));
  const name = words(to.name);
  if (to.type === 'check' || to.type === 'foreign key') {
    const beside = { ...to, sql: next };
    return [
      {
        name: `add_${name}`,
        sql: constraintSql(beside, ' NOT VALID'),
        note: 'Binds new rows beside the old one; does not scan.',
      },
      ...(to.validated ? [validateStep(beside)] : []),
      {
        name: `swap_${name}`,
        sql: `ALTER TABLE ${to.tableSql} DROP CONSTRAINT ${from.sql};\nALTER TABLE ${to.tableSql} RENAME CONSTRAINT ${next} TO ${to.sql};`,
        note: 'ACCESS EXCLUSIVE for an instant.',
      },
    ];
  }
  return [
    {
      name: `build_${name}`,
      mode: 'notx',
      sql: `${indexSql(to.index ?? '', { name: next, concurrently: true })};`,
      note: 'Beside readers and writers; fails where rows collide.',
    },
    {
      name: `swap_${name}`,
      sql: `ALTER TABLE ${to.tableSql} DROP CONSTRAINT ${from.sql};\n${usingIndexSql(to, next)}`,
      note: 'ACCESS EXCLUSIVE for an instant: the index is there, and takes the name of its constraint.',
    },
  ];
}

/** Nobody has written to it yet. */
function isOnNewColumn(context: PlanContext, constraint: ConstraintFacts): boolean {
  if (!context.before.objects.has(constraint.table)) return true;
  const old = new Set(partsOf(context.before, constraint.table, 'column').map((one) => one.name));
  return constraint.columns.length > 0 && constraint.columns.every((name) => !old.has(name));
}
