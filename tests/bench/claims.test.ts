import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judge, makeClaims } from '../../bench/claims.ts';
import type { LatencyLevel } from '../../bench/suites/latency.ts';
import type { ThroughputRound } from '../../bench/suites/throughput.ts';

const nothing = { list: [], create: [], logins: [] };

describe('claims', () => {
  test('are red when our server is far slower than the bare program', () => {
    const claims = makeClaims({ ...nothing, list: [rounds({ ours: [700, 700], bare: [1000, 1000] })] });
    assert.deepEqual(claims.map(judge), ['missed']);
  });

  test('are red when FastAPI is too close', () => {
    const claims = makeClaims({ ...nothing, create: [rounds({ ours: [1000], bare: [1000], fastapi: [100] })] });
    assert.deepEqual(claims.map(judge), ['met', 'missed']);
  });

  test('are red when logins slow a cheap route down', () => {
    const claims = makeClaims({ ...nothing, logins: [[level(0, 1), level(16, 3)]] });
    assert.deepEqual(claims.map(judge), ['missed']);
  });

  test('forgive a tenth, because the machine is shared', () => {
    const claims = makeClaims({ ...nothing, list: [rounds({ ours: [730], bare: [1000] })] });
    assert.deepEqual(claims.map(judge), ['missed, within a tenth']);
  });

  test('are green at the target', () => {
    const measured = {
      ...nothing,
      list: [rounds({ ours: [800], bare: [1000] })],
      logins: [[level(0, 1), level(16, 2)]],
    };
    assert.deepEqual(makeClaims(measured).map(judge), ['met', 'met']);
  });

  test('take the median over processes of the median over rounds', () => {
    const processes = [
      rounds({ ours: [900, 100, 900], bare: [1000, 1000, 1000] }),
      rounds({ ours: [800, 800, 100], bare: [1000, 1000, 1000] }),
      rounds({ ours: [850, 850, 850], bare: [1000, 1000, 1000] }),
    ];
    const [claim] = makeClaims({ ...nothing, list: processes });
    assert.deepEqual(claim?.ratio, { median: 0.85, min: 0.8, max: 0.9 });
  });

  test('compare rounds with their neighbours, so that a slow moment of the machine hits both', () => {
    const [claim] = makeClaims({ ...nothing, list: [rounds({ ours: [900, 90, 900], bare: [1000, 100, 1000] })] });
    assert.equal(claim?.ratio.median, 0.9);
  });

  test('are not made about what was not measured', () => {
    assert.deepEqual(makeClaims(nothing), []);
  });
});

function rounds(lanes: Record<string, number[]>): Map<string, ThroughputRound[]> {
  return new Map(Object.entries(lanes).map(([lane, rates]) => [lane, rates.map(round)]));
}

function round(perSecond: number): ThroughputRound {
  return { perSecond, cpuMicros: 1, databaseMicros: 1, p50Ms: 1, p95Ms: 1, p99Ms: 1 };
}

function level(logins: LatencyLevel['logins'], latencyMs: number): LatencyLevel {
  const latenciesMs = new Map([['GET /health', [latencyMs, latencyMs]]]);
  return { logins, latenciesMs, loginsPerSecond: 0, refusedPerSecond: 0, refused: 0 };
}
