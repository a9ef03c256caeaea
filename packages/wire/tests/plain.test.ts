import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { Type } from '@sinclair/typebox';
import * as fc from 'fast-check';
import type { JsonSchema, Validated } from '../src/index.ts';
import { compileBody, DateTime, parseBody, stringifyEcho, WireDateTime } from '../src/index.ts';
import { ShortJson } from '../src/json/short-json.ts';
import { fastapi0128 } from '../src/profile.ts';
import { compileNode, createContext } from '../src/validate/compile.ts';
import type { PlainReader } from '../src/validate/plain.ts';

// A body that holds nothing uncommon is read by code made for its fields; all others, and all errors, are the check's.

const properties = {
  title: Type.String(),
  note: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  due: Type.Optional(Type.Union([WireDateTime(), Type.Null()])),
  done: Type.Boolean({ default: false }),
};
const task = Type.Object(properties, { title: 'Task' });
const sent = { title: 'x', note: null, due: '2026-12-01T09:30:00Z', done: true };
const due = new DateTime({
  ...{ year: 2026, month: 12, day: 1 },
  ...{ hour: 9, minute: 30, second: 0, microsecond: 0 },
  offsetSeconds: 0,
});

describe('the reader of plain models', () => {
  test('types the members and leaves its input as it is', () => {
    const input = { ...sent };

    assert.deepEqual(readerOf(task)(input), { ...sent, due });
    assert.deepEqual(input, sent);
  });

  test('puts the fields into their order, adds defaults and drops other keys', () => {
    const value = readerOf(task)({ done: true, more: 1.5, title: 'x' });

    assert.equal(JSON.stringify(value), '{"title":"x","note":null,"due":null,"done":true}');
  });

  const declines: Record<string, unknown> = {
    'a number for a text': { ...sent, title: 5 },
    'null where it is not allowed': { ...sent, title: null },
    'a text for a boolean': { ...sent, done: 'yes' },
    'a datetime in an uncommon form': { ...sent, due: '2026-12-01 09:30Z' },
    'a datetime of year 0': { ...sent, due: '0000-01-01T00:00:00Z' },
    'a number for a datetime': { ...sent, due: 1_700_000_000 },
    'a missing field': { note: 'x', due: null, done: true },
    'an array': [sent],
    'a text': 'x',
    null: null,
  };
  for (const [name, input] of Object.entries(declines)) {
    test(`leaves ${name} to the check`, () => assert.equal(readerOf(task)(input), undefined));
  }

  const without: Record<string, JsonSchema> = {
    'forbids other keys': Type.Object(properties, { title: 'Closed', additionalProperties: false }),
    'keeps other keys': Type.Object(properties, { title: 'Open', additionalProperties: true }),
    'has a name that every object inherits': Type.Object({ constructor: Type.String() }, { title: 'Inherited' }),
    'would set the prototype': Type.Object({ ['__proto__']: Type.String() }, { title: 'Prototype' }),
    'has a key that JavaScript lists first': Type.Object({ a: Type.String(), 1: Type.String() }, { title: 'Index' }),
    'leaves absent fields out': Type.Object({ a: Type.Optional(Type.String()) }, { title: 'Absent' }),
    'has other names': { ...task, 'x-wire': { fieldNames: { title: 'name' } } },
    'has a rule that runs afterwards': { ...task, 'x-wire': { after: (value: unknown) => value } },
  };
  for (const [name, schema] of Object.entries(without)) {
    test(`is not made for a model that ${name}`, () => assert.equal(nodeOf(schema).readPlain, undefined));
  }

  const ruled: Record<string, JsonSchema> = {
    'a strict datetime': WireDateTime({ 'x-wire': { strict: true } }),
    'a datetime with a bound': WireDateTime({ 'x-wire': { ge: '2027-01-01T00:00:00Z' } }),
    'a text with a length': Type.String({ maxLength: 3 }),
    'a text that is stripped': Type.String({ 'x-wire': { stripWhitespace: true } }),
    'a text with a rule that runs afterwards': Type.String({ 'x-wire': { after: (value: unknown) => value } }),
  };
  for (const [name, schema] of Object.entries(ruled)) {
    test(`leaves ${name} to the check`, () => {
      assert.equal(
        readerOf({ type: 'object', title: 'Ruled', properties: { field: schema }, required: ['field'] })({
          field: sent.due,
        }),
        undefined,
      );
    });
  }

  test('reads members of any name, which are never code', () => {
    const names = fc.uniqueArray(
      fc.oneof(fc.string(), fc.constantFrom('"]; throw 1; //', '${x}', '\u2028', '\ud800', '`')),
      {
        minLength: 1,
      },
    );
    fc.assert(
      fc.property(names, (keys) => {
        const schema = Type.Object(Object.fromEntries(keys.map((key) => [key, Type.String()])), { title: 'Any' });
        const value = Object.fromEntries(keys.map((key) => [key, `of ${key}`]));
        const { readPlain } = nodeOf(schema);
        if (readPlain !== undefined) assert.deepEqual(readPlain(value), value);
        return readPlain !== undefined || keys.some((key) => /^\d+$/.test(key) || key in Object.prototype);
      }),
    );
  });
});

describe('a body with and without the reader', () => {
  test('has the same value or the same errors', () => {
    const text = fc.constantFrom('x', '', 'yes', sent.due, '2026-12-01', '0000-01-01T00:00:00Z', '\ufffd', '\ud800');
    const value = fc.oneof(
      { weight: 3, arbitrary: text },
      fc.boolean(),
      fc.constant(null),
      fc.double(),
      fc.json().map((json) => JSON.parse(json)),
    );
    const keys = fc.shuffledSubarray(['title', 'note', 'due', 'done', 'more', '7', '__proto__']);
    const bodies = keys.chain((names) =>
      fc.tuple(...names.map((name) => value.map((member) => [name, member] as const))),
    );
    let plain = 0;
    fc.assert(
      fc.property(bodies, (members) => {
        const body = `{${members.map(([name, member]) => `${JSON.stringify(name)}:${JSON.stringify(member)}`).join()}}`;
        if (readerOf(task)(JSON.parse(body)) !== undefined) plain += 1;
        assert.equal(shown(read(task, body)), shown(readByCheck(task, body)));
      }),
      { numRuns: 2000 },
    );
    assert.ok(plain > 20, `only ${plain} bodies were plain`);
  });

  test('is the same where JSON.parse changes a number in a key that is dropped', () => {
    const body = '{"more":[1.0,12345678901234567890],"title":"x"}';

    assert.deepEqual(read(task, body), readByCheck(task, body));
  });

  test('keeps what was sent for an echo', () => {
    const result = read(task, '{"due":"2026-12-01T09:30:00+00:00","more":1.0}');

    assert.equal(
      shown(result),
      '[{"type":"missing","loc":["body","title"],"msg":"Field required","input":{"due":"2026-12-01T09:30:00+00:00","more":1.0}}]',
    );
  });

  test('is the same where no code may be made of text', async () => {
    const wire = JSON.stringify(new URL('../src/index.ts', import.meta.url).href);
    const script = `import { compileBody, parseBody, stringifyEcho } from ${wire};
      const result = compileBody(${JSON.stringify(task)})(parseBody(Buffer.from(process.argv[1]), 'application/json'));
      console.log(stringifyEcho(result.value));`;
    const flags = ['--disallow-code-generation-from-strings', '--input-type=module', '--eval', script];
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, JSON.stringify(sent)], {
      timeout: 30_000,
    });

    assert.equal(stdout.trim(), shown(read(task, JSON.stringify(sent))));
  });
});

describe('a short JSON body', () => {
  test('gives what JSON.parse made at first, and what was sent when asked', () => {
    const body = new ShortJson('{"b":1.0,"1":2}', fastapi0128);

    assert.equal(JSON.stringify(body.parsed), '{"1":2,"b":1}');
    assert.equal(stringifyEcho(body.value), '{"b":1.0,"1":2}');
  });

  test('is none where a number may have too many digits', () => {
    const profile = { ...fastapi0128, maxIntegerDigits: 640 };

    assert.equal(parseBody(Buffer.from('7'.repeat(641)), 'application/json', profile).kind, 'unreadable');
    assert.ok(parseBody(Buffer.from('7'.repeat(640)), 'application/json', profile) instanceof ShortJson);
  });
});

function nodeOf(schema: JsonSchema) {
  return compileNode(schema, '', createContext(schema));
}

function readerOf(schema: JsonSchema): PlainReader {
  const { readPlain } = nodeOf(schema);
  assert.ok(readPlain);
  return readPlain;
}

function read(schema: JsonSchema, text: string): Validated {
  return compileBody(schema)(parseBody(Buffer.from(text), 'application/json'));
}

/** As {@link read}; only a short body asks the reader. */
function readByCheck(schema: JsonSchema, text: string): Validated {
  const body = parseBody(Buffer.from(text), 'application/json');
  assert.equal(body.kind, 'json');
  return compileBody(schema)({ kind: 'json', value: body.value });
}

function shown(result: Validated): string {
  return stringifyEcho(result.ok ? result.value : result.items);
}
