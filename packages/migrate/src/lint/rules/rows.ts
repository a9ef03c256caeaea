import type { LintRule } from '../rule.ts';
import { quoted } from './words.ts';

const batch =
  '-- stanchion:step fill mode=batch table=orders key=id size=1000 pause=20ms\n' +
  "UPDATE orders SET state = 'new' WHERE id IN (SELECT id FROM batch_keys) AND state IS NULL;";

export const rowRules: readonly LintRule[] = [
  {
    id: 'ST080',
    name: 'unbounded-change',
    severity: 'error',
    problem:
      'UPDATE, DELETE or MERGE of a whole table holds a lock on each of its rows until the end, and doubles its size.',
    lock: 'ROW EXCLUSIVE, and every row',
    blocks: 'writers of the same rows; vacuum everywhere',
    growsWithRows: true,
    safe: 'A batch step: small transactions by key, which go on where they were after a crash.',
    example: batch,
    page: 'routine-vacuuming.html#VACUUM-FOR-SPACE-RECOVERY',
    known: ['r:backfill'],
    checks: {
      update: (operation, context) => sayUnbounded('UPDATE', operation, context),
      delete: (operation, context) => sayUnbounded('DELETE', operation, context),
    },
  },
  {
    id: 'ST081',
    name: 'bulk-change-in-one-transaction',
    severity: 'warning',
    problem: 'As many rows as meet the condition are locked until the end of one transaction.',
    lock: 'ROW EXCLUSIVE, and every row that is found',
    blocks: 'writers of the same rows; vacuum everywhere',
    growsWithRows: true,
    safe: 'A batch step. Rows that are named by constants (WHERE id = 1, code IN (…)) are not meant.',
    example: batch,
    page: 'mvcc-intro.html',
    known: ['r:backfill'],
    checks: {
      update: (operation, context) => sayBulk('UPDATE', operation, context),
      delete: (operation, context) => sayBulk('DELETE', operation, context),
      merge: (operation, context) => sayBulk('MERGE', operation, context),
      insert: ({ table, fromTables }, { mode, isNew }) =>
        fromTables && mode !== 'batch' && !isNew(table)
          ? `INSERT into ${quoted(table)} copies as many rows as the query finds, in one transaction`
          : undefined,
      copy_in: ({ table }, { isNew }) =>
        isNew(table) ? undefined : `COPY into ${quoted(table)} loads as many rows as the file has, in one transaction`,
    },
  },
  {
    id: 'ST082',
    name: 'batch-without-its-keys',
    severity: 'error',
    problem: 'A batch step whose statement does not look at batch_keys changes all rows once for each batch.',
    lock: 'ROW EXCLUSIVE, and every row, again and again',
    blocks: 'writers of the same rows',
    safe: 'WHERE key IN (SELECT key FROM batch_keys), or a join with it.',
    example: batch,
    page: 'sql-update.html',
    checks: {
      update: (operation, { mode }) => sayNoKeys('UPDATE', operation, mode),
      delete: (operation, { mode }) => sayNoKeys('DELETE', operation, mode),
      merge: (operation, { mode }) => sayNoKeys('MERGE', operation, mode),
      insert: ({ fromTables, usesBatchKeys }, { mode }) =>
        mode === 'batch' && fromTables && !usesBatchKeys
          ? 'INSERT in a batch step does not look at batch_keys'
          : undefined,
    },
  },
  {
    id: 'ST085',
    name: 'column-assigned-twice',
    severity: 'error',
    problem: 'An UPDATE that sets a column twice is refused when it runs.',
    lock: 'none: it fails',
    blocks: 'the deployment',
    safe: 'Set it once.',
    example: "UPDATE orders SET state = 'new' WHERE id = 1;",
    page: 'sql-update.html',
    known: ['s:ban-duplicate-column-assignments'],
    checks: {
      update: ({ duplicates }) => (duplicates.length === 0 ? undefined : `"${duplicates.join('", "')}" is set twice`),
    },
  },
  {
    id: 'ST086',
    name: 'rows-locked-in-bulk',
    severity: 'warning',
    problem: 'SELECT … FOR UPDATE locks what it finds until its step commits.',
    lock: 'ROW SHARE, and every row that is found',
    blocks: 'writers of the same rows',
    safe: 'A batch step, in the order of a key.',
    example:
      '-- stanchion:step fill mode=batch table=orders key=id\nSELECT 1 FROM orders WHERE id IN (SELECT id FROM batch_keys) ORDER BY id FOR UPDATE;',
    page: 'explicit-locking.html#LOCKING-ROWS',
    checks: {
      select: ({ locksRows }, { mode }) =>
        locksRows && mode !== 'batch' ? 'rows are locked until the step commits' : undefined,
    },
  },
];

interface Change {
  readonly table: { readonly schema: string | undefined; readonly name: string };
  readonly bound: 'none' | 'constants' | 'condition';
  readonly usesBatchKeys: boolean;
}

interface Where {
  readonly mode: 'tx' | 'notx' | 'batch';
  readonly isNew: (table: Change['table']) => boolean;
}

function sayUnbounded(what: string, { table, bound }: Change, { mode, isNew }: Where): string | undefined {
  if (bound !== 'none' || mode === 'batch' || isNew(table)) return undefined;
  return `${what} of every row of ${quoted(table)} in one transaction`;
}

function sayBulk(what: string, { table, bound }: Change, { mode, isNew }: Where): string | undefined {
  if (bound !== 'condition' || mode === 'batch' || isNew(table)) return undefined;
  return `${what} of as many rows of ${quoted(table)} as meet its condition, in one transaction`;
}

function sayNoKeys(what: string, { table, usesBatchKeys }: Change, mode: Where['mode']): string | undefined {
  return mode === 'batch' && !usesBatchKeys ? `${what} of ${quoted(table)} does not look at batch_keys` : undefined;
}
