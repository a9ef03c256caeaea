import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, describe, test } from 'node:test';
import { sendTo } from '../../scripts/attack/http.ts';
import { startLab } from '../../scripts/attack/lab.ts';
import { renderTable, runAttacks } from '../../scripts/attack/report.ts';
import { attacks } from '../../scripts/attack/rows.ts';
import { product } from '../../scripts/attack/surfaces.ts';
import type { Sent } from '../../scripts/attack/types.ts';
import { listen } from '../bench/listening.ts';
import { collect } from '../cli/support.ts';

test('there is one attack for each number from 1 to 52', () => {
  assert.deepEqual(
    attacks.map(({ number }) => number),
    Array.from({ length: 52 }, (_, n) => n + 1),
  );
});

describe('the running server', async () => {
  const lab = await startLab(product);
  after(() => lab.stop());
  for (const attack of attacks) {
    test(`holds off attack ${attack.number}: ${attack.title}`, async () => {
      const [result] = await runAttacks([attack], lab.target, () => {});
      assert.deepEqual([result?.outcome, result?.outcome === 'held' ? '' : result?.note], ['held', '']);
    });
  }
});

test('a server that does not answer is neither open nor safe: the run ends with 2 and says so', async () => {
  const gone = createServer();
  await once(gone.listen(0, '127.0.0.1'), 'listening');
  const address = gone.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  gone.close();
  await once(gone, 'close');

  const child = spawn(process.execPath, ['scripts/attack.ts', '--base', `http://127.0.0.1:${port}`]);
  const { code, stdout, stderr } = await collect(child);

  assert.deepEqual([code, stdout], [2, '']);
  assert.match(stderr, /^http:\/\/127\.0\.0\.1:\d+ does not answer \(connect ECONNREFUSED.*\)\. Fix: start it/);
});

test('a server that lets everybody in is told, attack by attack', async (t) => {
  const user = JSON.stringify({
    ...{
      id: '3f2c9a10-7b1d-4e55-9a6e-0c1d2e3f4a5b',
      access_token: 'eyJhbGciOiJub25lIn0.e30.',
      refresh_token: 'v1.a.b.1.c',
    },
  });
  const server = createServer((_request, response) => response.end(user));
  const base = `http://127.0.0.1:${await listen(t, server)}`;
  const target = {
    base,
    surface: product,
    secret: undefined,
    keys: [],
    lab: undefined,
    send: (sent: Sent) => sendTo(base, sent),
  };

  const chosen = attacks.filter(({ number }) => [1, 10, 11, 12, 17, 21, 28].includes(number));
  const results = await runAttacks(chosen, target, () => {});

  assert.deepEqual(
    results.map(({ number, outcome }) => [number, outcome]),
    [1, 10, 11, 12, 17, 21, 28].map((number) => [number, 'open']),
  );
  assert.match(renderTable(results, undefined), /^0 of 7 held$/m);
});

test('an attack that breaks counts as open, and one that cannot be tried as untested', async () => {
  const send = () => Promise.reject(new TypeError('broken'));
  const target = { base: 'http://127.0.0.1:1', surface: product, secret: undefined, keys: [], lab: undefined, send };
  const results = await runAttacks(
    attacks.filter(({ number }) => number === 1 || number === 30),
    target,
    () => {},
  );
  assert.deepEqual(
    results.map(({ outcome }) => outcome),
    ['open', 'untested'],
  );
});
