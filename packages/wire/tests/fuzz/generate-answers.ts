import type { TypeScope } from './generate-types.ts';
import { anyType } from './generate-types.ts';
import { textFor } from './generate-values.ts';
import type { Random } from './random.ts';
import type { AnswerOptions, Scenario, TypeSpec } from './spec.ts';

/** A route that answers with values which a Python program made; `?i=` says with which. */
export function generateAnswers(id: number, random: Random): Scenario {
  const scope: TypeScope = { id, enums: [], models: [] };
  const any = anyType(random, scope, random.between(0, 3));
  // Here a UUID and an IP address are texts, which bytes in the same union would take.
  const type: TypeSpec = /"bytes".*"(?:UUID|IPv)|"(?:UUID|IPv).*"bytes"/.test(JSON.stringify(any))
    ? { kind: 'str' }
    : any;
  const plain = random.oneIn(4);
  const scenario: Scenario = {
    ...{ id, method: 'GET', path: `/r${id}`, enums: scope.enums, models: scope.models },
    parameters: [{ in: 'query', name: 'i', type: { kind: 'int' } }],
    answer: { kind: 'values', type, values: [], plain },
  };
  const values = Array.from({ length: 12 }, () => valueFor(type, random, { scenario, isPlain: plain, depth: 4 }));
  const options = plain ? {} : optionsFor(type, random, scenario);
  return { ...scenario, answer: { kind: 'values', type, values, plain, ...(plain ? {} : { options }) } };
}

function optionsFor(type: TypeSpec, random: Random, { models }: Scenario): AnswerOptions {
  if (type.kind !== 'model') return random.oneIn(4) ? { excludeNone: true } : {};
  const names = models.find(({ name }) => name === type.name)?.fields.map(({ name }) => name) ?? [];
  return random.weighted<() => AnswerOptions>([
    [4, () => ({})],
    [1, () => ({ excludeNone: true })],
    [1, () => ({ excludeUnset: true })],
    [1, () => ({ excludeDefaults: true })],
    [1, () => ({ exclude: random.several(names, 2) })],
    [1, () => ({ include: random.several(names, 2) })],
  ])();
}

interface ValueOptions {
  scenario: Scenario;
  isPlain: boolean;
  depth: number;
  /** Never a value of another type: Python cannot hash every one. */
  isExact?: boolean;
}

/** A tagged value of the type, now and then of another. */
function valueFor(type: TypeSpec, random: Random, options: ValueOptions): unknown {
  if (options.isExact !== true && random.oneIn(40))
    return random.pick<unknown>([
      null,
      ...(hasIntEnum(options.scenario) ? [] : [5]),
      isStrictBytes(type, options.scenario) ? true : 'x',
      true,
      { $float: '1.5' },
      [],
      { a: 1 },
    ]);
  const { scenario, isPlain, depth } = options;
  const inner = (item: TypeSpec): unknown => valueFor(item, random, { ...options, depth: depth - 1 });
  const list = (item: TypeSpec, max = 3): unknown[] =>
    Array.from({ length: depth <= 0 ? 0 : random.between(0, max) }, () => inner(item));
  const exactly = (item: TypeSpec): unknown => valueFor(item, random, { ...options, isExact: true });
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- the rest is alike, and has the default
  switch (type.kind) {
    case 'optional':
      return random.oneIn(3) ? null : inner(type.inner);
    case 'union':
      return inner(random.pick(type.branches));
    case 'tagged':
      return inner({ kind: 'model', name: random.pick(type.models) });
    case 'model': {
      const model = scenario.models.find(({ name }) => name === type.name);
      const fields = depth <= -2 ? [] : (model?.fields ?? []);
      const members = fields.flatMap((field): [string, unknown][] => {
        if (field.default !== undefined && random.oneIn(2)) return [];
        return [[field.alias ?? field.name, inner(field.type)]];
      });
      if (random.oneIn(8)) members.push(['undeclared', 1]);
      return { $dict: members };
    }
    case 'list':
      return list(type.item, type.max);
    case 'set':
    case 'frozenset':
      // Its members are written in the order of their hashes: one at most keeps it comparable inside a plain answer.
      return {
        [`$${type.kind}`]: Array.from({ length: random.between(0, isPlain ? 1 : 3) }, () => exactly(type.item)),
      };
    case 'tupleOf':
      return { $tuple: list(type.item, type.max) };
    case 'tuple':
      return { $tuple: type.items.map(inner) };
    case 'dict':
      return {
        $dict: Array.from({ length: depth <= 0 ? 0 : random.between(0, 3) }, () => [
          exactly(type.key),
          inner(type.value),
        ]),
      };
    default:
      return scalarFor(type, random, options);
  }
}

/** Whose members are numbers here: an int in their place is one of them, while Python sees no member in it. */
function hasIntEnum({ enums }: Scenario): boolean {
  return enums.some(({ base }) => base === 'int');
}

/** Where a model is strict, Python takes no text for bytes; here bytes are a text. */
function isStrictBytes(type: TypeSpec, { models }: Scenario): boolean {
  return JSON.stringify(type).includes('"bytes"') && models.some(({ strict }) => strict === true);
}

const texts = [
  '',
  'a',
  'abc',
  'foo-12',
  'é',
  '😀',
  '"q"',
  '\\',
  '\n',
  '\u2028',
  '\u0000',
  '</script>',
  '\u007f',
  'x'.repeat(50),
  '123',
  ' padded ',
];
const floats = [
  '0.0',
  '-0.0',
  '1.0',
  '1.5',
  '1e16',
  '1e22',
  '1e-5',
  '1e-7',
  '123456789.125',
  '5e-324',
  '1.7976931348623157e308',
  '0.1',
  '100.0',
  'nan',
  'inf',
  '9007199254740993.0',
  '-2.5',
];
const decimals = ['0', '1.50', '-0.00', '1E+3', '12345678901234567890.123', '0.000001', '1E-10', '100', '99.99', '5'];
const dateTimes = [
  '2024-01-02T03:04:05',
  '2024-01-02T03:04:05.120000',
  '2024-01-02T03:04:05+00:00',
  '1999-12-31T23:59:59.000001-08:00',
  '0001-01-01T00:00:00',
  '9999-12-31T23:59:59.999999+05:30',
  '2030-06-01T00:00:00+00:00',
];
const durations = [
  [0, 0, 0],
  [1, 2, 3],
  [-1, 86_399, 999_999],
  [0, 3600, 0],
  [400, 0, 500_000],
  [-3, 5, 0],
  [0, 0, 1],
];

function scalarFor(type: TypeSpec, random: Random, { scenario, isExact }: ValueOptions): unknown {
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- the rest is alike, and has the default
  switch (type.kind) {
    case 'int':
      return random.pick<unknown>([
        0,
        1,
        -5,
        10,
        100,
        7,
        { $int: '12345678901234567890' },
        { $int: '-9223372036854775809' },
      ]);
    case 'float':
      return isExact !== true && !hasIntEnum(scenario) && random.oneIn(4)
        ? random.pick([0, 1, 100])
        : { $float: random.pick(floats) };
    case 'decimal':
      return { $decimal: random.pick(decimals) };
    case 'bool':
      return random.oneIn(2);
    case 'bytes':
      return { $bytes: Buffer.from(random.pick(texts)).toString('hex') };
    case 'moment':
      return momentFor(type.of, random);
    case 'enum': {
      const found = scenario.enums.find(({ name }) => name === type.name);
      return { $enum: { class: type.name, value: random.pick(found?.values ?? ['']) } };
    }
    case 'literal':
      return random.pick(type.values);
    case 'named':
      return namedFor(type, random, scenario);
    default:
      return random.pick(texts);
  }
}

function momentFor(of: string, random: Random): unknown {
  const dateTime = random.pick(dateTimes);
  if (of === 'datetime') return { $datetime: dateTime };
  if (of === 'date') return { $date: dateTime.slice(0, 10) };
  return of === 'time' ? { $time: dateTime.slice(11) } : { $timedelta: random.pick(durations) };
}

function namedFor(type: TypeSpec & { kind: 'named' }, random: Random, scenario: Scenario): unknown {
  if (type.name === 'UUID')
    return { $uuid: random.pick(['b44f8f58-34a7-1da4-909b-ace1e514042e', '00000000-0000-0000-0000-000000000000']) };
  // Of its own version: another one is a text here, which a str in the same union would take.
  if (type.name.startsWith('UUID')) return { $uuid: `b44f8f58-34a7-${type.name.slice(4)}da4-b09b-ace1e514042e` };
  // Where a model is strict, Python takes no text for an address; here there is nothing else to take.
  if (type.name.startsWith('IPv') && scenario.models.some(({ strict }) => strict === true))
    return {
      $str: [type.name, random.pick(type.name === 'IPv4Address' ? ['0.0.0.0', '192.168.0.1'] : ['::1', '2001:db8::1'])],
    };
  if (/datetime$/i.test(type.name)) return { $datetime: random.pick(dateTimes) };
  if (/date$/i.test(type.name)) return { $date: random.pick(dateTimes).slice(0, 10) };
  if (type.name === 'Any')
    return random.pick<unknown>([
      null,
      1,
      'x',
      [1, 'a', null],
      { a: { $float: '1.0' } },
      { $datetime: '2024-01-02T03:04:05+00:00' },
      { $decimal: '1.50' },
      { $timedelta: [1, 0, 5] },
      { $tuple: [1, { $float: '2.0' }] },
      { $float: '1e-7' },
    ]);
  return textFor(type, random, scenario).toWellFormed();
}
