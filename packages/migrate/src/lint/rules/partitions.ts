import { isAttachProven } from '../effects.ts';
import type { LintRule } from '../rule.ts';
import { findTable } from '../schema-state.ts';
import { quoted } from './words.ts';

export const partitionRules: readonly LintRule[] = [
  {
    id: 'ST060',
    name: 'attach-partition-scans',
    severity: 'error',
    problem:
      'ATTACH PARTITION reads the whole table that is attached, to see that its rows belong there, while everybody waits for it.',
    lock: 'SHARE UPDATE EXCLUSIVE on the parent, ACCESS EXCLUSIVE on the partition (and on a default partition) during a scan',
    blocks: 'reads and writes of the partition',
    growsWithRows: true,
    safe: 'A CHECK with the same bounds, NOT VALID then VALIDATE, proves it beforehand; drop the CHECK afterwards. Of a default partition too.',
    example:
      "ALTER TABLE events_2026 ADD CONSTRAINT bounds CHECK (at IS NOT NULL AND at >= '2026-01-01' AND at < '2027-01-01') NOT VALID;\n" +
      '-- stanchion:step check mode=tx\nALTER TABLE events_2026 VALIDATE CONSTRAINT bounds;\n' +
      "-- stanchion:step attach mode=tx\nALTER TABLE events ATTACH PARTITION events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');",
    page: 'ddl-partitioning.html#DDL-PARTITIONING-DECLARATIVE-MAINTENANCE',
    checks: {
      attach_partition: ({ table, child }, { isNew, state }) => {
        const other = findTable(state, table)?.defaultPartition;
        if (other && !isNew(other))
          return `all of ${quoted(other)}, the default partition of ${quoted(table)}, is read`;
        return isNew(child) || isAttachProven(state, child)
          ? undefined
          : `all of ${quoted(child)} is read before it becomes a partition of ${quoted(table)}: no validated CHECK proves its bounds`;
      },
    },
  },
  {
    id: 'ST061',
    name: 'create-partition-of',
    severity: 'warning',
    problem: 'CREATE TABLE … PARTITION OF locks the parent against everybody.',
    lock: 'ACCESS EXCLUSIVE on the parent',
    blocks: 'reads and writes of the whole partitioned table',
    safe: 'Create the table by itself, LIKE the parent, and ATTACH it: SHARE UPDATE EXCLUSIVE on the parent.',
    example:
      'CREATE TABLE events_2027 (LIKE events INCLUDING DEFAULTS INCLUDING CONSTRAINTS);\n' +
      "ALTER TABLE events ATTACH PARTITION events_2027 FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');",
    page: 'ddl-partitioning.html#DDL-PARTITIONING-DECLARATIVE-MAINTENANCE',
    checks: {
      create_table: ({ table, partitionOf }, { isNew }) =>
        partitionOf && !isNew(partitionOf)
          ? `creating ${quoted(table)} as a partition locks ${quoted(partitionOf)} against everybody`
          : undefined,
    },
  },
  {
    id: 'ST062',
    name: 'detach-partition-not-concurrent',
    severity: 'error',
    problem: 'DETACH PARTITION locks the parent and the partition against everybody.',
    lock: 'ACCESS EXCLUSIVE on parent and partition',
    blocks: 'reads and writes of the whole partitioned table',
    safe: 'DETACH PARTITION … CONCURRENTLY (PostgreSQL 14 and newer) in a step with mode=notx; after an interruption, FINALIZE.',
    example:
      '-- stanchion:step detach mode=notx rerun=safe\nALTER TABLE events DETACH PARTITION events_2020 CONCURRENTLY;',
    page: 'sql-altertable.html#SQL-ALTERTABLE-DETACH-PARTITION',
    known: ['s:require-concurrent-partition-detach'],
    checks: {
      detach_partition: ({ table, child, concurrent, finalize }, { isNew }) =>
        concurrent || finalize || isNew(table)
          ? undefined
          : `detaching ${quoted(child)} locks ${quoted(table)} against everybody`,
    },
  },
];
