import type { ColumnFacts, SequenceFacts } from '../../schema/objects.ts';
import { quoteText } from '../../sql-names.ts';
import { commentsOf, sequenceSql, withoutType } from './create-sql.ts';
import { ident, words } from './names.ts';
import { type DraftStep, inverse, type Operation, type PlanContext } from './operation.ts';
import { nameAside } from './types.ts';

/** A sequence that goes is only called otherwise: how far it had counted is kept. */
export function addSequence(context: PlanContext, sequence: SequenceFacts): Operation {
  const owner = sequence.ownedBySql === null ? [] : [`ALTER SEQUENCE ${sequence.sql} OWNED BY ${sequence.ownedBySql};`];
  return nameAside(context, {
    ...{
      what: `sequence ${sequence.sql}`,
      key: sequence.key,
      word: 'SEQUENCE',
      sql: sequence.sql,
      find: 'to_regclass',
    },
    create: sequenceSql(sequence),
    after: [...owner, ...commentsOf([sequence])],
    before: [`ALTER SEQUENCE ${sequence.sql} OWNED BY NONE;`],
  });
}

export function dropSequence(context: PlanContext, sequence: SequenceFacts): Operation {
  return inverse(addSequence(context, sequence), {
    phase: 'contract',
    stage: 'drop',
    what: `sequence ${sequence.sql} is set aside`,
  });
}

export function alterSequence(from: SequenceFacts, to: SequenceFacts): Operation {
  const set = (one: SequenceFacts): DraftStep[] => [
    {
      name: `alter_${words(to.name)}`,
      sql: [
        // START is where a RESTART begins; it moves nothing.
        `ALTER SEQUENCE ${to.sql} ${one.options};`,
        ...(from.ownedBy === to.ownedBy ? [] : [`ALTER SEQUENCE ${to.sql} OWNED BY ${one.ownedBySql ?? 'NONE'};`]),
      ].join('\n'),
    },
  ];
  return {
    phase: 'expand',
    stage: 'make',
    keys: [to.key],
    what: `sequence ${to.sql} is another`,
    up: set(to),
    down: set(from),
  };
}

export function renameSequence(context: PlanContext, from: SequenceFacts, to: SequenceFacts): Operation {
  const rename = (a: SequenceFacts, b: SequenceFacts): DraftStep[] => [
    { name: `rename_${words(a.name)}`, sql: `ALTER SEQUENCE ${a.sql} RENAME TO ${ident(context.after, b.name)};` },
  ];
  const what = `sequence ${from.sql} is called ${to.sql}`;
  return {
    phase: 'expand',
    stage: 'make',
    keys: [from.key, to.key],
    what,
    up: rename(from, to),
    down: rename(to, from),
  };
}

/** Identity where there was none, the other way round, or other options. The next number is the same before and after. */
export function changeIdentity(
  context: PlanContext,
  change: {
    from: ColumnFacts;
    to: ColumnFacts;
    serialBefore: SequenceFacts | undefined;
    serialAfter: SequenceFacts | undefined;
  },
): Operation {
  const { from, to, serialBefore, serialAfter } = change;
  const step = (a: ColumnFacts, b: ColumnFacts, oldSerial?: SequenceFacts, newSerial?: SequenceFacts): DraftStep[] => [
    {
      name: `${words(to.name)}_identity`,
      sql: identitySql(context, { from: a, to: b, oldSerial, newSerial }),
      note: 'ACCESS EXCLUSIVE for an instant: nobody draws a number meanwhile.',
    },
  ];
  for (const one of [serialBefore, serialAfter]) if (one) context.handled.add(one.key);
  const keys = [to.key, ...[serialBefore, serialAfter].flatMap((one) => (one ? [one.key] : []))];
  return {
    ...{ phase: 'expand', stage: 'make', keys, what: `${to.tableSql}.${to.name} is numbered otherwise` },
    up: step(from, to, serialBefore, serialAfter),
    down: step(to, from, serialAfter, serialBefore),
  };
}

interface IdentityChange {
  from: ColumnFacts;
  to: ColumnFacts;
  oldSerial: SequenceFacts | undefined;
  newSerial: SequenceFacts | undefined;
}

function identitySql(context: PlanContext, { from, to, oldSerial, newSerial }: IdentityChange): string {
  const alter = `ALTER TABLE ${to.tableSql} ALTER COLUMN ${to.sql}`;
  const { identity } = to;
  if (from.identity && identity && from.identity.sequence === identity.sequence) {
    return [
      ...(from.identity.always === identity.always
        ? []
        : [`${alter} SET GENERATED ${identity.always ? 'ALWAYS' : 'BY DEFAULT'};`]),
      ...(from.identity.options === identity.options
        ? []
        : [`ALTER SEQUENCE ${identity.sequence} ${withoutType(identity.options)};`]),
    ].join('\n');
  }
  const old = from.identity?.sequence ?? oldSerial?.sql;
  const position = 'stanchion.position';
  const remember =
    old === undefined
      ? `SELECT set_config('${position}', coalesce(max(${to.sql})::text, ''), true) FROM ${to.tableSql};`
      : `SELECT set_config('${position}', coalesce(pg_sequence_last_value(${quoteText(old)}::regclass)::text, ''), true);`;
  const sequence = identity?.sequence ?? newSerial?.sql;
  return [
    `LOCK TABLE ${to.tableSql} IN ACCESS EXCLUSIVE MODE;`,
    remember,
    ...(from.identity ? [`${alter} DROP IDENTITY;`] : []),
    ...(from.default === null ? [] : [`${alter} DROP DEFAULT;`]),
    ...(oldSerial ? [`DROP SEQUENCE ${oldSerial.sql};`] : []),
    ...(identity
      ? [
          `${alter} ADD GENERATED ${identity.always ? 'ALWAYS' : 'BY DEFAULT'} AS IDENTITY (SEQUENCE NAME ${identity.sequence} ${withoutType(identity.options)});`,
        ]
      : []),
    ...(newSerial
      ? [sequenceSql(newSerial), `ALTER SEQUENCE ${newSerial.sql} OWNED BY ${newSerial.ownedBySql ?? 'NONE'};`]
      : []),
    ...(to.default === null ? [] : [`${alter} SET DEFAULT ${to.default};`]),
    ...(sequence === undefined
      ? []
      : [
          `SELECT setval(${quoteText(sequence)}::regclass, current_setting('${position}')::bigint) WHERE current_setting('${position}') <> '';`,
        ]),
  ].join('\n');
}
