import { join } from 'node:path';
import type { RevisionParts } from './revisions.ts';
import { step } from './revisions.ts';

const ids = Array.from(
  { length: 15 },
  (_, at) => (at + 1).toString(16).repeat(2).slice(0, 2).padEnd(10, '0') + String(at + 10),
);
const [
  r1 = '',
  r2 = '',
  r3 = '',
  r4 = '',
  r5 = '',
  r6 = '',
  r7 = '',
  r8 = '',
  r9 = '',
  r10 = '',
  r11 = '',
  r12 = '',
  r13 = '',
  r14 = '',
  r15 = '',
] = ids;

/**
 * Every mode of a step, every kind of statement that runs outside of transactions, a fork and its merge, a dependency, and what is
 * set aside: in both directions. Whatever runs twice or not at all shows in the rows or in the catalog.
 */
export const chain: readonly RevisionParts[] = [
  {
    id: r1,
    up: steps(
      [
        'tables',
        'tx',
        'CREATE TABLE hot (id int PRIMARY KEY, n int NOT NULL DEFAULT 0, old text, ref text); CREATE TABLE calls (at int)',
      ],
      [
        'parts',
        'tx',
        'CREATE TABLE p (id int NOT NULL) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10); CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20)',
      ],
      ['mood', 'tx', "CREATE TYPE mood AS ENUM ('low')"],
    ),
    down: steps([
      'all',
      'tx accept="ST050: made by this revision"',
      'DROP TABLE hot, calls; DROP TABLE p; DROP TYPE mood',
    ]),
  },
  {
    id: r2,
    parents: [r1],
    up: steps(
      ['hot', 'tx', "INSERT INTO hot (id, old, ref) SELECT g, 'old ' || g, 'ref ' || g FROM generate_series(1, 30) g"],
      ['p', 'tx', 'INSERT INTO p SELECT g FROM generate_series(0, 19) g'],
    ),
    down: steps(
      ['rows', 'batch table=hot key=id size=12', 'DELETE FROM hot WHERE id IN (SELECT id FROM batch_keys)'],
      ['p', 'tx', 'DELETE FROM p'],
    ),
  },
  {
    id: r3,
    parents: [r2],
    header: '-- stanchion:labels [refs]',
    up: steps(
      ['index', 'notx', 'CREATE UNIQUE INDEX CONCURRENTLY hot_ref ON hot (ref)'],
      ['plain', 'notx', 'CREATE INDEX CONCURRENTLY hot_n ON hot (n)'],
    ),
    down: steps(
      ['plain', 'notx', 'DROP INDEX CONCURRENTLY hot_n'],
      ['index', 'notx', 'DROP INDEX CONCURRENTLY hot_ref'],
    ),
  },
  {
    id: r4,
    parents: [r2],
    up: steps([
      'fill',
      'batch table=hot key=id size=12',
      'UPDATE hot SET n = n + 1 WHERE id IN (SELECT id FROM batch_keys)',
    ]),
    down: steps([
      'back',
      'batch table=hot key=id size=12',
      'UPDATE hot SET n = n - 1 WHERE id IN (SELECT id FROM batch_keys)',
    ]),
  },
  { id: r5, parents: [r3, r4], up: steps(['merge', 'tx', 'SELECT 1']), down: steps(['merge', 'tx', 'SELECT 1']) },
  {
    id: r6,
    parents: [r5],
    up: steps(
      ['index', 'notx', 'REINDEX INDEX CONCURRENTLY hot_ref'],
      ['table', 'notx', 'REINDEX TABLE CONCURRENTLY hot'],
    ),
    down: steps(['index', 'notx', 'REINDEX INDEX CONCURRENTLY hot_n']),
  },
  {
    id: r7,
    parents: [r6],
    up: steps(
      ['rule', 'tx', 'ALTER TABLE hot ADD CONSTRAINT hot_rule CHECK (n < 1000) NOT VALID'],
      ['validate', 'notx', 'ALTER TABLE hot VALIDATE CONSTRAINT hot_rule'],
    ),
    down: steps(['rule', 'tx', 'ALTER TABLE hot DROP CONSTRAINT hot_rule']),
  },
  {
    id: r8,
    parents: [r7],
    up: steps(['detach', 'notx', 'ALTER TABLE p DETACH PARTITION p2 CONCURRENTLY']),
    down: steps(['attach', 'tx', 'ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM (10) TO (20)']),
  },
  {
    id: r9,
    parents: [r8],
    up: steps(
      ['value', 'notx', "ALTER TYPE mood ADD VALUE 'high' AFTER 'low'"],
      ['use', 'tx', "ALTER TABLE hot ADD COLUMN mood mood NOT NULL DEFAULT 'high'"],
    ),
    down: steps(['column', 'tx', `SELECT stanchion.soft_drop_column('hot', 'mood', '${r9}')`]),
  },
  {
    id: r10,
    parents: [r9],
    up: steps(
      [
        'view',
        'tx',
        'CREATE MATERIALIZED VIEW sums AS SELECT n, count(*) AS many FROM hot GROUP BY n; CREATE UNIQUE INDEX sums_n ON sums (n)',
      ],
      ['change', 'tx', 'UPDATE hot SET n = n + 5 WHERE id = 1'],
      ['refresh', 'notx', 'REFRESH MATERIALIZED VIEW CONCURRENTLY sums'],
      ['analyze', 'notx', 'ANALYZE hot'],
      ['vacuum', 'notx', 'VACUUM hot'],
    ),
    down: steps(
      ['view', 'tx', 'DROP MATERIALIZED VIEW sums'],
      ['change', 'tx', 'UPDATE hot SET n = n - 5 WHERE id = 1'],
    ),
  },
  {
    id: r11,
    parents: [r10],
    up: steps(
      [
        'procedure',
        'tx',
        'CREATE PROCEDURE call_once(number int) LANGUAGE sql AS $$ INSERT INTO calls VALUES (number) $$',
      ],
      ['call', 'notx probe=SELECT EXISTS (SELECT FROM calls WHERE at = 1)', 'CALL call_once(1)'],
      ['again', 'notx rerun=safe', 'DELETE FROM calls WHERE at < 0'],
    ),
    down: steps(
      ['call', 'notx probe=SELECT EXISTS (SELECT FROM calls WHERE at = 2)', 'CALL call_once(2)'],
      ['procedure', 'tx', 'DROP PROCEDURE call_once(int)'],
    ),
  },
  {
    id: r12,
    parents: [r11],
    phase: 'contract',
    up: steps(
      ['column', 'tx', `SELECT stanchion.soft_drop_column('hot', 'old', '${r12}')`],
      ['table', 'tx', `SELECT stanchion.soft_drop_table('p2', '${r12}')`],
    ),
    down: steps(
      ['table', 'tx', `SELECT stanchion.restore_table('p2', '${r12}')`],
      ['column', 'tx', `SELECT stanchion.restore_column('hot', 'old', '${r12}')`],
    ),
  },
  {
    id: r13,
    parents: [r12],
    header: '-- stanchion:depends_on [refs]',
    up: steps(['drop', 'notx', 'DROP INDEX CONCURRENTLY IF EXISTS hot_n']),
    down: steps(['create', 'notx', 'CREATE INDEX CONCURRENTLY hot_n ON hot (n)']),
  },
  {
    id: r14,
    parents: [r13],
    up: steps([
      'fill',
      'batch table=hot key=id size=12 pause=1ms',
      "UPDATE hot SET ref = ref || '!' WHERE id IN (SELECT id FROM batch_keys)",
    ]),
    down: steps([
      'back',
      'batch table=hot key=id size=12',
      'UPDATE hot SET ref = left(ref, -1) WHERE id IN (SELECT id FROM batch_keys)',
    ]),
  },
];

const index = join(import.meta.dirname, '../../src/index.ts');

/** The last one, with its steps in code. */
export const codeRevision = {
  file: `${r15}_code.ts`,
  text: `import { defineRevision } from '${index}';
export default defineRevision({
  revision: '${r15}', downRevision: ['${r14}'], phase: 'backfill', summary: 'rows in code',
  up: [
    { name: 'rows', mode: 'tx', run: async (tx) => tx.query('INSERT INTO calls VALUES ($1)', [3]) },
    { name: 'fill', mode: 'batch', table: 'hot', key: ['id'], size: 12, run: async (tx, { keys }) =>
      tx.query('UPDATE hot SET n = n + 100 WHERE id = ANY ($1)', [keys.map((key) => key.id)]) },
    { name: 'outside', mode: 'notx', probe: 'SELECT EXISTS (SELECT FROM calls WHERE at = 4)', run: async (db) =>
      db.query('INSERT INTO calls VALUES ($1)', [4]) },
  ],
  down: [
    { name: 'fill', mode: 'batch', table: 'hot', key: ['id'], size: 12, run: async (tx, { keys }) =>
      tx.query('UPDATE hot SET n = n - 100 WHERE id = ANY ($1)', [keys.map((key) => key.id)]) },
    { name: 'rows', mode: 'tx', run: async (tx) => tx.query('DELETE FROM calls WHERE at IN (3, 4)') },
  ],
});
`,
};

function steps(...list: [name: string, mode: string, sql: string][]): string {
  return list.map(([name, mode, sql]) => step(name, mode, sql)).join('\n');
}
