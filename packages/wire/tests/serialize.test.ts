import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Type } from '@sinclair/typebox';
import { compileSerializer, DateTime, Float, stringifyEcho, WireDateTime, WireInteger } from '../src/index.ts';

const nullableText = Type.Union([Type.String(), Type.Null()]);
const account = Type.Object({
  id: WireInteger(),
  name: Type.Optional(nullableText),
  at: Type.Optional(WireDateTime()),
});
const at = new DateTime({
  year: 2024,
  month: 1,
  day: 2,
  hour: 3,
  minute: 4,
  second: 5,
  microsecond: 60,
  offsetSeconds: null,
});

describe('writing an answer by its schema', () => {
  test('keeps declared properties only, in declared order, and adds nulls', () => {
    const write = compileSerializer(account);
    assert.equal(write({ at, secret: 'x', id: 1 }), '{"id":1,"name":null,"at":"2024-01-02T03:04:05.000060"}');
  });

  test('never writes an undeclared property through a nullable or a union', () => {
    const other = Type.Object({ label: Type.String() });
    const row = { id: 1, name: 'n', password_hash: 'x', label: 3 };
    assert.equal(compileSerializer(Type.Union([account, Type.Null()]))(row), '{"id":1,"name":"n"}');
    assert.doesNotMatch(compileSerializer(Type.Union([account, other, Type.Null()]))(row), /password/);
    const withFloat = Type.Object({ score: Type.Number() });
    assert.doesNotMatch(compileSerializer(Type.Union([withFloat, Type.Null()]))(row), /password/);
  });

  test('writes integers beyond 2^53 exactly', () => {
    assert.equal(compileSerializer(account)({ id: 12345678901234567890n }), '{"id":12345678901234567890,"name":null}');
  });

  test('writes a float as Python does', () => {
    const write = compileSerializer(Type.Array(Type.Number()));
    const values = [1, -0, 0.1, 1e16, 1e-5, 1.5e300, 123456789012345680, Number.NaN, Number.NEGATIVE_INFINITY];
    assert.equal(write(values), '[1.0,-0.0,0.1,1e+16,1e-05,1.5e+300,1.2345678901234568e+17,null,null]');
  });

  test('adds defaults, and leaves out what has none', () => {
    const schema = Type.Object({ a: Type.Integer({ default: 5 }), b: Type.Optional(Type.String()) });
    assert.equal(compileSerializer(schema)({}), '{"a":5}');
  });

  test('passes open objects through with exact numbers', () => {
    const schema = Type.Object({ data: Type.Record(Type.String(), Type.Unknown()) });
    const data = { z: [at, 9007199254740993n, new Float(1)], ünï: '\u2028<' };
    const text = '{"data":{"z":["2024-01-02T03:04:05.000060",9007199254740993,1.0],"ünï":"\u2028<"}}';
    assert.equal(compileSerializer(schema)({ data }), text);
  });

  test('follows recursive schemas', () => {
    const tree = {
      $ref: '#/$defs/Node',
      $defs: {
        Node: {
          type: 'object',
          title: 'Node',
          properties: { v: { type: 'number' }, next: { anyOf: [{ $ref: '#/$defs/Node' }, { type: 'null' }] } },
          required: ['v'],
        },
      },
    };
    const write = compileSerializer(tree);
    assert.equal(write({ v: 1, next: { v: 2, x: 1 } }), '{"v":1.0,"next":{"v":2.0,"next":null}}');
  });

  test('escapes lone surrogates instead of failing', () => {
    assert.equal(compileSerializer(Type.Object({ name: Type.String() }))({ name: 'a\ud800' }), '{"name":"a\\ud800"}');
    assert.equal(stringifyEcho({ '\udc00': '😀' }), '{"\\udc00":"😀"}');
  });

  test('keeps a property that is named __proto__', () => {
    const schema = { type: 'object', properties: JSON.parse('{"__proto__":{"type":"string"}}') };
    assert.equal(compileSerializer(schema)(JSON.parse('{"__proto__":"x"}')), '{"__proto__":"x"}');
  });
});

test('a deep value of a million characters is echoed in linear time', () => {
  let value: unknown = new Float(1);
  for (let depth = 0; depth < 900; depth += 1)
    value = { padding: Array.from({ length: 100 }, () => 'abcdefg'), next: value };
  const start = performance.now();
  assert.ok(stringifyEcho(value).length > 800_000);
  assert.ok(performance.now() - start < 2000);
});
