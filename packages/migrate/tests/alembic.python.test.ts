import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PythonMissing } from '../../../tests/support/python-environment.ts';
import { compareWithAlembic } from './alembic/agreement.ts';
import { compareCase } from './alembic/compare.ts';
import { type GraphCase, type Oracle, startOracle } from './alembic/oracle.ts';

const seed = 20_261_120;
const graphs = 4600;

describe("Python's Alembic", () => {
  let oracle: Oracle | undefined;
  let missing: Error | undefined;

  before(async () => {
    try {
      oracle = await startOracle();
    } catch (cause) {
      if (!(cause instanceof PythonMissing)) throw cause;
      missing = cause;
    }
  });

  // In each test, so that each is counted as failed.
  const getOracle = (): Oracle => {
    if (!oracle) throw missing ?? new TypeError('the oracle was not started');
    return oracle;
  };

  after(async () => oracle?.close());

  test('plans as we do, and refuses what we refuse, for random graphs and targets', async () => {
    const real = getOracle();
    const { tally } = await compareWithAlembic(real, seed, graphs);

    const times = (what: string): number => tally.get(what) ?? 0;
    assert.ok(times('graph: built') >= 3000);
    for (const what of ['upgrade: plan', 'downgrade: plan']) assert.ok(times(what) >= 400, `${what}: ${times(what)}`);
    for (const code of ['cycle', 'missing_parent', 'duplicate_revision']) assert.ok(times(`graph: ${code}`) > 0, code);
    const refusals = [
      'multiple_heads',
      'unknown_revision',
      'ambiguous_revision',
      'not_in_branch',
      'out_of_range',
      'ambiguous_walk',
    ];
    for (const code of refusals) {
      for (const op of ['upgrade', 'downgrade']) assert.ok(times(`${op}: ${code}`) > 0, `${op}: ${code}`);
    }
    assert.ok(times('downgrade: not_applied') > 0);
    assert.ok(times('stamp: heads') >= 300, `stamp: heads: ${times('stamp: heads')}`);
  });

  test('would be seen to disagree: another order, another refusal, another graph', async () => {
    const real = getOracle();
    const asked: GraphCase = {
      revisions: [
        { id: 'aaaa00000001', parents: [], dependsOn: [], labels: [] },
        { id: 'bbbb00000002', parents: ['aaaa00000001'], dependsOn: [], labels: [] },
      ],
      questions: [
        { op: 'upgrade', heads: [], target: 'head' },
        { op: 'upgrade', heads: [], target: 'cccc' },
      ],
    };
    const lie = (from: string, to: string): Oracle => ({
      ...real,
      ask: async (one) => JSON.parse(JSON.stringify(await real.ask(one)).replace(from, to)),
    });

    await compareCase(real, asked, new Map());
    const plan = ['"plan":["aaaa00000001","bbbb00000002"]', '"plan":["bbbb00000002","aaaa00000001"]'] as const;
    await assert.rejects(compareCase(lie(...plan), asked, new Map()), assert.AssertionError);
    await assert.rejects(
      compareCase(lie('No such', 'Multiple revisions start'), asked, new Map()),
      assert.AssertionError,
    );
    await assert.rejects(compareCase(lie('"bases":["a', '"bases":["b'), asked, new Map()), assert.AssertionError);
  });
});
