import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judge } from '../../bench/claims.ts';
import { assertSameSchema } from '../../bench/migrate/measure.ts';
import { parseMigrateOptions } from '../../bench/migrate/options.ts';
import { makeMigrateClaims } from '../../bench/migrate/report.ts';
import { createChanges } from '../../bench/migrate/statements.ts';
import { timeProcess } from '../../bench/migrate/timed-process.ts';
import { UsageError } from '../../bench/options.ts';

const time = (wallMs: number) => ({ wallMs, cpuMs: wallMs, databaseMs: undefined });
const nothing = {
  revisions: 200,
  statements: 500,
  current: new Map(),
  lint: new Map(),
  lintCalls: { firstMs: 1, laterMs: [1] },
};

describe('the claims about the migration engine', () => {
  test('compare with the fastest of the others, round by round', () => {
    const upgrade = new Map([
      ['ours', [time(20), time(30)]],
      ['slow', [time(90), time(90)]],
      ['fast', [time(10), time(15)]],
    ]);
    const [claim] = makeMigrateClaims({ ...nothing, upgrade });
    assert.equal(claim?.name, 'upgrade of 200 revisions, time: ours ÷ fast');
    assert.deepEqual(claim.ratio, { median: 2, min: 2, max: 2 });
    assert.equal(judge(claim), 'missed');
  });

  test('are none where there is nobody to compare with', () => {
    assert.deepEqual(makeMigrateClaims({ ...nothing, upgrade: new Map([['ours', [time(1)]]]) }), []);
  });
});

describe('the measuring of the migration engine', () => {
  test('ends when a tool left another schema', () => {
    assert.doesNotThrow(() => assertSameSchema([{ tables: 2 }, { tables: 2 }]));
    assert.throws(() => assertSameSchema([{ tables: 2 }, { tables: 1 }]), /different schemas/);
  });

  test('ends when a process fails, with what it printed', async () => {
    const args = ['-e', 'console.error("no such table"); process.exit(3)'];
    const failing = { command: process.execPath, args, cwd: '.', env: {} };
    await assert.rejects(timeProcess(failing), /ended with 3:\nno such table/);
    assert.ok((await timeProcess({ ...failing, alsoFine: [3] })).wallMs > 0);
  });

  test('gives every tool the same number of different changes', () => {
    assert.equal(new Set(createChanges(200).map(({ up }) => up)).size, 200);
  });

  test('refuses options that it does not know', () => {
    assert.throws(() => parseMigrateOptions(['--rounds', '0']), UsageError);
    assert.throws(() => parseMigrateOptions(['--fast']), UsageError);
    assert.equal(parseMigrateOptions(['--quick']).rounds, 2);
  });
});
