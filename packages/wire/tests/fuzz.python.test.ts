import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { PythonMissing } from '../../../tests/support/python-environment.ts';
import { fastapi0128 } from '../src/profile.ts';
import type { Oracle } from './fuzz/oracle.ts';
import { startOracle } from './fuzz/oracle.ts';
import { describeFinding, summaryOf } from './fuzz/report.ts';
import type { Finding, FuzzReport } from './fuzz/run.ts';
import { fuzz } from './fuzz/run.ts';
import { shrinkFinding } from './fuzz/shrink.ts';
import type { RequestSpec, Scenario } from './fuzz/spec.ts';

const seed = 20_261_129;

describe('a real FastAPI', () => {
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

  test('answers generated requests as the wire does, or departs by a named rule', async () => {
    const report = await fuzz(getOracle(), { seed, cases: 1400, limit: 1 });

    const [first] = report.findings;
    assert.equal(first && describeFinding(first, { theirs: getOracle().port, ours: 0 }), undefined);
    assert.equal(report.cases, 1400);
    assertReachesAll(report);
  });

  test('is told apart from a wire with another profile, and the difference is made small', async () => {
    // The planted difference: small numbers as later releases of FastAPI write them.
    const profile = { ...fastapi0128, floatNotation: 'rust' } as const;
    const scenario = scenarioOf([
      { in: 'query', name: 'q', type: { kind: 'str' } },
      {
        in: 'body',
        name: 'item',
        type: {
          kind: 'list',
          item: {
            kind: 'union',
            branches: [
              { kind: 'float', le: '100' },
              { kind: 'str', max: 9 },
            ],
          },
        },
      },
    ]);
    const request: RequestSpec = {
      ...{ method: 'POST', target: '/r0?q=x&q=y', headers: [['content-type', 'application/json']] },
      body: '["a", 1.5, 0.00000012, "bc"]',
    };
    const finding: Finding = { scenario, request, theirs: ok, ours: ok };

    const small = await shrinkFinding(getOracle(), finding, profile);

    assert.equal(small.request.body, '[0.00002]');
    assert.deepEqual(small.scenario.parameters, [
      { in: 'body', name: 'item', type: { kind: 'list', item: { kind: 'float' } } },
    ]);
    assert.equal(small.theirs.body, '[2e-05]');
    assert.equal(small.ours.body, '[0.00002]');
    const shown = describeFinding(small, { theirs: 8000, ours: 9000 });
    assert.match(shown, /^curl .*--data-binary '\[0\.00002\]' 'http:\/\/127\.0\.0\.1:8000\/r0/m);
    assert.match(shown, /async def r0\(\*, item: Annotated\[list\[float\], Body\(\)\]\)/);
  });

  test('is found to differ by a run with that profile', async () => {
    const profile = { ...fastapi0128, maxIntegerDigits: 5 };

    const report = await fuzz(getOracle(), { seed, cases: 800, limit: 1, profile });

    assert.ok(report.findings.length > 0, summaryOf(report, seed));
  });

  test('is asked the same questions for the same seed', async () => {
    const [one, two] = [
      await fuzz(getOracle(), { seed: 5, cases: 200 }),
      await fuzz(getOracle(), { seed: 5, cases: 200 }),
    ];

    assert.equal(summaryOf(one, 5), summaryOf(two, 5));
  });
});

describe('the fuzzer', () => {
  test('ends with 3 where there is no Python', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'no-python-'));
    try {
      const script = new URL('../../../scripts/wire-fuzz.ts', import.meta.url).pathname;
      const result = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
        const env = { ...process.env, PATH: empty, STANCHION_PYTHON_HOME: empty };
        execFile(process.execPath, [script, '--cases', '1'], { env }, (error, _stdout, stderr) => {
          resolve({ code: error === null ? 0 : error.code, stderr });
        });
      });

      assert.equal(result.code, 3);
      assert.match(result.stderr, /FastAPI is not there and could not be installed/);
    } finally {
      await rm(empty, { recursive: true, force: true });
    }
  });
});

const ok = { status: 200, headers: {}, body: '' };

function scenarioOf(parameters: Scenario['parameters']): Scenario {
  return { id: 0, method: 'POST', path: '/r0', enums: [], models: [], parameters, answer: { kind: 'echo' } };
}

/** A run that met only refusals, or only one kind of answer, would prove little. */
function assertReachesAll({ statuses, departures, cases }: FuzzReport): void {
  for (const status of [200, 201, 202, 307, 400, 404, 405, 422])
    assert.ok((statuses.get(status) ?? 0) > 0, `${status}`);
  assert.ok((statuses.get(200) ?? 0) > cases / 8);
  assert.ok(departures.size > 0);
}
