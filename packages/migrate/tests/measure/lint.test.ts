import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  type LintReport,
  lintRevisions,
  type MeasureReport,
  measureRevisions,
  openShadow,
  type Shadow,
} from '../../src/index.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { graphOf, step } from '../support/revisions.ts';

const a = 'aaaa00000001';
const b = 'aaaa00000002';
const schema = `
  CREATE FUNCTION cut() RETURNS void LANGUAGE plpgsql AS 'BEGIN ALTER TABLE t ADD COLUMN w int; END';
  CREATE TABLE t (id bigint PRIMARY KEY, v text);
  CREATE TABLE parts (id bigint, at date NOT NULL) PARTITION BY RANGE (at);
  CREATE TABLE part (id bigint, at date NOT NULL, CONSTRAINT other CHECK (id > 0));`;

describe('a lint that measured', () => {
  let target: TestDatabase;
  let shadow: Shadow;
  before(async () => {
    target = await createDatabase();
    shadow = await openShadow({ connection: target.config });
  });
  after(async () => {
    await shadow.close();
    await target.drop();
  });

  async function lint(up: string, down?: string): Promise<{ report: LintReport; measured: MeasureReport }> {
    const graph = graphOf(
      { id: a, up: step('one', 'tx', schema) },
      { id: b, parents: [a], up, ...(down === undefined ? {} : { down }) },
    );
    const database = await shadow.createDatabase();
    const measured = await measureRevisions(graph, { connection: database.connection });
    const report = await lintRevisions(graph, { measured, only: new Set([b]) });
    return { report, measured };
  }
  const rules = ({ findings }: LintReport): string[] => findings.map(({ rule, message }) => `${rule} ${message}`);

  test('goes by the version of the server that it measured on', async () => {
    const { report, measured } = await lint(step('one', 'tx', 'SELECT 1;'));

    assert.equal(report.serverVersion, Math.trunc(measured.serverVersion / 10_000));
  });

  test('says what a composed statement did instead of calling it opaque', async () => {
    const sql = "DO $$ BEGIN EXECUTE 'ALTER TABLE t ALTER ' || 'v SET NOT NULL'; END $$;";

    const { report } = await lint(step('one', 'tx', sql));

    assert.deepEqual(rules(report), ['ST094 "public.t" is read as a whole under ACCESS EXCLUSIVE']);
  });

  test('is silent about a composed statement that locked nothing', async () => {
    const { report } = await lint(step('one', 'tx', "DO $$ BEGIN EXECUTE 'SELECT ' || '1'; END $$;"));

    assert.deepEqual(rules(report), []);
  });

  test('sees what a CHECK that does not prove the bounds costs', async () => {
    const sql = "ALTER TABLE parts ATTACH PARTITION part FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');";

    const { report } = await lint(step('one', 'tx', sql));

    assert.deepEqual(rules(report), ['ST094 "public.part" is read as a whole under ACCESS EXCLUSIVE']);
  });

  test('takes back what the catalog refutes, and asks nobody to take its waiver away', async () => {
    const up = step('one', 'tx', `DO $$ BEGIN EXECUTE 'CREATE TABLE made (v varchar(9))'; END $$;`);
    const wider = step('two', 'tx accept="ST021: wider"', 'ALTER TABLE made ALTER v TYPE varchar(99);');

    const { report } = await lint(`${up}\n${wider}`);

    assert.deepEqual(rules(report), []);
  });

  test('measures both directions, and what runs outside of transactions', async () => {
    const { measured } = await lint(
      step('one', 'notx', 'CREATE INDEX CONCURRENTLY t_v ON t (v);'),
      `${step('one', 'notx', 'DROP INDEX CONCURRENTLY t_v;')}\n${step('two', 'batch table=t key=id', 'UPDATE t SET v = NULL WHERE id IN (SELECT id FROM batch_keys);')}`,
    );

    const found = measured.statements.filter(({ revision }) => revision === b);
    assert.deepEqual(
      found.map(({ direction, step: name, locks, indexed }) => [direction, name, locks, indexed]),
      [
        ['up', 'one', [{ table: 'public.t', lock: 'SHARE UPDATE EXCLUSIVE' }], ['public.t']],
        ['down', 'one', [{ table: 'public.t', lock: 'SHARE UPDATE EXCLUSIVE' }], []],
        ['down', 'two', [{ table: 'public.t', lock: 'ROW EXCLUSIVE' }], []],
      ],
    );
  });

  test('points at the step whose SQL fails', async () => {
    await assert.rejects(lint(step('one', 'tx', 'ALTER TABLE nowhere ADD c int;')), { code: 'sql_failed' });
  });
});
