import type { LintRule } from '../rule.ts';

/** What concerns the text: what cannot be read, what an older server refuses, names, waivers. */
export const fileRules: readonly LintRule[] = [
  {
    id: 'ST093',
    name: 'opaque',
    severity: 'warning',
    problem: 'What runs here is known only when it runs: EXECUTE in a block, CALL, another language.',
    lock: 'unknown',
    blocks: 'unknown',
    // A statement that is written in a block, not composed, is read as if it stood there alone.
    safe: 'Write the statements down. Where that cannot be, lint with --measure, or say in a waiver what it does.',
    example: '-- stanchion:step archive mode=tx accept="ST093: renames one table, for an instant"\nDO $$ … $$;',
    page: 'plpgsql-statements.html#PLPGSQL-STATEMENTS-EXECUTING-DYN',
    checks: {
      opaque: ({ what }) => `${what}: what it runs cannot be told from the file`,
      select: ({ calls }, { state }) => {
        const called = calls.find(
          ({ schema, name }) => state.functions.has(name) || (schema !== undefined && schema !== 'pg_catalog'),
        );
        return called && `${called.name}() is a function of this database: what it does cannot be told from the call`;
      },
    },
  },
  {
    id: 'ST094',
    name: 'measured',
    severity: 'error',
    problem: 'Measured in a shadow database: a scan, a rewrite, an index build or a lock that no other rule has named.',
    lock: 'as measured',
    blocks: 'as measured',
    growsWithRows: true,
    safe: 'The form that the rule for such a statement asks for, in a step of its own.',
    example: 'ALTER TABLE orders ADD CONSTRAINT orders_total CHECK (total >= 0) NOT VALID;',
    page: 'explicit-locking.html',
  },
  {
    id: 'ST110',
    name: 'unused-waiver',
    severity: 'warning',
    problem: 'A waiver that nothing needs hides the next finding.',
    lock: 'none',
    blocks: 'nothing',
    safe: 'Take it off the step line.',
    example: '-- stanchion:step one mode=tx\nSELECT 1;',
    page: 'sql-commands.html',
    known: ['s:unused-ignore'],
  },
  {
    id: 'ST112',
    name: 'needs-newer-server',
    severity: 'error',
    problem: 'An older server that this has to run on refuses the statement.',
    lock: 'none: it fails',
    blocks: 'the deployment',
    safe: 'The form for the older server; the rule for the statement has it. Or say with --server-version what runs.',
    example: 'ALTER TABLE orders ADD CONSTRAINT orders_ref_nn CHECK (ref IS NOT NULL) NOT VALID;',
    page: 'release.html',
    checks: {
      needs_server: ({ major, what }, { serverMajor }) =>
        serverMajor < major ? `${what} needs PostgreSQL ${major}; this is for ${serverMajor}` : undefined,
      detach_partition: ({ concurrent }, { serverMajor }) =>
        concurrent && serverMajor < 14
          ? `DETACH CONCURRENTLY needs PostgreSQL 14; this is for ${serverMajor}`
          : undefined,
      reindex: ({ concurrent }, { serverMajor }) =>
        concurrent && serverMajor < 12
          ? `REINDEX CONCURRENTLY needs PostgreSQL 12; this is for ${serverMajor}`
          : undefined,
    },
  },
  {
    id: 'ST113',
    name: 'unreadable-sql',
    severity: 'error',
    problem: 'PostgreSQL’s parser refuses the step.',
    lock: 'none: it fails',
    blocks: 'the deployment',
    safe: 'Mend the syntax.',
    example: 'SELECT 1;',
    page: 'sql-commands.html',
  },
];
