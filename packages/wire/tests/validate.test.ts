import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Type } from '@sinclair/typebox';
import type { JsonSchema, Validated } from '../src/index.ts';
import { compileBody, compileParameters, DateTime, parseBody, UnsupportedSchemaError } from '../src/index.ts';
import { createTestApp } from './support.ts';

function check(schema: JsonSchema, text: string): Validated {
  return compileBody(schema)(parseBody(Buffer.from(text), 'application/json'));
}

function firstError(schema: JsonSchema, text: string): string | undefined {
  const result = check(schema, text);
  return result.ok ? undefined : result.items[0]?.type;
}

describe('a schema without an exact meaning', () => {
  const cases: [string, JsonSchema, string][] = [
    ['an unknown keyword', { type: 'string', contentEncoding: 'base64' }, '/contentEncoding'],
    ['a keyword of another type', { type: 'integer', maxLength: 3 }, '/maxLength'],
    ['an unknown format', { type: 'string', format: 'hostname' }, '/format'],
    ['a list of types', { type: ['string', 'null'] }, '/type'],
    ['a nested fault', { type: 'object', properties: { 'a/b': { not: {} } } }, '/properties/a~1b/not'],
    ['allOf', { allOf: [{ type: 'string' }] }, '/allOf'],
    ['look-around', { type: 'string', pattern: '(?=a)' }, '/pattern'],
    ['a broken pattern', { type: 'string', pattern: '(' }, '/pattern'],
    ['a reference to nothing', { $ref: '#/$defs/None' }, '/$ref'],
    ['an unknown wire rule', { type: 'string', 'x-wire': { secert: true } }, '/x-wire/secert'],
    ['a wrong wire rule', { type: 'string', 'x-wire': { secret: 'yes' } }, '/x-wire/secret'],
  ];
  for (const [name, schema, pointer] of cases) {
    test(`refuses ${name} with its place`, () => {
      assert.throws(
        () => compileBody(schema),
        (error) => error instanceof UnsupportedSchemaError && error.pointer === pointer,
      );
    });
  }

  test('fails when the route is registered, not when it is asked', async () => {
    const app = await createTestApp();
    const schema = { body: { type: 'string', format: 'nope' } };
    assert.throws(() => app.post('/x', { schema }, async () => ({})), UnsupportedSchemaError);
  });
});

describe('validation', () => {
  test('gives a date-time as a value that keeps microseconds and offset', () => {
    const result = check({ type: 'string', format: 'date-time' }, '"2024-01-02 03:04:05.1234567+05:30"');
    assert.ok(result.ok && result.value instanceof DateTime);
    assert.equal(String(result.value), '2024-01-02T03:04:05.123456+05:30');
    assert.equal(String(result.value.toUtc()), '2024-01-01T21:34:05.123456Z');
    assert.equal(String(result.value.toUtc()?.toNaive()), '2024-01-01T21:34:05.123456');
  });

  test('says when an offset moves a date-time out of the years 1 to 9999', () => {
    for (const text of ['"0001-01-01T00:00:00+00:01"', '"9999-12-31T23:59:59-00:01"']) {
      const result = check({ type: 'string', format: 'date-time' }, text);
      assert.ok(result.ok && result.value instanceof DateTime);
      assert.equal(result.value.toUtc(), undefined);
    }
  });

  test('gives an integer beyond 2^53 as a bigint', () => {
    const result = check({ type: 'integer' }, '"9_007_199_254_740_993"');
    assert.deepEqual(result, { ok: true, value: 9007199254740993n });
  });

  test('reads the texts of integers that pydantic-core reads, and no others', () => {
    const accepted: [string, number][] = [
      ...([
        ['00', 0],
        ['-0', 0],
        ['-00.0', 0],
        [' +07 ', 7],
        ['1_000.00', 1000],
        ['1_0_0', 100],
      ] as const),
      ...([
        ['0__1', 1],
        ['-0_1', -1],
        ['0-5', -5],
      ] as const),
    ].map(([text, value]) => [text, value]);
    for (const [text, value] of accepted) {
      assert.deepEqual(check({ type: 'integer' }, JSON.stringify(text)), { ok: true, value }, text);
    }
    const refused = [
      '',
      '+',
      '-',
      '+-1',
      '--1',
      '++1',
      '-+1',
      '1.',
      '.0',
      '0_',
      '_0',
      '0_.0',
      '1__0',
      '1_',
      '1.0.0',
      '0x1',
      '１',
    ];
    for (const text of refused) {
      assert.equal(firstError({ type: 'integer' }, JSON.stringify(text)), 'int_parsing', text);
    }
  });

  test('takes a float timestamp above 2e10 as milliseconds', () => {
    for (const text of ['1654646400123.456', '"1654646400123.456"']) {
      const result = check({ type: 'string', format: 'date-time' }, text);
      assert.ok(result.ok);
      assert.equal(String(result.value), '2022-06-08T00:00:00.123456Z');
    }
  });

  test('counts length in code points', () => {
    const schema = { type: 'string', maxLength: 2, minLength: 2 };
    assert.equal(firstError(schema, '"😀😀"'), undefined);
    assert.equal(firstError(schema, '"😀"'), 'string_too_short');
  });

  test('applies a bound that is not published', () => {
    const schema = { type: 'string', 'x-wire': { maxLength: 3 } };
    assert.equal(firstError(schema, '"abcd"'), 'string_too_long');
  });

  test('treats one TypeBox union of constants as one Literal', () => {
    const schema = Type.Union([Type.Literal('a'), Type.Literal('b')]);
    const result = check(schema, '"c"');
    assert.ok(!result.ok);
    assert.deepEqual(result.items, [
      {
        type: 'literal_error',
        loc: ['body'],
        msg: "Input should be 'a' or 'b'",
        input: 'c',
        ctx: { expected: "'a' or 'b'" },
      },
    ]);
  });

  test('never looks a property up in the prototype', () => {
    const schema = Type.Object({ constructor: Type.String(), toString: Type.Optional(Type.String()) });
    assert.equal(firstError(schema, '{}'), 'missing');
    assert.deepEqual(check(schema, '{"constructor":"c"}'), { ok: true, value: { constructor: 'c' } });
  });

  test('hands every request its own default', () => {
    const validate = compileBody({ type: 'object', properties: { tags: { type: 'array', items: {}, default: [] } } });
    const first = validate({ kind: 'json', value: {} });
    const second = validate({ kind: 'json', value: {} });
    assert.ok(first.ok && second.ok);
    assert.deepEqual(first.value, { tags: [] });
    assert.notEqual(Reflect.get(Object(first.value), 'tags'), Reflect.get(Object(second.value), 'tags'));
  });

  test('takes all repetitions for a list and the last one for a scalar', () => {
    const schema = Type.Object({ tag: Type.Array(Type.Integer()), n: Type.Integer() });
    const sent = new Map([
      ['tag', ['1', '02']],
      ['n', ['x', '7']],
    ]);
    const result = compileParameters('query', schema)((name) => sent.get(name) ?? []);
    assert.deepEqual(result, { ok: true, value: { tag: [1, 2], n: 7 } });
  });

  test('checks hostile texts in linear time', () => {
    const schemas = ['date-time', 'date', 'time', 'uuid'].map((format) => ({ type: 'string', format }));
    const texts = ['-', ' ', '9', '{', '2024-01-02T03:04:05.9'].map((text) => JSON.stringify(text.repeat(200_000)));
    const start = performance.now();
    for (const schema of [...schemas, { type: 'integer' }, { type: 'number' }, { type: 'boolean' }]) {
      for (const text of texts) check(schema, text);
    }
    assert.ok(performance.now() - start < 5000);
  });
});

describe('secrets', () => {
  const login = Type.Object({
    user: Type.Object({ name: Type.String(), password: Type.String({ 'x-wire': { secret: true, maxLength: 5 } }) }),
  });

  async function refusal(payload: string, type = 'application/json', maskSecrets = true): Promise<string> {
    const app = await createTestApp({ maskSecrets });
    app.post('/login', { schema: { body: login } }, async () => ({}));
    const answer = await app.inject({ method: 'POST', url: '/login', headers: { 'content-type': type }, payload });
    assert.equal(answer.statusCode, 422);
    return answer.body;
  }

  test('are echoed by default, as FastAPI does', async () => {
    assert.match(await refusal('{"user":{"password":"hunter2"}}', undefined, false), /hunter2/);
  });

  test('are masked wherever they would be echoed', async () => {
    const payloads = [
      '{"user":{"password":"hunter2"}}',
      '{"user":{"name":1,"password":"hunter2"}}',
      '{"user":{"name":"n","password":["hunter2"]}}',
      '[{"user":{"password":"hunter2"}}]',
      '{"users":[{"password":"hunter2"}]}',
      '"{\\"password\\":\\"hunter2\\"}"',
      '{"user":{"pasword":"hunter2"}}',
      '{"user":{"name":"n","passwords":["hunter2"]}}',
      '{"user":{"name":"n"},"passwd":"hunter2","users":1}',
    ];
    for (const payload of payloads) assert.doesNotMatch(await refusal(payload), /hunter2/, payload);
    assert.doesNotMatch(await refusal('{"user":{"password":"hunter2"}}', 'text/plain'), /hunter2/);
  });

  test('hide only what may be the one that is missing: declared members are echoed, unknown ones where it is there', async () => {
    assert.match(await refusal('{"user":{"name":"n","pasword":"hunter2"}}'), /"input":\{"name":"n","pasword":"\*+"\}/);
    assert.match(await refusal('{"user":{"other":"shown","password":"x"}}'), /"other":"shown"/);
  });

  test('and everything else are echoed up to the bound that was set', async () => {
    const app = await createTestApp({ maxEchoLength: 40 });
    const body = Type.Object({ a: Type.String(), b: Type.String(), c: Type.String() });
    app.post('/', { schema: { body } }, async () => ({}));
    const small = await app.inject({ method: 'POST', url: '/', payload: { a: 1, b: 'b', c: 2 } });
    assert.deepEqual(
      small.json().detail.map((item: { input: unknown }) => item.input),
      [1, 2],
    );
    const large = await app.inject({ method: 'POST', url: '/', payload: { a: 1, x: 'x'.repeat(20) } });
    const inputs = large.json().detail.map((item: { input: unknown }) => item.input);
    assert.deepEqual(inputs, [1, { a: 1, x: 'x'.repeat(20) }, null]);
  });

  test('leave the rest of the echo as it was sent', async () => {
    const body = await refusal('{"user":{"password":"hunter2","age":1.0,"7":1}}');
    assert.match(body, /"input":\{"password":"\*{10}","age":1\.0,"7":1\}/);
  });
});
