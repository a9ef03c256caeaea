import type { Random } from './random.ts';
import type { Bounds, EnumSpec, FieldSpec, Lengths, ModelSpec, TypeSpec } from './spec.ts';

/** What the types of one scenario may refer to; models that are made on the way are added. */
export interface TypeScope {
  id: number;
  enums: EnumSpec[];
  models: ModelSpec[];
}

const textTypes = [
  ...['UUID', 'UUID1', 'UUID4', 'UUID5', 'UUID7', 'EmailStr', 'EmailStr'],
  ...['AnyUrl', 'AnyHttpUrl', 'HttpUrl', 'AnyWebsocketUrl', 'WebsocketUrl', 'FileUrl', 'FtpUrl'],
  ...['AwareDatetime', 'NaiveDatetime', 'PastDatetime', 'FutureDatetime', 'PastDate', 'FutureDate'],
  ...['IPv4Address', 'IPv6Address'],
];

/** A type without parts, as parameters have it. */
export function scalarType(random: Random, scope: TypeScope): TypeSpec {
  return random.weighted<() => TypeSpec>([
    [5, () => textType(random)],
    [5, () => ({ kind: 'int', ...maybeStrict(random), ...integerBounds(random) })],
    [4, () => floatType(random)],
    [3, () => ({ kind: 'bool', ...maybeStrict(random) })],
    [4, () => decimalType(random)],
    [1, () => ({ kind: 'bytes', ...lengths(random) })],
    [6, () => momentType(random)],
    [5, () => ({ kind: 'named', name: random.pick(textTypes) })],
    [2, () => enumType(random, scope)],
    [2, () => literalType(random)],
  ])();
}

/** Any type; `depth` is how much deeper it may go. */
export function anyType(random: Random, scope: TypeScope, depth: number): TypeSpec {
  if (depth <= 0) return scalarType(random, scope);
  const inner = (): TypeSpec => anyType(random, scope, depth - 1);
  return random.weighted<() => TypeSpec>([
    [9, () => scalarType(random, scope)],
    [3, () => ({ kind: 'list', item: inner(), ...lengths(random) })],
    [1, () => ({ kind: 'set', item: hashableType(random, scope), ...lengths(random) })],
    [1, () => ({ kind: 'frozenset', item: hashableType(random, scope), ...lengths(random) })],
    [1, () => ({ kind: 'tupleOf', item: inner(), ...lengths(random) })],
    [1, () => ({ kind: 'tuple', items: Array.from({ length: random.between(1, 3) }, inner) })],
    [2, () => ({ kind: 'dict', key: keyType(random, scope), value: inner(), ...lengths(random) })],
    [4, () => unionType(random, scope, depth)],
    [1, () => taggedType(random, scope, depth)],
    [3, () => ({ kind: 'optional', inner: inner() })],
    [5, () => modelType(random, scope, depth)],
    [1, () => ({ kind: 'named', name: 'Any' })],
  ])();
}

function hashableType(random: Random, scope: TypeScope): TypeSpec {
  return scalarType(random, scope);
}

function textType(random: Random): TypeSpec {
  return {
    kind: 'str',
    ...lengths(random),
    ...(random.oneIn(6) ? { pattern: random.pick(patterns) } : {}),
    ...(random.oneIn(8) ? { strip: true } : {}),
    ...(random.oneIn(14) ? { lower: true } : random.oneIn(14) ? { upper: true } : {}),
    ...(random.oneIn(14) ? { strict: true } : {}),
  };
}

const patterns = [
  ...['^[a-z]+$', '^\\d{3}$', '\\w', '^[A-Z][a-z]*$', '^a|b$', '^\\S+$', '[^x]', '^(foo|bar)-\\d+$', '^.{2,4}$', '\\.'],
  ...[
    '^[\\w.-]+$',
    '^\\p{L}+$',
    '(?i)^abc$',
    '^$',
    '^[a-f0-9]{4}$',
    '\\bab\\b',
    '^[^@]+@[^@]+$',
    '^[\'"]',
    '^\\+?[1-9]\\d{1,14}$',
  ],
];

function integerBounds(random: Random): Bounds {
  if (!random.oneIn(2)) return {};
  const low = random.pick(['0', '1', '-5', '10', '-9223372036854775808', '3']);
  const high = random.pick(['10', '100', '99', '9223372036854775807', '20', '1000000']);
  return {
    ...(random.oneIn(2) ? (random.oneIn(2) ? { ge: low } : { gt: low }) : {}),
    ...(random.oneIn(2) ? (random.oneIn(2) ? { le: high } : { lt: high }) : {}),
    ...(random.oneIn(4) ? { multipleOf: random.pick(['2', '5', '3', '10', '7']) } : {}),
  };
}

function floatType(random: Random): TypeSpec {
  const bounds = random.oneIn(2)
    ? {}
    : {
        ...(random.oneIn(2)
          ? { [random.pick(['ge', 'gt'])]: random.pick(['0', '0.5', '-1.5', '1e-3', '-273.15', '1.0']) }
          : {}),
        ...(random.oneIn(2)
          ? { [random.pick(['le', 'lt'])]: random.pick(['1', '99.9', '1e10', '100.0', '1e300']) }
          : {}),
        ...(random.oneIn(5) ? { multipleOf: random.pick(['0.5', '0.1', '2', '0.25', '1e-3']) } : {}),
      };
  return { kind: 'float', ...bounds, ...maybeStrict(random), ...(random.oneIn(6) ? { finite: true } : {}) };
}

function decimalType(random: Random): TypeSpec {
  return {
    kind: 'decimal',
    ...(random.oneIn(4) ? { [random.pick(['ge', 'gt'])]: random.pick(['0', '0.5', '-1.50', '1E+2', '0.000']) } : {}),
    ...(random.oneIn(4) ? { [random.pick(['le', 'lt'])]: random.pick(['100', '99.99', '1000000', '10.0']) } : {}),
    ...(random.oneIn(6) ? { multipleOf: random.pick(['0.01', '0.5', '2', '0.1', '3']) } : {}),
    ...(random.oneIn(4) ? { maxDigits: random.between(1, 8) } : {}),
    ...(random.oneIn(4) ? { places: random.between(0, 4) } : {}),
    ...(random.oneIn(25) ? { strict: true } : {}),
  };
}

const momentBounds = {
  datetime: ['2024-01-01T00:00:00', '2000-02-29T12:30:00.5', '1970-01-01T00:00:00'],
  date: ['2024-01-01', '1999-12-31', '2024-02-29'],
  time: ['08:00:00', '17:30:00', '12:00:00.25'],
  timedelta: ['PT1H', 'P1D', '-PT30S', 'P2DT3H4M5.5S'],
};

function momentType(random: Random): TypeSpec {
  const of = random.pick(['datetime', 'datetime', 'date', 'time', 'timedelta'] as const);
  const bound = random.oneIn(5) ? { [random.pick(['ge', 'gt', 'le', 'lt'])]: random.pick(momentBounds[of]) } : {};
  return { kind: 'moment', of, ...bound, ...(random.oneIn(25) ? { strict: true } : {}) };
}

function enumType(random: Random, scope: TypeScope): TypeSpec {
  const base = random.pick(['str', 'str', 'int', 'plain'] as const);
  const name = `E${scope.id}N${scope.enums.length}`;
  const texts = random.several(['a', 'b', 'urgent', "it's", 'Ü', '1', 'x y', 'B', '"q"', 'low'], random.between(1, 4));
  const numbers = random.several([1, 2, 3, 0, -1, 10, 100], random.between(1, 4));
  const values = {
    str: texts,
    int: numbers,
    plain: random.oneIn(2) ? texts : [...texts.slice(0, 2), ...numbers.slice(0, 2)],
  };
  scope.enums.push({ name, base, values: values[base] });
  return { kind: 'enum', name };
}

function literalType(random: Random): TypeSpec {
  const texts = random.several(['a', 'b', 'on', "it's", 'é', '1', 'x y', 'low', 'A'], random.between(1, 3));
  return { kind: 'literal', values: random.oneIn(3) ? [...texts, ...random.several([1, 2, 7], 2)] : texts };
}

function keyType(random: Random, scope: TypeScope): TypeSpec {
  return random.weighted<() => TypeSpec>([
    [6, () => ({ kind: 'str' })],
    [1, () => ({ kind: 'str', min: 1, max: 3 })],
    [1, () => ({ kind: 'str', pattern: '^[a-z]+$' })],
    [2, () => ({ kind: 'int' })],
    [1, () => ({ kind: 'float' })],
    [1, () => ({ kind: 'bool' })],
    [1, () => ({ kind: 'named', name: 'UUID' })],
    [1, () => ({ kind: 'moment', of: random.pick(['date', 'datetime'] as const) })],
    [1, () => enumType(random, scope)],
    [1, () => ({ kind: 'literal', values: ['a', 'b'] })],
  ])();
}

/** Branches of different kinds: two that look the same in the document are one there, and in its errors two. */
function unionType(random: Random, scope: TypeScope, depth: number): TypeSpec {
  const branches: TypeSpec[] = [];
  const kinds = new Set<string>();
  const wanted = random.between(2, 4);
  for (let tries = 0; tries < 12 && branches.length < wanted; tries += 1) {
    const branch = anyType(random, scope, depth - 1);
    const kind = familyOf(branch);
    const nested = branch.kind === 'union' || branch.kind === 'optional' || branch.kind === 'tagged' || kind === 'Any';
    if (nested || kinds.has(kind) || hasAny(branch)) continue;
    kinds.add(kind);
    branches.push(branch);
  }
  const [first] = branches;
  if (first === undefined) return { kind: 'str' };
  return branches.length === 1
    ? first
    : { kind: 'union', branches, ...(random.oneIn(4) && !kinds.has('enum') ? { leftToRight: true } : {}) };
}

/** What the type looks like in the document. */
function familyOf(type: TypeSpec): string {
  if (type.kind === 'model') return type.name;
  const name = type.kind === 'named' ? type.name : type.kind === 'moment' ? type.of : type.kind;
  if (/Url$/.test(name)) return 'url';
  if (/datetime$/i.test(name)) return 'datetime';
  if (/date$/i.test(name)) return 'date';
  return { tupleOf: 'list', frozenset: 'set', decimal: 'number', float: 'number' }[name] ?? name;
}

function hasAny(type: TypeSpec): boolean {
  return JSON.stringify(type).includes('"Any"');
}

function taggedType(random: Random, scope: TypeScope, depth: number): TypeSpec {
  const property = random.pick(['kind', 'type']);
  const models = ['cat', 'dog', 'bird'].slice(0, random.between(2, 3)).map((tag) => {
    const model = modelSpec(random, scope, depth - 1);
    const values = random.oneIn(4) ? [tag, `${tag}2`] : [tag];
    model.fields.unshift({ name: property, type: { kind: 'literal', values } });
    delete model.strict;
    return model.name;
  });
  return { kind: 'tagged', models, property };
}

export function modelType(random: Random, scope: TypeScope, depth: number): TypeSpec {
  const known = random.oneIn(4) ? scope.models.at(-1) : undefined;
  return { kind: 'model', name: (known ?? modelSpec(random, scope, depth - 1)).name };
}

const aliases = ['fromDate', 'X-Y', 'from', 'ключ', 'a b', 'itemId', '__proto__', 'constructor', 'class', '007'];

/** A new model, added to the scope. */
export function modelSpec(random: Random, scope: TypeScope, depth: number, scalarsOnly = false): ModelSpec {
  const model: ModelSpec = { name: `M${scope.id}N${scope.models.length}`, fields: [] };
  scope.models.push(model);
  const names = random.several(
    ['title', 'count', 'due_at', 'price', 'tags', 'owner_id', 'note', 'flag'],
    random.between(1, 5),
  );
  const free = new Set(aliases);
  for (const name of names) {
    const type = scalarsOnly ? flatType(random, scope) : anyType(random, scope, depth);
    const field = withDefault(random, {
      name,
      type: random.oneIn(5)
        ? { kind: 'optional', inner: scalarsOnly ? scalarType(random, scope) : notOptional(type) }
        : type,
    });
    if (random.oneIn(6)) {
      const alias = random.pick([...free]);
      free.delete(alias);
      field.alias = alias;
    }
    model.fields.push(field);
  }
  if (!scalarsOnly && random.oneIn(8)) {
    const self: TypeSpec = { kind: 'optional', inner: { kind: 'model', name: model.name } };
    const list: TypeSpec = { kind: 'list', item: { kind: 'model', name: model.name } };
    model.fields.push(
      random.oneIn(2)
        ? { name: 'parent', type: self, default: 'None' }
        : { name: 'children', type: list, default: '[]' },
    );
  }
  if (random.oneIn(4)) model.extra = random.pick(['forbid', 'allow'] as const);
  // Strict URLs are refused by a syntax of their own, which the wire does not have.
  if (!scalarsOnly && random.oneIn(14) && !/Url"/.test(JSON.stringify(model.fields))) model.strict = true;
  if (random.oneIn(12)) model.stripWhitespace = true;
  if (random.oneIn(8)) model.populateByName = true;
  return model;
}

/** What a query, a header or a form can hold: a scalar, nullable or not, or a list of them. */
export function flatType(random: Random, scope: TypeScope): TypeSpec {
  return random.weighted<() => TypeSpec>([
    [7, () => scalarType(random, scope)],
    [2, () => ({ kind: 'optional', inner: scalarType(random, scope) })],
    [2, () => ({ kind: 'list', item: scalarType(random, scope), ...lengths(random) })],
    [
      1,
      () => ({
        kind: random.pick(['set', 'frozenset', 'tupleOf'] as const),
        item: scalarType(random, scope),
        ...lengths(random),
      }),
    ],
    [1, () => unionType(random, scope, 0)],
  ])();
}

function notOptional(type: TypeSpec): TypeSpec {
  return type.kind === 'optional' ? type.inner : type;
}

/** Gives the field a default that Python would write for its type, or none. */
export function withDefault(random: Random, field: FieldSpec): FieldSpec {
  if (!random.oneIn(3)) return field;
  const source = defaultSource(field.type);
  return source === undefined ? field : { ...field, default: source };
}

/** FastAPI checks the default of a parameter that was not sent; Python would not be that wrong twice. */
function isConstrained(type: TypeSpec): boolean {
  return Object.keys(type).some((key) => !['kind', 'of', 'strict', 'item', 'inner'].includes(key));
}

function defaultSource(type: TypeSpec): string | undefined {
  if (type.kind !== 'optional' && isConstrained(type)) return undefined;
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- the rest is alike, and has the default
  switch (type.kind) {
    case 'optional':
      return 'None';
    case 'str':
      return type.pattern === undefined && type.min === undefined ? "'d'" : undefined;
    case 'int':
      return '7';
    case 'float':
      return '2.5';
    case 'bool':
      return 'False';
    case 'decimal':
      return "Decimal('1.50')";
    case 'list':
      return '[]';
    case 'moment':
      return {
        datetime: 'datetime.datetime(2024, 1, 2, 3, 4, 5)',
        date: 'date(2024, 1, 2)',
        time: 'time(9, 30)',
        timedelta: 'timedelta(hours=2)',
      }[type.of];
    default:
      return undefined;
  }
}

function lengths(random: Random): Lengths {
  if (!random.oneIn(3)) return {};
  const min = random.oneIn(2) ? random.between(0, 2) : undefined;
  const max = random.oneIn(2) ? random.between(1, 5) : undefined;
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}

function maybeStrict(random: Random): { strict?: true } {
  return random.oneIn(12) ? { strict: true } : {};
}
