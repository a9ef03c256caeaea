import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compileBody, parseBody, stringifyEcho } from '../src/index.ts';
import { keysOf } from '../src/json/key-order.ts';
import { parseJsonText } from '../src/json/parse.ts';
import { boundEchoes } from '../src/validate/mask.ts';
import { accepted, object, places, refusal } from './bodies.ts';

// Objects with very many keys are read by another parser than small ones, and remember their keys: nothing of it may show.

const count = 1500;
const members = (value: (index: number) => string): string[] =>
  Array.from({ length: count }, (_, index) => `"k${index}":${value(index)}`);
const wide = `{${members(() => '1').join()}}`;
const integers = { type: 'object', additionalProperties: { type: 'integer' } };

describe('an object with very many keys', () => {
  test('is read as JSON.parse reads it', () => {
    for (const text of [
      wide,
      `[[${wide}],${wide}]`,
      `{"a":{},"b":${wide},"c":[]}`,
      `{${members(() => '{"a":[]}').join()}}`,
    ]) {
      const body = parseJsonText(text);

      assert.equal(body.kind === 'json' && stringifyEcho(body.value), text);
      assert.deepEqual(body.kind === 'json' && body.value, JSON.parse(text));
    }
  });

  test('has a key that was sent twice at its first place, with its last value', () => {
    const body = parseJsonText(wide.replace('}', ',"k7":2}'));

    assert.equal(body.kind === 'json' && stringifyEcho(body.value), wide.replace('"k7":1', '"k7":2'));
  });

  test('keeps __proto__ as a key like any other', () => {
    const text = wide.replace('}', ',"__proto__":{"a":1}}');
    const body = parseJsonText(text);

    assert.equal(body.kind === 'json' && stringifyEcho(body.value), text);
  });

  test('nests no deeper than another', () => {
    const deep = `${'['.repeat(2000)}${']'.repeat(2000)}`;

    assert.equal(parseJsonText(wide.replace(':1', `:${deep}`)).kind, 'unreadable');
  });

  test('is refused where something is missing in its text', () => {
    assert.deepEqual(parseJsonText(wide.slice(0, -1)), {
      ...{ kind: 'syntax-error', message: "Expecting ',' delimiter", position: wide.length - 1 },
    });
  });

  test('is a dictionary in the order in which it was sent', () => {
    const text = `{"z":1,"3":2,${members(String).join()},"1":3}`;

    assert.equal(accepted(integers, text), text);
    assert.equal(
      accepted({ ...integers, additionalProperties: { type: 'boolean' } }, wide),
      wide.replaceAll(':1', ':true'),
    );
  });

  test('is counted', () => {
    assert.match(refusal({ ...integers, maxProperties: 2 }, wide), new RegExp(`at most 2 items .* not ${count}"`));
  });

  test('is a model that knows few of its keys', () => {
    const schema = object({ k1: { type: 'integer' }, k1400: { type: 'integer' } });

    assert.equal(accepted(schema, wide), '{"k1":1,"k1400":1}');
    assert.deepEqual(places(object({ none: { type: 'integer' } }), wide), ['body.none missing']);
  });

  test('is a model that keeps them behind its fields', () => {
    const schema = { ...object({ k2: { type: 'string' }, k1: { type: 'string' } }), additionalProperties: true };
    const text = wide.replace('"k2":1', '"k2":"x"').replace('"k1":1', '"k1":"y"');
    const rest = members(() => '1').filter((member) => !/^"k[12]":/.test(member));

    assert.equal(accepted(schema, text), `{"k2":"x","k1":"y",${rest.join()}}`);
  });

  test('is a model that keeps them, with its defaults before them', () => {
    const schema = {
      ...{ type: 'object', title: 'Model', additionalProperties: true },
      properties: { absent: { type: 'integer', default: 5 }, k9: { type: 'string', format: 'date' } },
    };
    const text = wide.replace('"k9":1', '"k9":"2026-12-01T00:00:00"');
    const rest = members(() => '1').filter((member) => !member.startsWith('"k9":'));

    assert.equal(accepted(schema, text), `{"absent":5,"k9":"2026-12-01",${rest.join()}}`);
  });

  test('is echoed as it was sent after a model has kept its keys', () => {
    const kept = {
      ...{ type: 'object', title: 'Model', additionalProperties: { type: 'boolean' } },
      properties: { absent: { type: 'integer', default: 5 }, k9: { type: 'string', format: 'date' } },
    };
    const text = `{"kept":${wide.replace('"k9":1', '"k9":"2026-12-01"')}}`;
    const result = compileBody(object({ kept, other: { type: 'integer' } }))(
      parseBody(Buffer.from(text), 'application/json'),
    );

    assert.deepEqual(!result.ok && result.items.map(({ input }) => stringifyEcho(input)), [text]);
    // Nor does whoever looks at the object itself see a member that was not sent.
    assert.deepEqual(!result.ok && result.items.map(({ input }) => input), [JSON.parse(text)]);
  });

  test('is refused by its first thousand keys where none is allowed', () => {
    const found = places({ ...object({}), additionalProperties: false }, wide);

    assert.deepEqual(
      found,
      Array.from({ length: 1000 }, (_, index) => `body.k${index} extra_forbidden`),
    );
  });

  test('is echoed whole, or not at all where that is too long', () => {
    const body = parseJsonText(wide);
    const items = [{ type: 'missing', loc: ['body'], msg: '', input: body.kind === 'json' ? body.value : undefined }];

    assert.equal(stringifyEcho(boundEchoes(items, wide.length + 1)[0]?.input), wide);
    assert.equal(boundEchoes(items, wide.length)[0]?.input, null);
    assert.equal(boundEchoes(items, 100)[0]?.input, null);
  });

  test('lists its keys without sorting them again', () => {
    const body = parseJsonText(wide);

    assert.ok(body.kind === 'json');
    assert.equal(keysOf(Object(body.value)), keysOf(Object(body.value)));
  });
});

describe('a dictionary that is its own value', () => {
  const moments = { type: 'object', additionalProperties: { type: 'string', format: 'date-time' } };
  const sent = '{"a":"2026-12-01T09:30:00+00:00","b":"2026-12-01"}';

  test('holds typed values', () => {
    assert.equal(accepted(moments, sent), '{"a":"2026-12-01T09:30:00Z","b":"2026-12-01T00:00:00"}');
  });

  test('is echoed as it was sent when something else is missing', () => {
    const result = compileBody(object({ moments, other: { type: 'integer' } }))(
      parseBody(Buffer.from(`{"moments":${sent}}`), 'application/json'),
    );

    assert.deepEqual(!result.ok && result.items.map(({ input }) => stringifyEcho(input)), [`{"moments":${sent}}`]);
  });

  test('is seen unchanged by the other branches of a union', () => {
    const texts = { type: 'object', additionalProperties: { type: 'string' } };

    assert.equal(accepted({ anyOf: [moments, texts] }, sent), sent);
  });

  test('may have __proto__ for a key', () => {
    assert.equal(
      accepted(moments, '{"__proto__":"2026-12-01T09:30:00+00:00"}'),
      '{"__proto__":"2026-12-01T09:30:00Z"}',
    );
  });
});
