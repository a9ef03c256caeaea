import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogConfig } from '../../src/config/types.ts';
import { createLogger, serializeError } from '../../src/logging/logger.ts';
import { load } from '../config/support.ts';

function createLines(config: Partial<LogConfig> = {}) {
  const lines: string[] = [];
  const log = createLogger({ level: 'debug', format: 'json', ...config }, { write: (line) => void lines.push(line) });
  return { log, lines };
}

test('a logger', async (t) => {
  await t.test('writes one JSON object a line, with an ISO time and its level as a word', () => {
    const { log, lines } = createLines();
    log.warn({ request_id: 'x' }, 'a sentence\nin two lines');
    assert.equal(lines.length, 1);
    const { time, ...rest } = JSON.parse(lines[0] ?? '');
    assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual(rest, { level: 'warn', request_id: 'x', msg: 'a sentence\nin two lines' });
  });

  await t.test('hides what has the name of a secret, up to two levels deep', () => {
    const { log, lines } = createLines();
    const secret = 'a-canary-of-a-test';
    const sent = { password: secret, token: secret, refresh_token: secret };
    const secrets = Object.fromEntries(Object.keys(load().secrets).map((name) => [name, secret]));
    const fields: object = {
      ...sent,
      ...secrets,
      req: { headers: { authorization: secret, cookie: secret } },
      secrets,
    };
    log.info(fields, 'x');
    const [line = ''] = lines;
    assert.ok(!line.includes(secret), line);
    assert.ok(line.includes('[redacted]'));
  });

  await t.test('leaves out what its level leaves out', () => {
    const { log, lines } = createLines({ level: 'error' });
    log.warn('not this');
    log.error('this');
    assert.equal(lines.length, 1);
  });
});

test('a logged error', async (t) => {
  await t.test('has its causes, five deep', () => {
    let error = new Error('the deepest');
    for (let depth = 0; depth < 10; depth += 1) error = new Error(`level ${depth}`, { cause: error });
    let logged: ReturnType<typeof serializeError> | undefined = serializeError(error);
    let levels = 0;
    for (; logged; logged = logged.cause) levels += 1;
    assert.equal(levels, 6);
  });

  await t.test('of the database has its code and the names, and no value', () => {
    const fields = {
      severity: 'ERROR',
      constraint: 'c',
      table: 't',
      column: 'k',
      detail: 'a canary',
      where: 'a canary',
    };
    for (const [code, message] of [
      ['23505', 'duplicate key value violates unique constraint "c"'],
      ['22P02', 'invalid input syntax for type uuid: "a canary with a " quote"'],
      ['22003', 'value "a canary" is out of range for type integer'],
      ['P0001', 'a canary, raised'],
    ] as const) {
      const logged = serializeError(Object.assign(new Error(message), fields, { code }));
      assert.ok(!JSON.stringify(logged).includes('canary'), JSON.stringify(logged));
      assert.deepEqual([logged.code, logged.constraint, logged.table, logged.column], [code, 'c', 't', 'k']);
    }
  });

  for (const thrown of [null, undefined, 'a text', { password: 'a canary' }]) {
    await t.test(`may be no error at all: ${JSON.stringify(thrown)}`, () => {
      assert.ok(!serializeError(thrown).message.includes('canary'));
    });
  }
});
