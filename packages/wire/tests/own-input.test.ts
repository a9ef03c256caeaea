import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Type } from '@sinclair/typebox';
import type { JsonSchema, ParsedBody } from '../src/index.ts';
import { compileBody, parseBody, stringifyEcho, WireDateTime, WireValueError } from '../src/index.ts';
import { readCanonicalDateTime } from '../src/values/canonical-date-time.ts';

// A body's models become its value, changed in place. That must not show in what a 422 echoes.

const event = Type.Object({ at: WireDateTime(), title: Type.String() }, { title: 'Event' });
const sent = '{"at":"2026-12-01T09:30:00+00:00","title":"x"}';

describe('a body that is its own value', () => {
  test('is echoed as it was sent when something else is missing', () => {
    const schema = Type.Object({ event, other: Type.Integer() }, { title: 'Outer' });

    assert.deepEqual(echoes(schema, `{"event":${sent}}`), [`{"event":${sent}}`]);
  });

  test('is echoed as it was sent when one of its own fields is refused', () => {
    const schema = Type.Array(Type.Object({ events: Type.Array(event), n: Type.Integer() }, { title: 'Outer' }));

    assert.deepEqual(echoes(schema, `[{"events":[${sent},${sent}]}]`), [`{"events":[${sent},${sent}]}`]);
  });

  test('is seen unchanged by every branch of a union', () => {
    const other = Type.Object({ at: Type.String(), title: Type.Integer() }, { title: 'Other' });
    const schema = Type.Union([event, other]);
    const result = compileBody(schema)(json(sent));

    assert.ok(result.ok);
    assert.equal(stringifyEcho(result.value), '{"at":"2026-12-01T09:30:00Z","title":"x"}');
    assert.deepEqual(echoes(schema, sent.replace('"x"', '[]')), ['[]', '[]']);
  });

  test('is echoed as it was sent when a rule changes its value and refuses it', () => {
    const after = (value: unknown): never => {
      Object.assign(Object(value), { title: 'changed' });
      throw new WireValueError('no');
    };

    assert.deepEqual(echoes({ ...event, 'x-wire': { after } }, sent), [sent]);
  });

  test('keeps the declared order of its fields, whatever was sent', () => {
    const result = compileBody(event)(json('{"title":"x","more":1,"at":"2026-12-01T09:30:00Z"}'));

    assert.ok(result.ok);
    assert.equal(stringifyEcho(result.value), '{"at":"2026-12-01T09:30:00Z","title":"x"}');
  });
});

describe('a canonical datetime', () => {
  const cases: [string, string | undefined][] = [
    ['2024-02-29T23:59:59', '2024-02-29T23:59:59'],
    ['2023-02-29T00:00:00Z', undefined],
    ['2026-12-01T09:30:00.1Z', '2026-12-01T09:30:00.100000Z'],
    ['2026-12-01T09:30:00.123456-05:30', '2026-12-01T09:30:00.123456-05:30'],
    ['2026-12-01T09:30:00-00:00', '2026-12-01T09:30:00Z'],
    ['2026-12-01T09:30:00.1234567Z', undefined],
    ['2026-12-01T09:30:00.', undefined],
    ['2026-13-01T09:30:00Z', undefined],
    ['2026-00-01T09:30:00Z', undefined],
    ['2026-12-00T09:30:00Z', undefined],
    ['2026-12-01T24:30:00Z', undefined],
    ['2026-12-01T09:30:60Z', undefined],
    ['2026-12-01T09:30:00+24:00', undefined],
    ['2026-12-01T09:30:00Zx', undefined],
    ['2026-12-01T09:3\u0660:00Z', undefined],
    ['2026-12-01T09:30:00+1:000', undefined],
  ];
  for (const [text, expected] of cases) {
    test(`${text} is ${expected ?? 'left to the whole grammar'}`, () => {
      assert.equal(readCanonicalDateTime(text)?.toString(), expected);
    });
  }
});

function json(text: string): ParsedBody {
  return parseBody(Buffer.from(text), 'application/json');
}

function echoes(schema: JsonSchema, text: string): string[] {
  const result = compileBody(schema)(json(text));
  return result.ok ? [] : result.items.map(({ input }) => stringifyEcho(input));
}
