import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type LintOptions, type LintReport, lintRevisions, MigrationError, parseRevision } from '../../src/index.ts';
import { findRule, lintRules } from '../../src/lint/rule-table.ts';
import { graphOf, revisionText, step } from '../support/revisions.ts';

const a = 'aaaa00000001';
const b = 'aaaa00000002';
const table = 'CREATE TABLE t (id bigint PRIMARY KEY, v text);';
const index = 'CREATE INDEX t_v ON t (v);';

function modeOf(sql: string): string {
  return /\bINDEX CONCURRENTLY\b/.test(sql) ? 'notx' : 'tx';
}

async function lint(up: string, options: LintOptions = {}, down?: string): Promise<LintReport> {
  return lintRevisions(
    graphOf(
      { id: a, up: step('one', 'tx', table) },
      { id: b, parents: [a], up, ...(down === undefined ? {} : { down }) },
    ),
    options,
  );
}

describe('lintRevisions', () => {
  test('notices IF NOT EXISTS of a column, but not where its own downgrade may have set it aside', async () => {
    const add = 'ALTER TABLE t ADD COLUMN IF NOT EXISTS w text;';
    const back = (column: string): string => `SELECT stanchion.take_back_column('t', '${column}', '${b}');`;
    const rulesOf = async (up: string): Promise<string[]> =>
      (await lint(step('one', 'tx', up))).findings.map(({ rule }) => rule);

    assert.deepEqual(await rulesOf(add), ['ST024']);
    assert.deepEqual(await rulesOf(`${back('other')}${add}`), ['ST024']);
    assert.deepEqual(await rulesOf(`${back('w')}${add}`), []);
  });

  test('says where: file, line, column, revision, direction, step', async () => {
    const { findings } = await lint(
      step('one', 'tx', 'SELECT 1;'),
      {},
      step('two', 'tx', `-- ä\nSELECT 'ö'; ${index}`),
    );

    const [finding] = findings;
    assert.deepEqual(
      [
        finding?.file,
        finding?.line,
        finding?.column,
        finding?.revision,
        finding?.direction,
        finding?.step,
        finding?.table,
      ],
      [`${b}_test.sql`, 11, 13, b, 'down', 'two', 'public.t'],
    );
  });

  test('points at each action of an ALTER TABLE', async () => {
    const sql =
      'ALTER TABLE t ADD COLUMN a int[] DEFAULT ARRAY[1, 2], -- a, b\n  DROP COLUMN v, ADD CHECK (id IN (1, 2));';

    const { findings } = await lint(step('one', 'tx', sql));

    assert.deepEqual(
      findings.map(({ rule, line, column }) => [rule, line, column]),
      [
        ['ST019', 8, 3],
        ['ST030', 8, 18],
      ],
    );
  });

  test('points into a DO block', async () => {
    const { findings } = await lint(step('one', 'tx', 'DO $$\nBEGIN\n  -- why\n  DROP TABLE t;\nEND $$;'));

    assert.deepEqual(
      findings.map(({ rule, line, column }) => [rule, line, column]),
      [['ST050', 10, 3]],
    );
  });

  describe('of a down that sets a table aside', () => {
    const made = 'CREATE TABLE IF NOT EXISTS made (id bigint PRIMARY KEY);';
    const aside = (name: string): string => step('aside', 'tx', `SELECT stanchion.soft_drop_table('${name}', '${b}');`);
    const rulesOf = async (up: string, name: string): Promise<string[]> =>
      (await lint(step('make', 'tx', up), {}, aside(name))).findings.map(
        ({ rule, direction }) => `${rule} ${direction}`,
      );

    for (const [what, up, name] of [
      ['does not take it back', made, 'made'],
      ['takes back another one', `SELECT stanchion.take_back_table('made_too', '${b}');\n${made}`, 'public.made'],
      ['only says so', `SELECT 'take it back';\n${made}`, 'made'],
      ['makes it in a block', `DO $$ BEGIN ${made} END $$;`, 'made'],
    ] as const) {
      test(`warns where the up ${what}`, async () => assert.deepEqual(await rulesOf(up, name), ['ST084 down']));
    }

    for (const [what, up, name] of [
      ['takes it back', `SELECT stanchion.take_back_table('made', '${b}');\n${made}`, 'made'],
      ['names it with its schema', `SELECT stanchion.take_back_table('public.made', '${b}');\n${made}`, 'made'],
      ['names it with capitals', `SELECT stanchion.take_back_table('Made', '${b}');\n${made}`, 'MADE'],
      [
        'takes it back in a block',
        `DO $$ BEGIN PERFORM stanchion.take_back_table('made', '${b}'); ${made} END $$;`,
        'made',
      ],
      [
        'makes it only where nothing is kept',
        `DO $$ BEGIN IF NOT stanchion.take_back_table('made', '${b}') THEN ${made} END IF; END $$;`,
        'made',
      ],
      ['did not make it', 'SELECT 1;', 't'],
    ] as const) {
      test(`is silent where the up ${what}`, async () => assert.deepEqual(await rulesOf(up, name), []));
    }

    test('is silent where the up sets it aside: a revision after it brings it back', async () => {
      assert.deepEqual((await lint(aside('t'))).findings, []);
    });
  });

  test('knows what earlier revisions did', async () => {
    const { findings } = await lintRevisions(
      graphOf(
        { id: a, up: step('one', 'tx', table) },
        {
          id: b,
          parents: [a],
          up: `${step('one', 'tx', 'ALTER TABLE t ADD CONSTRAINT nn CHECK (v IS NOT NULL) NOT VALID;')}\n${step('two', 'tx', 'ALTER TABLE t VALIDATE CONSTRAINT nn;')}`,
        },
        { id: 'aaaa00000003', parents: [b], up: step('one', 'tx', 'ALTER TABLE t ALTER v SET NOT NULL;') },
      ),
    );

    assert.deepEqual(findings, []);
  });

  test('reads a down section from where its own up section ends', async () => {
    const up = step('one', 'tx', 'CREATE TABLE made (id bigint);');

    const { findings } = await lint(up, {}, step('two', 'tx', 'DROP TABLE made; DROP TABLE t;'));

    assert.deepEqual(
      findings.map(({ message }) => message),
      ['dropping "made" loses its rows', 'dropping "t" loses its rows'],
    );
  });

  test('a down section leaves no trace for the revisions behind it', async () => {
    const { findings } = await lintRevisions(
      graphOf(
        { id: a, up: step('one', 'tx', table), down: step('two', 'tx accept=ST050:test', 'DROP TABLE t;') },
        { id: b, parents: [a], up: step('one', 'tx', 'ALTER TABLE t ALTER v TYPE varchar;') },
      ),
    );

    assert.deepEqual(findings, []);
  });

  test('lets a down take back the keys and views that its up brought', async () => {
    const up = `${step('one', 'notx', 'CREATE UNIQUE INDEX CONCURRENTLY t_v ON t (v);')}\n${step('two', 'tx', 'ALTER TABLE t ADD CONSTRAINT t_v UNIQUE USING INDEX t_v;')}\n${step('three', 'tx', 'CREATE VIEW w AS SELECT v FROM t;')}`;
    const down = `${step('one', 'tx', 'DROP VIEW w;')}\n${step('two', 'tx', 'ALTER TABLE t DROP CONSTRAINT t_v;')}`;

    assert.deepEqual((await lint(up, {}, down)).findings, []);
  });

  test('leaves the rows of a baseline to the run, which counts them and refuses', async () => {
    const graph = graphOf({
      id: a,
      phase: 'baseline',
      up: step('one', 'tx', table),
      down: step('two', 'tx', 'DROP TABLE t;'),
    });

    assert.deepEqual((await lintRevisions(graph)).findings, []);
  });

  test('lets what was set aside get its name back', async () => {
    const sql = 'ALTER TABLE stanchion_archive.t RENAME TO x; ALTER TABLE t RENAME COLUMN _st_aaaa00_w TO w;';

    assert.deepEqual((await lint(step('one', 'tx', sql))).findings, []);
  });

  test('takes a cost that grows with rows for a notice on a table that is known to be small', async () => {
    const small = await lint(step('one', 'tx', index), { tableRows: new Map([['public.t', 9000]]) });
    const large = await lint(step('one', 'tx', index), {
      tableRows: new Map([['public.t', 9000]]),
      smallTableRows: 100,
    });

    assert.deepEqual([small.errors, small.notices, large.errors], [0, 1, 1]);
  });

  test('never makes a lost row a notice', async () => {
    const { errors } = await lint(step('one', 'tx', 'ALTER TABLE t DROP COLUMN v;'), {
      tableRows: new Map([['t', 1]]),
    });

    assert.equal(errors, 1);
  });

  test('asks a baseline for no other types than it has', async () => {
    const graph = graphOf({
      id: a,
      phase: 'baseline',
      up: step('one', 'tx', 'CREATE TABLE t (id serial PRIMARY KEY, at timestamp);'),
    });

    assert.deepEqual((await lintRevisions(graph)).findings, []);
  });

  test('reads 500 statements in one parse a step', async () => {
    const sql = Array.from({ length: 500 }, (_, at) => `ALTER TABLE t ADD COLUMN c${at} text;`).join('\n');

    const report = await lint(step('one', 'tx', sql));

    assert.deepEqual([report.statements, report.findings.length], [501, 0]);
  });
});

describe('a waiver', () => {
  const waive = (parameters: string): Promise<LintReport> => lint(step('one', `tx ${parameters}`, index));

  test('takes a finding away and keeps its reason', async () => {
    const report = await waive('accept=ST001:nobody-writes-here-yet');

    assert.deepEqual(
      [report.findings, report.waived.map(({ rule, reason }) => [rule, reason])],
      [[], [['ST001', 'nobody-writes-here-yet']]],
    );
  });

  test('may be written in words, for several rules, and beside others', async () => {
    const report = await lint(
      step(
        'one',
        'tx accept="ST019,ST050: a window, 02:00 - 02:10" accept=ST054:gone',
        'ALTER TABLE t DROP COLUMN v; DROP TABLE t CASCADE;',
      ),
    );

    const left = report.findings.map(({ rule }) => rule);
    assert.deepEqual(
      [left, report.waived.map(({ reason }) => reason)],
      [[], ['a window, 02:00 - 02:10', 'a window, 02:00 - 02:10', 'gone']],
    );
  });

  test('that nothing needs is reported itself', async () => {
    const { findings } = await lint(step('one', 'tx accept=ST019:why', 'SELECT 1;'));

    assert.deepEqual(
      findings.map(({ rule, line, message }) => [rule, line, message]),
      [['ST110', 6, 'nothing in step "one" needs accept=ST019']],
    );
  });

  test('of a rule that does not exist is reported', async () => {
    const { findings } = await lint(step('one', 'tx accept=ST999:why', 'SELECT 1;'));

    assert.equal(findings[0]?.message, 'there is no rule ST999');
  });

  for (const bad of [
    'accept=ST001',
    'accept=ST001:',
    'accept=1:why',
    'accept="ST001: "',
    'accept=ST001:a accept=ST001:b',
  ]) {
    test(`is refused as ${bad}`, () => {
      const text = revisionText({ id: a, up: step('one', `tx ${bad}`, 'SELECT 1;') });

      assert.throws(
        () => parseRevision({ file: `${a}_test.sql`, text }),
        (error) => error instanceof MigrationError && error.code === 'bad_step',
      );
    });
  }
});

describe('the table of rules', () => {
  test('has each id and each name once', () => {
    assert.equal(new Set(lintRules.map(({ id }) => id)).size, lintRules.length);
    assert.equal(new Set(lintRules.map(({ name }) => name)).size, lintRules.length);
    assert.ok(lintRules.length >= 40);
  });

  test('gives examples that PostgreSQL can read and that no error is found in', async () => {
    for (const rule of lintRules) {
      const [first = '', ...rest] = rule.example.split(/^(?=-- stanchion:step )/m);
      const steps = first.startsWith('-- stanchion:step')
        ? [first, ...rest]
        : [step('example', modeOf(first), first), ...rest];
      if (rule.example.includes('…')) continue;
      const graph = graphOf({ id: a, up: steps.join('\n') });

      const { findings } = await lintRevisions(graph, { serverVersion: 18 });

      const errors = findings.filter(({ severity }) => severity === 'error').map(({ message }) => message);
      assert.deepEqual([rule.id, ...errors], [rule.id]);
    }
  });

  test('is looked up by id', () => {
    assert.equal(findRule('ST001')?.name, 'index-not-concurrent');
  });
});
