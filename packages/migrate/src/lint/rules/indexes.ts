import type { LintRule } from '../rule.ts';
import { findTable, keyOf } from '../schema-state.ts';
import { quoted } from './words.ts';

export const indexRules: readonly LintRule[] = [
  {
    id: 'ST001',
    name: 'index-not-concurrent',
    severity: 'error',
    problem: 'Building an index stops every write to the table until it is done.',
    lock: 'SHARE for the whole build',
    blocks: 'writes',
    growsWithRows: true,
    safe: 'Build it CONCURRENTLY, in a step of its own with mode=notx; the engine settles an invalid index after a crash.',
    example: '-- stanchion:step build mode=notx\nCREATE INDEX CONCURRENTLY orders_ref ON orders (ref);',
    page: 'sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY',
    known: ['s:require-concurrent-index-creation', 'r:add_index'],
    checks: {
      create_index: ({ table, concurrent, only }, { isNew, state }) => {
        if (concurrent || only || isNew(table) || findTable(state, table)?.isPartitioned) return undefined;
        return `CREATE INDEX on ${quoted(table)} stops its writers until the index is built`;
      },
    },
  },
  {
    id: 'ST002',
    name: 'index-on-partitioned-table',
    severity: 'error',
    problem: 'An index on a partitioned table is built on all partitions at once, and cannot be built concurrently.',
    lock: 'SHARE on the parent and every partition',
    blocks: 'writes',
    growsWithRows: true,
    safe: 'Create it ON ONLY the parent, build one CONCURRENTLY on each partition, and attach them.',
    example:
      'CREATE INDEX events_at ON ONLY events (at);\n' +
      '-- stanchion:step build_2026 mode=notx\nCREATE INDEX CONCURRENTLY events_2026_at ON events_2026 (at);\n' +
      '-- stanchion:step attach_2026 mode=tx\nALTER INDEX events_at ATTACH PARTITION events_2026_at;',
    page: 'ddl-partitioning.html#DDL-PARTITIONING-DECLARATIVE-MAINTENANCE',
    checks: {
      create_index: ({ table, only, concurrent }, { isNew, state }) => {
        if (only || isNew(table) || !findTable(state, table)?.isPartitioned) return undefined;
        const fails = concurrent ? '; PostgreSQL refuses CONCURRENTLY there' : '';
        return `${quoted(table)} is partitioned: the index is built on every partition while their writers wait${fails}`;
      },
    },
  },
  {
    id: 'ST003',
    name: 'drop-index-not-concurrent',
    severity: 'error',
    problem: 'Dropping an index waits for every reader of its table, and everybody else waits behind it.',
    lock: 'ACCESS EXCLUSIVE on the table',
    blocks: 'reads and writes',
    safe: 'DROP INDEX CONCURRENTLY, in a step of its own with mode=notx. To change an index, build the new one first.',
    example: '-- stanchion:step drop mode=notx\nDROP INDEX CONCURRENTLY orders_ref;',
    page: 'sql-dropindex.html',
    known: ['s:require-concurrent-index-deletion', 'r:remove_index'],
    checks: {
      drop_index: ({ index, concurrent }, { state, isNew }) => {
        const known = state.indexes.get(keyOf(state, index));
        if (concurrent || (known && isNew(known.table))) return undefined;
        return `DROP INDEX ${quoted(index)} locks its table against everybody`;
      },
    },
  },
  {
    id: 'ST004',
    name: 'reindex-not-concurrent',
    severity: 'error',
    problem: 'REINDEX stops every write to the table and every query that would use the index.',
    lock: 'SHARE on the table, ACCESS EXCLUSIVE on the index',
    blocks: 'writes, and reads by that index',
    growsWithRows: true,
    safe: 'REINDEX … CONCURRENTLY (PostgreSQL 12 and newer), in a step with mode=notx.',
    example: '-- stanchion:step rebuild mode=notx rerun=safe\nREINDEX INDEX CONCURRENTLY orders_ref;',
    page: 'sql-reindex.html#SQL-REINDEX-CONCURRENTLY',
    known: ['s:require-concurrent-reindex'],
    checks: {
      reindex: ({ what, name, concurrent }, { isNew }) => {
        if (concurrent || (what === 'table' && name && isNew(name))) return undefined;
        return `REINDEX of ${name ? quoted(name) : `the ${what}`} stops writers until it is done`;
      },
    },
  },
  {
    id: 'ST005',
    name: 'wide-index',
    severity: 'notice',
    problem: 'An index of more than three columns is seldom used beyond the first, and slows every write.',
    lock: 'none',
    blocks: 'nothing',
    isTaste: true,
    safe: 'Index what the queries filter by; put what they only return into INCLUDE.',
    example: 'CREATE INDEX CONCURRENTLY orders_customer ON orders (customer_id, at) INCLUDE (total, state);',
    page: 'indexes-multicolumn.html',
    known: ['r:add_index_columns'],
    checks: {
      create_index: ({ columns, unique, name }) =>
        columns.length > 3 && !unique ? `index "${name}" has ${columns.length} columns` : undefined,
    },
  },
  {
    id: 'ST006',
    name: 'index-if-not-exists',
    severity: 'warning',
    problem: 'IF NOT EXISTS takes whatever has that name for the index, an invalid or a different one too.',
    lock: 'none',
    blocks: 'nothing',
    safe: 'Leave IF NOT EXISTS out: the journal knows what was done, and nothing is done twice.',
    example: 'CREATE INDEX CONCURRENTLY orders_ref ON orders (ref);',
    page: 'sql-createindex.html',
    checks: {
      create_index: ({ ifNotExists, table, name }, { isNew }) =>
        ifNotExists && !isNew(table) ? `an index "${name}" that is there already would pass for this one` : undefined,
    },
  },
];
