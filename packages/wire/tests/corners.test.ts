import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseOptions } from '../src/http/multipart.ts';
import type { JsonSchema } from '../src/index.ts';
import { compileParameters, compileResponse, compileSerializer, stringifyEcho } from '../src/index.ts';
import { fastapi0128 } from '../src/profile.ts';
import { ResponseMismatch } from '../src/serialize/response.ts';
import { compileFieldModel } from '../src/validate/form.ts';
import { accepted, object, places, refusal } from './bodies.ts';

// Each expectation is what FastAPI 0.128.0 with Pydantic 2.13.5 answered; the fuzzer found the case.

describe('models', () => {
  test('that refer to themselves and are required are checked at every depth', () => {
    const schema = { $ref: '#/$defs/A', $defs: { A: object({ next: { $ref: '#/$defs/A' } }) } };

    assert.deepEqual(places(schema, '{"next":{"next":{}}}'), ['body.next.next.next missing']);
  });

  test('keep their strictness to themselves', () => {
    const inner = object({ n: { type: 'integer' } });
    const schema = { ...object({ own: { type: 'integer' }, inner }), 'x-wire': { strict: true } };

    assert.deepEqual(places(schema, '{"own":"1","inner":{"n":"1"}}'), ['body.own int_type']);
  });

  test('that strip their texts may refer to themselves', () => {
    const node = { ...object({ s: { type: 'string' } }), 'x-wire': { stripWhitespace: true } };
    const next = { anyOf: [{ $ref: '#/$defs/A' }, { type: 'null' }] };
    const schema = { $ref: '#/$defs/A', $defs: { A: { ...node, properties: { s: { type: 'string' }, next } } } };

    assert.equal(accepted(schema, '{"s":" a ","next":{"s":" b "}}'), '{"s":"a","next":{"s":"b","next":null}}');
  });

  test('strip the keys of their dictionaries too', () => {
    const texts = { type: 'object', additionalProperties: { type: 'string' } };
    const schema = { ...object({ d: texts }), 'x-wire': { stripWhitespace: true } };

    assert.equal(accepted(schema, '{"d":{" a ":" b "}}'), '{"d":{"a":"b"}}');
  });

  test('with a member named as one that every object inherits write their own only', () => {
    const schema = { ...object({ constructor: { type: 'string' } }), required: [] };

    assert.equal(compileSerializer(schema)({}), '{}');
  });
});

describe('enums and literals', () => {
  const tooBig = ['body int_parsing_size'];

  test('of integers refuse what has more than 64 bits as too big', () => {
    const level = { type: 'integer', enum: [1, 2], title: 'Level', 'x-wire': { enumClass: true } };

    assert.deepEqual(places(level, '9223372036854775808'), tooBig);
    assert.deepEqual(places(level, '"9223372036854775808"'), tooBig);
    assert.deepEqual(places({ enum: ['a', 1] }, '9223372036854775808'), tooBig);
    assert.deepEqual(places({ enum: ['a', 1] }, '"9223372036854775808"'), ['body literal_error']);
    assert.deepEqual(places({ enum: ['a'] }, '9223372036854775808'), ['body literal_error']);
  });

  test('that are strict want an instance, which no JSON is', () => {
    const schema = { type: 'string', enum: ['a'], title: 'Kind', 'x-wire': { enumClass: true, strict: true } };

    assert.equal(
      refusal(schema, '"a"'),
      '[{"type":"is_instance_of","loc":["body"],"msg":"Input should be an instance of Kind","input":"a","ctx":{"class":"Kind"}}]',
    );
  });

  test('of a class without a base are named so in a union', () => {
    const plain = { type: 'string', enum: ['a'], title: 'Kind', 'x-wire': { enumClass: 'plain' } };

    assert.deepEqual(places({ anyOf: [plain, { type: 'boolean' }] }, '"x"'), [
      'body.enum[Kind] enum',
      'body.bool bool_parsing',
    ]);
  });
});

describe('numbers', () => {
  test('show the bounds of floats with the shortest digits', () => {
    assert.match(refusal({ type: 'number', maximum: 1e22 }, '1e23'), /equal to 10000000000000000000000"/);
    assert.match(refusal({ type: 'number', minimum: 1.5e-7 }, '0'), /equal to 0\.00000015"/);
  });

  test('show the greatest 64-bit integer, which OpenAPI rounds', () => {
    assert.match(
      refusal({ type: 'integer', maximum: 2 ** 63 }, '9223372036854775808'),
      /equal to 9223372036854775807".*"le":9223372036854775807/,
    );
    const exact = { type: 'integer', exclusiveMaximum: 2 ** 63, 'x-wire': { lt: '9223372036854775807' } };
    assert.match(refusal(exact, '9223372036854775807'), /less than 9223372036854775807"/);
  });

  test('are multiples of a float within a billionth', () => {
    const half = { type: 'number', multipleOf: 0.5 };

    assert.equal(accepted(half, '1.0000000001'), '1.0000000001');
    assert.deepEqual(places(half, '500.00000001'), ['body multiple_of']);
    assert.equal(accepted({ type: 'number', multipleOf: 3 }, '1e22'), '1e+22');
  });

  test('are multiples of a Decimal as far as 28 digits tell', () => {
    const three = { type: 'number', 'x-wire': { decimal: true, multipleOf: '3' } };

    assert.equal(accepted(three, '"1E+28"'), '"1E+28"');
    assert.deepEqual(places(three, '"1E+27"'), ['body multiple_of']);
  });
});

describe('unions', () => {
  test('of an enum that lists integers and a float keep what is a float', () => {
    const $defs = { Level: { enum: ['a', 2], title: 'Level' } };
    const schema = { anyOf: [{ $ref: '#/$defs/Level' }, { type: 'number' }], $defs };

    assert.equal(accepted(schema, '2'), '2.0');
    assert.equal(accepted(schema, '"a"'), '"a"');
  });

  test('take a list for a set or a tuple no sooner than for what comes first', () => {
    const items = { type: 'string' };
    const tuple = { type: 'array', items: { type: 'integer' }, 'x-wire': { type: 'tuple' } };

    assert.equal(accepted({ anyOf: [tuple, { type: 'array', uniqueItems: true, items }] }, '["1"]'), '[1]');
    assert.equal(accepted({ anyOf: [tuple, { type: 'array', items }] }, '["1"]'), '["1"]');
  });
});

describe('dictionaries', () => {
  const floats = { type: 'object', additionalProperties: {}, 'x-wire': { keys: { type: 'number' } } };

  test('write their keys as Python does', () => {
    assert.equal(accepted(floats, '{"1e25":1,"inf":2,"55":3}'), '{"1e+25":1,"inf":2,"55.0":3}');
  });

  test('take 0.0 and -0.0 for one key', () => {
    assert.equal(accepted(floats, '{"0.":1,"-0.0":2}'), '{"0.0":2}');
  });
});

describe('models of parameters', () => {
  const options = { profile: fastapi0128 };

  test('of headers take the first of several texts, under names with hyphens', () => {
    const validate = compileFieldModel('header', object({ x_token: { type: 'integer' } }), {
      ...options,
      scalar: 'first',
    });

    const result = validate(new Map([['x-token', ['a', '1']]]));

    assert.equal(
      stringifyEcho(result),
      '{"ok":false,"items":[{"type":"int_parsing","loc":["header","x_token"],' +
        '"msg":"Input should be a valid integer, unable to parse string as an integer","input":"a"}]}',
    );
  });

  test('show their defaults where the whole is echoed', () => {
    const schema = {
      ...object({ a: { type: 'string' }, wait: { type: 'string', format: 'duration', default: 'PT2H' } }),
      required: ['a'],
    };

    assert.match(stringifyEcho(compileFieldModel('query', schema, options)(new Map())), /"input":\{"wait":7200\.0\}/);
  });

  test('show the default of a strict member as the value that it is, not as its text', () => {
    const price = { type: 'number', default: '1.50', 'x-wire': { decimal: true, strict: true } };
    const prices = { type: 'array', items: { ...price, default: undefined }, default: ['2.50'] };
    const schema = { ...object({ a: { type: 'string' }, price, prices }), required: ['a'] };

    const echo = stringifyEcho(compileFieldModel('query', schema, options)(new Map()));

    assert.match(echo, /"input":\{"price":1\.5,"prices":\[2\.5\]\}/);
  });

  test('show what was sent beside the fields after them, also under a number', () => {
    const schema = object({ n: { type: 'integer' }, t: { type: 'string' } });
    const sent = new Map([
      ['0', ['x']],
      ['n', ['1']],
    ]);

    assert.match(stringifyEcho(compileFieldModel('body', schema, options)(sent)), /"input":\{"n":"1","0":"x"\}/);
  });

  test('of a form take an empty text for what was sent', () => {
    const schema = object({ n: { type: 'integer' }, t: { type: 'string' } });
    const result = compileFieldModel('body', schema, options)(new Map([['n', ['']]]));

    assert.match(stringifyEcho(result), /"int_parsing".*"missing".*"input":\{"n":""\}/);
  });
});

describe('a Decimal that is limited in its digits', () => {
  const decimal = (rules: object): JsonSchema => ({ type: 'number', 'x-wire': { decimal: true, ...rules } });
  const whole = decimal({ decimalPlaces: 0 });

  test('is counted as Python rounds it to 28 digits', () => {
    assert.equal(accepted(whole, `"1000.${'0'.repeat(32)}1"`), `"1000.${'0'.repeat(32)}1"`);
    assert.equal(accepted(whole, `"${'9'.repeat(28)}.5"`), `"${'9'.repeat(28)}.5"`);
    assert.deepEqual(places(whole, `"1000.${'0'.repeat(23)}1"`), ['body decimal_max_places']);
    assert.deepEqual(places(decimal({ maxDigits: 5 }), `"1${'0'.repeat(32)}1"`), ['body decimal_max_digits']);
  });

  test('is counted as the zero that Python takes it for when it is too small', () => {
    assert.equal(accepted(whole, '"5e-1000027"'), '"5E-1000027"');
    assert.deepEqual(places(whole, '"6e-1000027"'), ['body decimal_max_places']);
  });
});

describe('cookies', () => {
  test('are one text each, never a list', () => {
    const validate = compileParameters('cookie', object({ tags: { type: 'array', items: { type: 'string' } } }));

    assert.match(stringifyEcho(validate(() => ['a'])), /"list_type"/);
    assert.match(stringifyEcho(validate(() => [''])), /"missing"/);
  });
});

describe('answers', () => {
  test('are written as the dictionary that they are, not as a model that would have more', () => {
    const model = { ...object({ a: { type: 'string', default: 'x' } }), required: [] };
    const schema = { anyOf: [model, { type: 'object', additionalProperties: { type: 'string' } }] };

    assert.equal(compileSerializer(schema)({}), '{}');
  });

  test('are a moment where a dictionary could be meant as well', () => {
    const numbers = { type: 'object', additionalProperties: { type: 'integer' } };
    const schema = { anyOf: [numbers, { type: 'string', format: 'date-time' }] };

    assert.equal(accepted(schema, '0'), '"1970-01-01T00:00:00Z"');
  });

  test('have the text of a choice for a key, whatever the choice is', () => {
    const plain = { enum: [1, 'a', 2.5], title: 'Plain1' };
    const keyedBy = (keys: JsonSchema): JsonSchema => ({
      ...{ type: 'object', propertyNames: keys, additionalProperties: { type: 'integer' } },
      $defs: { Plain1: plain },
    });
    const value = { 1: 5, a: 6, '2.5': 7 };

    assert.equal(compileResponse(keyedBy({ $ref: '#/$defs/Plain1' }))(value), '{"1":5,"a":6,"2.5":7}');
    assert.equal(compileResponse(keyedBy({ enum: [1, 'a', 2.5] }))(value), '{"1":5,"a":6,"2.5":7}');
    assert.throws(() => compileResponse(keyedBy({ $ref: '#/$defs/Plain1' }))({ b: 1 }), ResponseMismatch);
  });

  test('are the number of a Literal that a bool equals, in a union that takes bools as well', () => {
    const schema = object({ tags: { anyOf: [{ enum: ['1', 1, 7] }, { type: 'boolean' }] } });

    assert.equal(compileResponse(schema)({ tags: true }), '{"tags":1}');
    assert.equal(compileResponse(schema)({ tags: false }), '{"tags":false}');
  });

  test('take a text for a strict IP address, and nothing that is only read as one', () => {
    const write = compileResponse({ type: 'string', format: 'ipv4', 'x-wire': { strict: true } });

    assert.equal(write('0.0.0.0'), '"0.0.0.0"');
    assert.throws(() => write(true), ResponseMismatch);
    assert.throws(() => write(1), ResponseMismatch);
  });

  test('leave out nulls in the branch of a union that the tag names', () => {
    const tagged = (tag: string, more: object): JsonSchema => object({ kind: { const: tag }, ...more });
    const note = { anyOf: [{ type: 'string' }, { type: 'null' }] };
    const schema = {
      oneOf: [tagged('cat', { note, size: { type: 'integer' } }), tagged('dog', { size: { type: 'integer' } })],
      discriminator: { propertyName: 'kind' },
    };

    const write = compileResponse(schema, { excludeNone: true });

    assert.equal(write({ kind: 'cat', note: null, size: 1 }), '{"kind":"cat","size":1}');
  });

  test('keep a required member that is null when defaults are left out', () => {
    const note = { anyOf: [{ type: 'string' }, { type: 'null' }] };

    assert.equal(compileResponse(object({ note }), { excludeDefaults: true })({ note: null }), '{"note":null}');
  });
});

describe('options of a header', () => {
  test('are split as the e-mail package of Python splits them', () => {
    assert.deepEqual(
      { ...parseOptions('form-data; name="a;\\"b"; NAME=c; filename*=x; filename="C:\\dir\\f"').options },
      {
        name: 'c',
        filename: 'f',
      },
    );
  });

  test('leave the case of a value that has some', () => {
    assert.equal(parseOptions('Multipart/Form-Data').value, 'multipart/form-data');
    assert.equal(parseOptions('Multipart/Form-Data; boundary=B').value, 'Multipart/Form-Data');
  });
});
