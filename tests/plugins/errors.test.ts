import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import { AppError, type ErrorCode, errorTable } from '../../src/errors.ts';
import { statuses } from '../../src/plugins/errors.ts';
import { createTestApp, json, type TestApp } from '../support/app.ts';

const problemJson = 'application/problem+json';
const codes = Object.keys(errorTable).filter((key): key is ErrorCode => key in errorTable);

interface ThrowingApp extends TestApp {
  /** Makes the route `/fails` throw this, and asks it. */
  readonly fail: (
    thrown: unknown,
    headers?: Record<string, string>,
  ) => Promise<Awaited<ReturnType<TestApp['app']['inject']>>>;
}

async function createThrowingApp(t: TestContext): Promise<ThrowingApp> {
  const test = await createTestApp(t);
  let next: unknown;
  test.app.get('/fails', async () => {
    throw next;
  });
  return {
    ...test,
    fail(thrown, headers = {}) {
      next = thrown;
      return test.app.inject({ url: '/fails', headers });
    },
  };
}

test('an expected failure', async (t) => {
  const { fail, logLines } = await createThrowingApp(t);

  await t.test('has a status, whatever its code', () => {
    assert.deepEqual(Object.keys(statuses).toSorted(), [...codes].toSorted());
    for (const code of codes) assert.ok(statuses[code] >= 400 && statuses[code] < 600, code);
  });

  for (const code of codes) {
    await t.test(`is answered in FastAPI's form, or as a problem when asked: ${code}`, async () => {
      const cause = new Error('the cause of a test');
      const answer = await fail(new AppError(code, { cause, reason: 'why', retryAfterSeconds: 7 }));
      assert.equal(answer.statusCode, statuses[code]);
      assert.equal(answer.headers['content-type'], 'application/json');
      assert.equal(answer.headers['retry-after'], '7');
      assert.doesNotMatch(answer.body, /cause of a test|why/);
      if (code !== 'invalid_value') assert.deepEqual(answer.json(), { detail: errorTable[code] });

      const problem = await fail(new AppError(code, { cause }), {
        accept: 'text/html, Application/Problem+JSON;q=0.9',
      });
      assert.deepEqual([problem.statusCode, problem.headers['content-type']], [statuses[code], problemJson]);
      const { type, status, code: named, request_id: id, detail } = problem.json();
      assert.deepEqual([type, status, named], [`urn:stanchion:error:${code}`, statuses[code], code]);
      assert.equal(id, problem.headers['x-request-id']);
      assert.equal(typeof detail, 'string');
    });
  }

  await t.test('asks for a token where one is missing or bad, and nowhere else', async () => {
    for (const code of codes) {
      const { headers } = await fail(new AppError(code));
      const asks = code === 'not_authenticated' || code === 'invalid_token';
      assert.equal(headers['www-authenticate'], asks ? 'Bearer' : undefined, code);
    }
  });

  await t.test('says what its thrower lets the client read', async () => {
    const answer = await fail(new AppError('not_found', { detail: 'No such "thing"\n' }));
    assert.equal(answer.body, JSON.stringify({ detail: 'No such "thing"\n' }));
  });

  await t.test('lists refused values: as detail, or as errors of a problem, digit by digit', async () => {
    const issues = [{ type: 'x', loc: ['body', 'n'], msg: 'm', input: 123456789012345678901234567890n }];
    const answer = await fail(new AppError('invalid_value', { issues }));
    const list = '[{"type":"x","loc":["body","n"],"msg":"m","input":123456789012345678901234567890}]';
    assert.equal(answer.body, `{"detail":${list}}`);
    const problem = await fail(new AppError('invalid_value', { issues }), { accept: problemJson });
    assert.ok(problem.body.endsWith(`,"errors":${list}}`), problem.body);
    assert.equal(problem.json().detail, 'Some values were refused');
  });

  await t.test('is logged as a warning when the server is at fault, and not as an error', async () => {
    logLines.length = 0;
    await fail(new AppError('database_unavailable', { cause: new Error('the socket of a test') }));
    await fail(new AppError('not_found'));
    const warnings = logLines.filter((line) => line.includes('"level":"warn"'));
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /the socket of a test/);
    assert.ok(!logLines.some((line) => line.includes('"level":"error"')));
  });
});

test('an unexpected error', async (t) => {
  const { fail, logLines } = await createThrowingApp(t);
  const secret = 'a text that nobody outside may read';

  await t.test('is a 500 that tells nothing, with the headers of every answer', async () => {
    const answer = await fail(new Error(secret, { cause: new Error('deeper') }), { origin: 'http://localhost:3000' });
    assert.deepEqual([answer.statusCode, answer.body], [500, 'Internal Server Error']);
    assert.equal(answer.headers['content-type'], 'text/plain; charset=utf-8');
    assert.equal(answer.headers['access-control-allow-origin'], 'http://localhost:3000');
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    assert.ok(!JSON.stringify(answer.headers).includes(secret));
  });

  await t.test('is logged once, with its cause and the id that the client has', async () => {
    logLines.length = 0;
    const answer = await fail(new Error(secret, { cause: new Error('deeper') }));
    const lines = logLines.filter((line) => line.includes(secret));
    assert.equal(lines.length, 1);
    const { level, err, request_id: id } = JSON.parse(lines[0] ?? '');
    assert.deepEqual([level, err.message, err.cause.message], ['error', secret, 'deeper']);
    assert.equal(id, answer.headers['x-request-id']);
  });

  await t.test('is a problem without its text when a problem is asked for', async () => {
    const answer = await fail(new Error(secret), { accept: problemJson });
    assert.deepEqual([answer.statusCode, answer.json().code], [500, 'internal_error']);
    assert.ok(!answer.body.includes(secret));
  });

  for (const thrown of [null, undefined, 'a text', 42, {}, { statusCode: 200 }, { code: 'FST_ERR_X' }, Symbol('x')]) {
    await t.test(`is a 500 although it is no Error: ${inspect(thrown)}`, async () => {
      assert.equal((await fail(thrown)).statusCode, 500);
    });
  }
});

test('what no route takes, and what cannot be read', async (t) => {
  const { app } = await createTestApp(t);
  const accept = { accept: problemJson };
  for (const [status, code, request] of [
    [404, 'not_found', { url: '/nowhere' }],
    [405, 'method_not_allowed', { url: '/live', method: 'POST' }],
    [400, 'invalid_argument', { url: '/auth/login', method: 'POST', body: Buffer.from([0xff]) }],
    [422, 'invalid_value', { url: '/auth/login', method: 'POST', body: '{' }],
    [413, 'payload_too_large', { url: '/auth/login', method: 'POST', body: ' '.repeat(2 ** 20 + 1) }],
  ] as const) {
    await t.test(`is a problem too when one is asked for: ${status}`, async () => {
      const answer = await app.inject({ ...request, headers: { ...json, ...accept } });
      assert.deepEqual([answer.statusCode, answer.headers['content-type']], [status, problemJson]);
      assert.deepEqual([answer.json().status, answer.json().code], [status, code]);
      assert.equal(typeof answer.json().detail, 'string');
      assert.equal(Array.isArray(answer.json().errors), status === 422);
    });
  }

  await t.test('keeps its Allow header and its redirect', async () => {
    const refused = await app.inject({ url: '/live', method: 'POST', headers: accept });
    assert.equal(refused.headers.allow, 'GET');
    assert.equal((await app.inject({ url: '/api/tasks/', headers: accept })).statusCode, 307);
  });
});
