import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AdmissionOptions, createAdmission } from '../../src/services/admission.ts';
import { createTestApp, json } from '../support/app.ts';

function admissionOf(options: Partial<AdmissionOptions> = {}) {
  return createAdmission({
    ...{ limit: 2, atOnce: 1, timeoutMs: 60_000, random: () => 0.999, monotonicMs: () => 0 },
    nextTurn: (turn: () => void) => turn(),
    ...options,
  });
}

/** Work that goes on until it is let go. */
function openWork() {
  const done = Promise.withResolvers<void>();
  const state = { hasBegun: false };
  const work = () => {
    state.hasBegun = true;
    return done.promise;
  };
  return { state, work, finish: () => done.resolve() };
}

describe('admission', () => {
  test('refuses one more at once, and takes the next when one is done', async () => {
    const admission = admissionOf();
    const [first, second, third] = [openWork(), openWork(), openWork()];
    const running = [admission.run(first.work), admission.run(second.work)];

    await assert.rejects(admission.run(third.work), { code: 'overloaded', retryAfterSeconds: 1 });
    assert.throws(() => admission.assertRoom(), { code: 'overloaded' });
    first.finish();
    await running[0];
    running.push(admission.run(third.work));
    for (const { finish } of [second, third]) finish();
    await Promise.all(running);
    assert.equal(third.state.hasBegun, true);
  });

  test('lets in only so many, the others in the order in which they came', async () => {
    const admission = admissionOf({ limit: 10, atOnce: 2 });
    const works = Array.from({ length: 5 }, openWork);
    const running = works.map(({ work }) => admission.run(work));
    const begun = () => works.map(({ state }) => state.hasBegun);

    await Promise.resolve();
    assert.deepEqual(begun(), [true, true, false, false, false]);
    works[1]?.finish();
    await running[1];
    await Promise.resolve();
    assert.deepEqual(begun(), [true, true, true, false, false]);
    for (const { finish } of works) finish();
    await Promise.all(running);
  });

  test('begins the next in a turn of its own', async () => {
    const turns: (() => void)[] = [];
    const admission = admissionOf({ nextTurn: (turn) => turns.push(turn) });
    const next = openWork();
    const first = admission.run(async () => 'done');
    const second = admission.run(next.work);
    await first;
    assert.deepEqual([turns.length, next.state.hasBegun], [1, false]);
    turns[0]?.();
    next.finish();
    await second;
  });

  test('gives the place of work that fails to the next', async () => {
    const admission = admissionOf({ limit: 2, atOnce: 1 });
    const failing = admission.run(() => Promise.reject(new TypeError('broken')));
    const next = admission.run(async () => 'served');
    await assert.rejects(failing, TypeError);
    assert.equal(await next, 'served');
  });

  test('lets nobody wait for longer than its limit, and counts who gave up no more', async () => {
    const admission = admissionOf({ timeoutMs: 1 });
    const first = openWork();
    const running = admission.run(first.work);
    await assert.rejects(
      admission.run(async () => 'never'),
      { code: 'overloaded', reason: 'timeout' },
    );
    admission.assertRoom();
    first.finish();
    await running;
    assert.equal(await admission.run(async () => 'served'), 'served');
  });

  test('spreads the return of the refused over twice the time that the line takes', async () => {
    const dice = [0, 0.5, 0.999];
    const clock = [0, 3000, 3000, 3000];
    const admission = admissionOf({ random: () => dice.shift() ?? 0, monotonicMs: () => clock.shift() ?? 3000 });
    await admission.run(async () => 'took three seconds');
    const works = [openWork(), openWork()];
    const running = works.map(({ work }) => admission.run(work));
    // Two of three seconds each: somewhere in 12 seconds.
    for (const retryAfterSeconds of [1, 7, 13]) assert.throws(() => admission.assertRoom(), { retryAfterSeconds });
    for (const { finish } of works) finish();
    await Promise.all(running);
  });
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

  const [held, refused] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  t.mock.method(server.services.passwords, 'verifyDummy', () => held.promise);
  let answered = 0;
  const answering = Array.from({ length: 40 }, async () => {
    const answer = await logIn();
    answered += 1;
    if (answered === 36) refused.resolve();
    return answer;
  });
  await refused.promise;
  held.resolve();
  const answers = await Promise.all(answering);

  const statuses = answers.map(({ statusCode }) => statusCode).toSorted((a, b) => a - b);
  assert.deepEqual(statuses, [401, 401, 401, 401, ...Array.from({ length: 36 }, () => 503)]);
  assert.ok(answers.every(({ statusCode, headers }) => statusCode === 401 || headers['retry-after'] === '1'));
});
