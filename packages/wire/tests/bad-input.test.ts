import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseBody } from '../src/json/parse.ts';
import { fastapi0128 } from '../src/profile.ts';
import { compileBody } from '../src/validate/body.ts';
import { UnsupportedSchemaError } from '../src/validate/schema.ts';
import { createTestApp } from './support.ts';

const type = 'application/json';
const read = (text: string | Buffer): ReturnType<typeof parseBody> => parseBody(Buffer.from(text), type);

describe('a body', () => {
  test('of 100 MB is refused by the server that reads it, before it is parsed', async () => {
    const app = await createTestApp();
    app.post('/', { schema: { body: { type: 'string' } }, bodyLimit: 1_048_576 }, () => 'ok');
    const payload = Buffer.alloc(100_000_000, '"');
    const answer = await app.inject({ method: 'POST', url: '/', headers: { 'content-type': type }, payload });
    // The application's error handler knows no status here; the wire itself never saw the body.
    assert.ok(answer.statusCode >= 400, answer.body);
    await app.close();
  });

  test('of 100 MB is read to its end where a server lets it in', () => {
    const length = 100_000_000 - 2;
    const body = read(Buffer.concat([Buffer.from('"'), Buffer.alloc(length, 'x'), Buffer.from('"')]));
    assert.ok(body.kind === 'json' && typeof body.value === 'string' && body.value.length === length);
  });

  test('nested 100,000 deep is unreadable, as for Python', () => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      assert.equal(read(open.repeat(100_000)).kind, 'unreadable');
      assert.equal(read(`${open.repeat(100_000)}1${close.repeat(100_000)}`).kind, 'unreadable');
    }
    const deepest = '['.repeat(fastapi0128.maxJsonDepth) + ']'.repeat(fastapi0128.maxJsonDepth);
    assert.equal(read(deepest).kind, 'json');
  });

  test('with a number of 10^6 digits is unreadable, and a text of them no integer', () => {
    const digits = '9'.repeat(1_000_000);
    assert.equal(read(digits).kind, 'unreadable');
    assert.equal(read(`[-${digits}]`).kind, 'unreadable');
    const result = compileBody({ type: 'integer' })(read(`"${digits}"`));
    assert.equal(result.ok ? undefined : result.items[0]?.type, 'int_parsing_size');
    // A float of as many is infinite for Python.
    assert.equal(read(`${digits}.0`).kind, 'json');
  });

  test('with __proto__ and constructor keys has them as ordinary keys, and nothing else changes', () => {
    const text = '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},"a":1}';
    const result = compileBody({ type: 'object', additionalProperties: true })(read(text));
    assert.ok(result.ok);
    assert.equal(JSON.stringify(result.value), text);
    assert.equal(Reflect.get({}, 'admin'), undefined);
    const model = compileBody({
      type: 'object',
      properties: { constructor: { type: 'integer' } },
      required: ['constructor'],
    });
    assert.equal(model(read('{}')).ok, false);
    assert.equal(model(read('{"constructor":1}')).ok, true);
  });

  test('with lone surrogates is refused where a text has rules, and echoed as an escape', async () => {
    const app = await createTestApp();
    app.post('/', { schema: { body: { type: 'string', minLength: 1 } } }, () => 'ok');
    const headers = { 'content-type': type };
    const answer = await app.inject({ method: 'POST', url: '/', headers, payload: String.raw`"\ud800"` });
    assert.equal(answer.statusCode, 422);
    assert.match(answer.body, /"type":"string_unicode".*"input":"\\ud800"/);
    await app.close();
  });

  test('that is not UTF-8 is unreadable', () => {
    for (const bytes of [
      [0x22, 0xff, 0x22],
      [0x22, 0xc3, 0x22],
      [0xc0, 0x80],
      [0x22, 0xf5, 0x80, 0x80, 0x80, 0x22],
    ]) {
      assert.equal(read(Buffer.from(bytes)).kind, 'unreadable', bytes.join());
    }
  });
});

describe('a schema that is not supported', () => {
  const cases: readonly [schema: object, pointer: string][] = [
    [{ type: 'object', properties: { a: { type: 'string', format: 'color' } } }, '/properties/a/format'],
    [{ type: 'object', properties: { 'a/b': { not: {} } } }, '/properties/a~1b/not'],
    [{ type: 'array', items: { allOf: [{}] } }, '/items/allOf'],
    [{ anyOf: [{ type: 'integer' }, { type: 'string', pattern: '(?=a)' }] }, '/anyOf/1/pattern'],
    [{ $ref: '#/$defs/None' }, '/$ref'],
    [{ type: ['string', 'null'] }, '/type'],
  ];
  for (const [schema, pointer] of cases) {
    test(`is refused when the route is registered, with its place: ${pointer}`, async () => {
      const app = await createTestApp();
      assert.throws(
        () => app.post('/', { schema: { body: schema } }, () => 'ok'),
        (error) => error instanceof UnsupportedSchemaError && error.pointer === pointer,
      );
      await app.close();
    });
  }
});
