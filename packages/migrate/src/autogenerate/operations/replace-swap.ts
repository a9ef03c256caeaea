import { quoteText } from '../../sql-names.ts';
import { createSql, dropSql } from './code.ts';
import { usingIndexSql } from './constraints.ts';
import { columnSettingsSql, commentsOf, constraintSql, withoutType } from './create-sql.ts';
import { ident, words } from './names.ts';
import { revisionMark } from './operation.ts';
import { syncSql, unsyncSql } from './replace-sync.ts';
import { besideIndex, type Column, isUnique, nextType, type Swap } from './replacement.ts';

export function swapSql(swap: Swap): string {
  const { context, type, columns, codeBefore, codeAfter } = swap;
  const lines = codeBefore.toReversed().map(dropSql);
  for (const column of columns) lines.push(...leave(swap, column));
  if (type) {
    lines.push(
      `SELECT ${context.journal}.soft_drop_type(${quoteText(type.from.sql)}, ${quoteText(revisionMark)});`,
      `ALTER TYPE ${nextType(context, type.to)} RENAME TO ${ident(context.after, type.to.name)};`,
    );
  }
  for (const column of columns) lines.push(...enter(swap, column));
  return [...lines, ...codeAfter.map((one) => createSql(context.after, one))].join('\n');
}

/** The old column goes. */
export function leave({ context }: Swap, column: Column): string[] {
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
export function enter(swap: Swap, column: Column): string[] {
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
export function swapBackSql(swap: Swap): string {
  const { context, type, columns, codeBefore, codeAfter } = swap;
  const lines = codeAfter.toReversed().map(dropSql);
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
  return [...lines, ...codeBefore.map((one) => createSql(context.before, one))].join('\n');
}
