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
  lines.push(lockSql(columns), ...columns.map(unsyncSql), ...dropInbound(columns, 'before'));
  for (const column of columns) lines.push(...leave(swap, column));
  if (type) {
    lines.push(
      `SELECT ${context.journal}.soft_drop_type(${quoteText(type.from.sql)}, ${quoteText(revisionMark)});`,
      `ALTER TYPE ${nextType(context, type.to)} RENAME TO ${ident(context.after, type.to.name)};`,
    );
  }
  for (const column of columns) lines.push(...enter(swap, column));
  lines.push(...addInbound(columns, 'after'));
  return [...lines, ...codeAfter.map((one) => createSql(context.after, one))].join('\n');
}

/** All tables at once, and foreign keys before and behind everything else: both of their ends may change. */
function lockSql(columns: readonly Column[]): string {
  const tables = columns.flatMap((one) => [one.from.tableSql, ...one.inbound.map(({ before }) => before.tableSql)]);
  return `LOCK TABLE ${[...new Set(tables)].join(', ')} IN ACCESS EXCLUSIVE MODE;`;
}

function dropInbound(columns: readonly Column[], which: 'before' | 'after'): string[] {
  const keys = columns.flatMap((one) => one.inbound.map((pair) => pair[which]));
  return keys.map((one) => `ALTER TABLE ${one.tableSql} DROP CONSTRAINT ${one.sql};`);
}

function addInbound(columns: readonly Column[], which: 'before' | 'after'): string[] {
  return columns.flatMap((one) => one.inbound.map((pair) => constraintSql(pair[which], ' NOT VALID')));
}

/** The old column goes. */
export function leave({ context }: Swap, column: Column): string[] {
  const { from, to } = column;
  return [
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
  const { to, besideSql } = column;
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
    ...columnSettingsSql(to),
    ...commentsOf([to, ...column.indexes.map((one) => one.after), ...column.constraints.map((one) => one.after)]),
  ];
}

/** The exact opposite; what was set aside comes back with its keys. */
export function swapBackSql(swap: Swap): string {
  const { context, type, columns, codeBefore, codeAfter } = swap;
  const lines = codeAfter.toReversed().map(dropSql);
  lines.push(lockSql(columns), ...columns.map(unsyncSql), ...dropInbound(columns, 'after'));
  for (const column of columns) {
    const { to, besideSql } = column;
    const alter = `ALTER TABLE ${to.tableSql}`;
    lines.push(
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
  // The last that went is the first that comes: what several columns have in common is kept with the first of them.
  for (const column of columns.toReversed()) {
    const { to, from } = column;
    lines.push(
      `SELECT ${context.journal}.restore_column(${quoteText(from.tableSql)}, ${quoteText(from.name)}, ${quoteText(revisionMark)}, false);`,
      ...(column.serial ? [`ALTER SEQUENCE ${column.serial.sql} OWNED BY ${from.tableSql}.${from.sql};`] : []),
      ...(from.identity && to.identity
        ? [
            `SELECT setval(${quoteText(from.identity.sequence)}::regclass, current_setting('stanchion.position_${words(to.name)}')::bigint) WHERE current_setting('stanchion.position_${words(to.name)}', true) <> '';`,
          ]
        : []),
      syncSql(swap, column),
    );
  }
  lines.push(...addInbound(columns, 'before'));
  return [...lines, ...codeBefore.map((one) => createSql(context.before, one))].join('\n');
}
