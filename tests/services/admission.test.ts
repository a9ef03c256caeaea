import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAdmission } from '../../src/services/admission.ts';
import { createTestApp, json } from '../support/app.ts';

test('admission refuses one more at once, and takes the next when one is done', async () => {
  const admission = createAdmission(2);
  const gates: (() => void)[] = [];
  const wait = () => admission.run(() => new Promise<void>((resolve) => void gates.push(resolve)));
  const [first, second] = [wait(), wait()];

  await assert.rejects(wait(), { code: 'overloaded', retryAfterSeconds: 1 });
  gates.shift()?.();
  await first;
  const third = wait();
  for (const open of gates) open();
  await Promise.all([second, third]);
});

test('work that fails gives its place back', async () => {
  const admission = createAdmission(1);
  await assert.rejects(
    admission.run(() => Promise.reject(new TypeError('broken'))),
    TypeError,
  );
  assert.equal(await admission.run(async () => 'served'), 'served');
});

test('a flood of logins is refused before it asks the database, and the rest is answered', async (t) => {
  const server = await createTestApp(t, { env: { PASSWORD_HASH_MAX_QUEUE: '3' } });
  const logIn = () =>
    server.app.inject({
      method: 'POST',
      url: '/auth/login',
      headers: json,
      body: JSON.stringify({ email: 'nobody@example.com', password: 'a wrong password' }),
    });

  const answers = await Promise.all(Array.from({ length: 40 }, logIn));

  const statuses = answers.map(({ statusCode }) => statusCode).toSorted((a, b) => a - b);
  assert.deepEqual(statuses, [401, 401, 401, 401, ...Array.from({ length: 36 }, () => 503)]);
  assert.ok(answers.every(({ statusCode, headers }) => statusCode === 401 || headers['retry-after'] === '1'));
});
