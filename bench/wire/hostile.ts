import { Type } from '@sinclair/typebox';
import { type JsonSchema, WireDateTime } from '@stanchion/wire';

export interface HostileInput {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly text: string;
}

const size = 1_000_000;

function repeated(unit: string, separator = ','): string {
  return Array.from({ length: Math.floor(size / (unit.length + separator.length)) }, () => unit).join(separator);
}

function keysOf(count: number, prefix: string): string {
  return Array.from({ length: count }, (_, index) => `"${prefix}${index}":1`).join();
}

const anything = {};
const manyKeys = `{${keysOf(90_000, 'k')}}`;
const strings = Type.Array(Type.String());

/** Bodies of a megabyte, each meant to be slow in its own way. */
export function hostileInputs(): HostileInput[] {
  const digits = '7'.repeat(size);
  return [
    { name: 'nesting without end', schema: anything, text: '['.repeat(size) },
    { name: 'many shallow nests', schema: anything, text: `[${repeated('[[[[]]]]')}]` },
    { name: 'one number of a million digits', schema: anything, text: digits },
    { name: 'a million digits in a text', schema: Type.Integer(), text: `"${digits}"` },
    { name: 'a million digits after the point', schema: Type.Number(), text: `0.${digits}` },
    { name: 'numbers of 4000 digits', schema: anything, text: `[${repeated('8'.repeat(4000))}]` },
    { name: 'integers', schema: Type.Array(Type.Integer()), text: `[${repeated('1')}]` },
    { name: 'floats', schema: Type.Array(Type.Number()), text: `[${repeated('1.5e3')}]` },
    { name: 'an error for every item', schema: Type.Array(Type.Integer()), text: `[${repeated('""')}]` },
    {
      name: 'an error for every key',
      schema: Type.Object({}, { additionalProperties: false, title: 'Closed' }),
      text: manyKeys,
    },
    { name: 'keys of a dictionary', schema: Type.Record(Type.String(), Type.Integer()), text: manyKeys },
    {
      name: 'keys that are no dates',
      schema: { type: 'object', propertyNames: { format: 'date' }, additionalProperties: Type.Integer() },
      text: manyKeys,
    },
    { name: 'keys that are ignored', schema: Type.Object({ k7: Type.Integer() }, { title: 'Open' }), text: manyKeys },
    {
      name: 'keys that are kept',
      schema: Type.Object({ k7: Type.Integer() }, { additionalProperties: true, title: 'Keeping' }),
      text: manyKeys,
    },
    {
      name: 'keys around a missing one',
      schema: Type.Object({ x: Type.Integer() }, { title: 'Lacking' }),
      text: manyKeys,
    },
    {
      name: 'keys in objects of a hundred',
      schema: anything,
      text: `[${Array.from({ length: 900 }, (_, at) => `{${keysOf(100, `${at}k`)}}`).join()}]`,
    },
    {
      name: 'missing fields that echo everything',
      schema: Type.Object(Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`f${i}`, Type.String()])), {
        title: 'Wide',
      }),
      text: `{"x":"${'x'.repeat(size)}"}`,
    },
    {
      name: 'keys that look like indexes',
      schema: Type.Record(Type.String(), Type.Integer()),
      text: `{${Array.from({ length: 80_000 }, (_, index) => `"${80_000 - index}":1`).join()}}`,
    },
    { name: 'escapes', schema: Type.String(), text: `"${repeated(String.raw`\u00e9`, '')}"` },
    { name: 'quotes and backslashes', schema: Type.String(), text: `"${repeated(String.raw`\\\"`, '')}"` },
    { name: 'a text that never ends', schema: Type.String(), text: `"${'x'.repeat(size)}` },
    { name: 'control characters', schema: strings, text: `[${repeated('"\u0001"')}]` },
    { name: 'lone surrogates', schema: Type.String({ minLength: 1 }), text: `"${repeated(String.raw`\ud800`, '')}"` },
    { name: 'a pattern that backtracks', schema: Type.String({ pattern: '^(a+)+$' }), text: `"${'a'.repeat(size)}!"` },
    {
      name: 'a pattern with alternatives',
      schema: Type.String({ pattern: '^(a|a)*$' }),
      text: `"${'a'.repeat(size)}b"`,
    },
    { name: 'white space around a number', schema: Type.Integer(), text: `"${' '.repeat(size)}x"` },
    { name: 'white space in the JSON', schema: anything, text: `${' '.repeat(size)}x` },
    { name: 'dates', schema: Type.Array(WireDateTime()), text: `[${repeated('"2026-12-01T09:30:00.123456+05:30"')}]` },
    { name: 'bad dates', schema: Type.Array(WireDateTime()), text: `[${repeated('"2026-13-01T09:30:00"')}]` },
    { name: 'an endless date', schema: WireDateTime(), text: `"2026-12-01T09:30:00.${digits}"` },
    {
      name: 'unions of models',
      schema: Type.Array(
        Type.Union([
          Type.Object({ a: Type.Integer() }, { title: 'A' }),
          Type.Object({ a: Type.Number(), b: Type.Optional(Type.String()) }, { title: 'B' }),
          Type.Object({ c: Type.Boolean() }, { title: 'C' }),
        ]),
      ),
      text: `[${repeated('{"a":1,"b":"x"}')}]`,
    },
    {
      name: 'unions that all fail',
      schema: Type.Array(Type.Union([Type.Integer(), Type.Boolean(), WireDateTime()])),
      text: `[${repeated('"x"')}]`,
    },
    { name: 'e-mail addresses', schema: Type.String({ format: 'email' }), text: `"${'a.'.repeat(size / 2)}@b.c"` },
    { name: 'URLs', schema: Type.String({ format: 'uri' }), text: `"http://a/${'../'.repeat(size / 3)}"` },
    { name: 'a duration', schema: Type.String({ format: 'duration' }), text: `"P${'1D'.repeat(size / 2)}"` },
    { name: 'a UUID', schema: Type.String({ format: 'uuid' }), text: `"${'-'.repeat(size)}"` },
  ];
}
