import { isAtLeast } from '../effects.ts';
import type { LintRule } from '../rule.ts';
import { findTable, keyOf } from '../schema-state.ts';
import { quoted } from './words.ts';

/** Storage, explicit locks, triggers, row security. */
export const tableRules: readonly LintRule[] = [
  {
    id: 'ST055',
    name: 'rewrite-storage',
    severity: 'error',
    problem: 'SET LOGGED, UNLOGGED, TABLESPACE and ACCESS METHOD write the whole table anew while everybody waits.',
    lock: 'ACCESS EXCLUSIVE during a table rewrite',
    blocks: 'reads and writes',
    growsWithRows: true,
    safe: 'A new table with the wanted storage, filled in batches and switched to; or pg_repack.',
    example: 'CREATE TABLE orders_2 (LIKE orders INCLUDING ALL); -- then a trigger, a batch step, and the switch',
    page: 'sql-altertable.html#SQL-ALTERTABLE-NOTES',
    checks: {
      rewrite_table: ({ table, how }, { isNew }) =>
        how.startsWith('SET') && !isNew(table) ? `${how} writes all of ${quoted(table)} anew` : undefined,
    },
  },
  {
    id: 'ST056',
    name: 'vacuum-full-or-cluster',
    severity: 'error',
    problem: 'VACUUM FULL and CLUSTER write the whole table and its indexes anew while everybody waits.',
    lock: 'ACCESS EXCLUSIVE during a table rewrite',
    blocks: 'reads and writes',
    growsWithRows: true,
    safe: 'Plain VACUUM gives space back for new rows; pg_repack shrinks a table beside its users.',
    example: '-- stanchion:step vacuum mode=notx rerun=safe\nVACUUM (ANALYZE) orders;',
    page: 'routine-vacuuming.html#VACUUM-FOR-SPACE-RECOVERY',
    known: ['s:prefer-repack'],
    checks: {
      rewrite_table: ({ table, how }, { isNew }) =>
        how.startsWith('SET') || isNew(table)
          ? undefined
          : `${how} writes all of ${table.name === '' ? 'the database' : quoted(table)} anew`,
    },
  },
  {
    id: 'ST057',
    name: 'lock-table',
    severity: 'error',
    problem: 'An explicit lock is held until its step commits, whatever else the step does meanwhile.',
    lock: 'as it says; ACCESS EXCLUSIVE when it says nothing',
    blocks: 'whatever conflicts with it, for the whole step',
    safe: 'Rely on the locks of the statements; where a count must stay true until a change, keep the step that short and say so in a waiver.',
    example:
      '-- stanchion:step drop mode=tx accept="ST057: nobody may add a row between the count and the drop"\nLOCK TABLE orders IN ACCESS EXCLUSIVE MODE;',
    page: 'sql-lock.html',
    checks: {
      lock_table: ({ table, lock }, { isNew }) =>
        isAtLeast(lock, 'SHARE UPDATE EXCLUSIVE') && !isNew(table)
          ? `${quoted(table)} is locked ${lock} until the step commits`
          : undefined,
    },
  },
  {
    id: 'ST070',
    name: 'trigger-lock',
    severity: 'warning',
    problem:
      'Creating, enabling or disabling a trigger stops writers, and from its commit on every write does more or less than old code expects.',
    lock: 'SHARE ROW EXCLUSIVE for an instant',
    blocks: 'writes',
    safe: 'A step of its own, with nothing slow behind it. Say in the waiver why old code may meet the trigger.',
    example:
      '-- stanchion:step trigger mode=tx accept="ST070: fills a column that old code does not know"\n' +
      'CREATE TRIGGER orders_fill BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION orders_fill();',
    page: 'sql-createtrigger.html',
    checks: {
      create_trigger: ({ table, name }, { isNew }) =>
        isNew(table) ? undefined : `creating trigger "${name}" stops writers of ${quoted(table)}`,
      switch_trigger: ({ table, enabled }, { isNew }) =>
        isNew(table)
          ? undefined
          : `${enabled ? 'enabling' : 'disabling'} triggers stops writers of ${quoted(table)}${enabled ? '' : '; rows that are written meanwhile miss them'}`,
    },
  },
  {
    id: 'ST071',
    name: 'drop-trigger',
    severity: 'warning',
    problem: 'Dropping a trigger or a rule waits for every reader; what it kept true is kept no more.',
    lock: 'ACCESS EXCLUSIVE for an instant',
    blocks: 'reads and writes',
    safe: 'A step of its own, before whatever else the revision does with the table.',
    example:
      '-- stanchion:step drop mode=tx accept="ST071: no code relies on it since 2.3"\nDROP TRIGGER orders_fill ON orders;',
    page: 'sql-droptrigger.html',
    checks: {
      drop_trigger: ({ table }, { isNew }) =>
        isNew(table) ? undefined : `dropping a trigger locks ${quoted(table)} against everybody`,
      drop_rule: ({ table }, { isNew }) =>
        isNew(table) ? undefined : `dropping a rule locks ${quoted(table)} against everybody`,
    },
  },
  {
    id: 'ST072',
    name: 'row-security-without-policy',
    severity: 'error',
    problem:
      'Row security without a policy shows no rows: every query of everybody but the owner answers with nothing.',
    lock: 'ACCESS EXCLUSIVE for an instant',
    blocks: 'all reads and writes, silently',
    safe: 'Create the policies first, then enable, in the same step.',
    example:
      'CREATE POLICY mine ON orders USING (owner_id = current_setting($$app.user$$)::uuid);\nALTER TABLE orders ENABLE ROW LEVEL SECURITY;',
    page: 'ddl-rowsecurity.html',
    checks: {
      row_security: ({ table, change }, { state, isNew }) => {
        if (change === 'disable' || change === 'no_force') {
          return isNew(table) ? undefined : `every role sees every row of ${quoted(table)} from then on`;
        }
        if (isNew(table) || (findTable(state, table)?.policies ?? 0) > 0) return undefined;
        return `no policy for ${quoted(table)} is created before: its rows disappear`;
      },
    },
  },
  {
    id: 'ST073',
    name: 'policy-change',
    severity: 'warning',
    problem: 'A policy changes which rows the running code sees, under a lock against everybody.',
    lock: 'ACCESS EXCLUSIVE for an instant',
    blocks: 'reads and writes',
    safe: 'Where row security is not enabled yet: the policies, then ENABLE, in one step. Else a step of its own, and the code first.',
    example:
      'CREATE POLICY mine ON orders USING (owner_id = current_setting($$app.user$$)::uuid);\nALTER TABLE orders ENABLE ROW LEVEL SECURITY;',
    page: 'sql-createpolicy.html',
    checks: {
      create_policy: ({ table }, { isNew, following, state }) => {
        const enables = following.some(
          (one) =>
            one.kind === 'row_security' && one.change === 'enable' && keyOf(state, one.table) === keyOf(state, table),
        );
        return isNew(table) || enables ? undefined : `a new policy changes which rows of ${quoted(table)} are seen`;
      },
      alter_policy: ({ table }, { isNew }) =>
        isNew(table) ? undefined : `another policy changes which rows of ${quoted(table)} are seen`,
      drop_policy: ({ table }, { isNew }) =>
        isNew(table) ? undefined : `rows of ${quoted(table)} that only this policy showed disappear`,
    },
  },
  {
    id: 'ST078',
    name: 'create-rule',
    severity: 'warning',
    problem: 'A rule rewrites the statements of running code into others, once for each way in which they are written.',
    lock: 'ACCESS EXCLUSIVE for an instant',
    blocks: 'reads and writes',
    safe: 'A trigger, which sees rows instead of the text of statements.',
    example: 'CREATE TRIGGER orders_copy AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION orders_copy();',
    page: 'rules-triggers.html',
    checks: {
      create_rule: ({ table }, { isNew }) =>
        isNew(table) ? undefined : `statements on ${quoted(table)} are rewritten`,
    },
  },
];
