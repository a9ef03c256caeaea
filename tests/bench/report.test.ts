import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatReport, replaceMeasured } from '../../bench/report.ts';
import type { LatencyLevel } from '../../bench/suites/latency.ts';

const page =
  'before\n<!-- measured: begin (written by `npm run bench -- --write`) -->\nold\n<!-- measured: end -->\nafter\n';

describe('the report', () => {
  test('replaces the measured part of the page and nothing else', () => {
    const written = replaceMeasured(page, 'new');
    assert.equal(written, page.replace('old', 'new'));
  });

  test('refuses a page without the marks', () => {
    assert.throws(() => replaceMeasured('before\nafter\n', 'new'), /measured: begin/);
  });

  test('says what was left out', () => {
    const measured = { list: [], create: [], logins: [] };
    const text = formatReport({ measured, circumstances: [], missing: ['FastAPI, because there is no python3'] });
    assert.match(text, /\*\*Not measured:\*\* FastAPI, because there is no python3/);
  });

  test('puts the control beside the logins, each by its ratio to none', () => {
    const level = (logins: LatencyLevel['logins'], ms: number): LatencyLevel => ({
      ...{ logins, latenciesMs: new Map([['GET /health', [ms, ms]]]) },
      ...{ loginsPerSecond: 100, refusedPerSecond: 7, refused: 0 },
    });
    const logins = [[level(0, 1), level(200, 3), level('elsewhere', 2.5)]];
    const text = formatReport({ measured: { list: [], create: [], logins }, circumstances: [], missing: [] });
    assert.match(text, /\| 200 +\| 100 +\| 7 +\| 3\.00 \/ 3\.00 \/ 3\.00 /);
    assert.match(text, /\| 200 +\| 3\.00 +\|/);
    assert.match(text, /\| control: none, hashing in another process \| 2\.50 +\|/);
  });

  test('leaves a dash where a number is unknown', () => {
    const round = { perSecond: 10, cpuMicros: undefined, databaseMicros: undefined, p50Ms: 1, p95Ms: 2, p99Ms: 3 };
    const measured = { list: [new Map([['ours', [round]]])], create: [], logins: [] };
    const row = formatReport({ measured, circumstances: [], missing: [] })
      .split('\n')
      .find((line) => line.startsWith('| ours'));
    assert.deepEqual(
      row?.split('|').map((cell) => cell.trim()),
      ['', 'ours', '10', '–', '–', '–', '–', '1.0 / 2.0 / 3.0', ''],
    );
  });
});
