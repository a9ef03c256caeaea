import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { type VerifyReport, verifyRevisions } from '../../src/index.ts';
import { createDatabase } from '../support/database.ts';
import { graphOf, type RevisionParts, step } from '../support/revisions.ts';

const a = 'aaaa00000001';
const b = 'aaaa00000002';
const base: RevisionParts = {
  id: a,
  up: step('one', 'tx', 'CREATE TABLE t (id bigint PRIMARY KEY, v text NOT NULL, n int);'),
  down: step('one', 'tx accept="ST050: a test"', 'DROP TABLE t;'),
};

async function verify(t: TestContext, change: Omit<RevisionParts, 'id' | 'parents'>): Promise<VerifyReport> {
  const database = await createDatabase();
  t.after(() => database.drop());
  const graph = graphOf(base, { id: b, parents: [a], ...change });
  return verifyRevisions(graph, { connection: database.config, rows: 10 });
}

const outcomes = ({ trips }: VerifyReport): string[] => trips.map(({ outcome }) => outcome);
const found = ({ trips }: VerifyReport): readonly string[] => trips[1]?.differences ?? [];

describe('verifyRevisions', () => {
  test('passes what comes back as it was, catalog and rows, one by one and as a chain', async (t) => {
    const report = await verify(t, {
      up: `${step('one', 'tx', "ALTER TABLE t ADD COLUMN w int NOT NULL DEFAULT 3; COMMENT ON COLUMN t.w IS 'w';")}\n${step('two', 'notx', 'CREATE INDEX CONCURRENTLY t_w ON t (w);')}`,
      down: step('one', 'tx accept="ST019: a constant"', 'ALTER TABLE t DROP COLUMN w;'),
    });

    assert.deepEqual(outcomes(report), ['passed', 'passed', 'passed']);
    assert.deepEqual(
      report.trips.map(({ rows }) => rows),
      [0, 10, 10],
    );
    assert.deepEqual(report.unfilled, []);
  });

  const faults: [what: string, up: string, down: string, says: RegExp][] = [
    [
      'an index that the down leaves',
      'CREATE INDEX t_n ON t (n);',
      'SELECT 1;',
      /after down: index .*t_n is not expected/,
    ],
    [
      'a default that the down forgets',
      'ALTER TABLE t ALTER n SET DEFAULT 4;',
      'SELECT 1;',
      /after down: column t\.n differs in default/,
    ],
    [
      'a NOT NULL that the down forgets',
      'ALTER TABLE t ALTER v DROP NOT NULL;',
      'SELECT 1;',
      /after down: column t\.v differs in notNull/,
    ],
    [
      'rows that the down deletes',
      'SELECT 1;',
      'DELETE FROM t WHERE id = 3;',
      /after down: 1 of 10 rows of public\.t are gone or changed, the first of them \(3,/,
    ],
    [
      'values that the down changes',
      'SELECT 1;',
      "UPDATE t SET v = 'x';",
      /10 of 10 rows of public\.t are gone or changed/,
    ],
    [
      'rows that the up invents each time',
      "INSERT INTO t SELECT count(*) + 100, 'new' FROM t;",
      'SELECT 1;',
      /after down: public\.t has 1 rows more than before/,
    ],
    [
      'a column that another type comes back for',
      'ALTER TABLE t ALTER n TYPE text;',
      'ALTER TABLE t ALTER n TYPE bigint USING n::bigint;',
      /column t\.n differs in type: expected integer, found bigint/,
    ],
  ];
  for (const [what, up, down, says] of faults) {
    test(`finds ${what}`, async (t) => {
      const waived = 'tx accept="ST021: a test"';

      const report = await verify(t, { up: step('one', waived, up), down: step('one', waived, down) });

      assert.equal(report.trips[1]?.outcome, 'differs', JSON.stringify(report));
      assert.match(found(report).join('\n'), says);
    });
  }

  test('says when a down refuses, and takes nothing from it', async (t) => {
    const report = await verify(t, {
      up: step('one', 'tx', 'ALTER TABLE t ADD COLUMN w text; UPDATE t SET w = v;'),
      down: step('one', 'tx', 'ALTER TABLE t DROP COLUMN w;'),
    });

    assert.deepEqual(outcomes(report), ['passed', 'refused', 'refused']);
    assert.match(report.trips[1]?.refusal ?? '', /10 /);
  });

  test('says when there is no down', async (t) => {
    const report = await verify(t, { up: step('one', 'tx', 'ALTER TABLE t ADD COLUMN w text;') });

    assert.deepEqual(outcomes(report), ['passed', 'irreversible', 'refused']);
  });

  const demanding: [what: string, ...ups: string[]][] = [
    [
      'counts rows and raises',
      "DO $$ BEGIN IF EXISTS (SELECT FROM t WHERE n IS NULL) THEN RAISE EXCEPTION 'no n' USING ERRCODE = '23502'; END IF; END $$;",
    ],
    [
      'validates a constraint',
      'ALTER TABLE t ADD CONSTRAINT n_big CHECK (n > 1000000 AND v = $$x$$) NOT VALID;',
      'ALTER TABLE t VALIDATE CONSTRAINT n_big;',
    ],
  ];
  for (const [what, ...ups] of demanding) {
    test(`takes a revision with empty tables whose up ${what}, and says why`, async (t) => {
      const up = [...ups, 'ALTER TABLE t ADD COLUMN w int;'].map((sql, at) => step(`step${at}`, 'tx', sql)).join('\n');
      const drop = 'ALTER TABLE t DROP COLUMN w, DROP CONSTRAINT IF EXISTS n_big;';

      const { trips } = await verify(t, { up, down: step('one', 'tx accept="ST019: a test"', drop) });

      assert.deepEqual(
        trips.map(({ outcome, rows }) => [outcome, rows]),
        [
          ['passed', 0],
          ['passed', 0],
          ['passed', 10],
        ],
      );
      assert.match(trips[1]?.unfit ?? '', /no n|n_big/);
    });
  }

  test('throws what an up fails with', async (t) => {
    await assert.rejects(verify(t, { up: step('one', 'tx', 'ALTER TABLE nowhere ADD COLUMN w text;') }), {
      code: 'sql_failed',
    });
  });
});
