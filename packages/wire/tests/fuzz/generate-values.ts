import pools from './pools.json' with { type: 'json' };
import type { Random } from './random.ts';
import type { Bounds, ModelSpec, Scenario, TypeSpec } from './spec.ts';

// Values as JSON text, so that 1.0, 1e2 and integers of any size are what is sent.

export type Definitions = Pick<Scenario, 'enums' | 'models'>;

/** JSON text of a value that the type accepts, or nearly does. */
export function jsonFor(type: TypeSpec, random: Random, definitions: Definitions, depth = 4): string {
  if (random.oneIn(14)) return random.pick(pools.oddities);
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- the rest is alike, and has the default
  switch (type.kind) {
    case 'optional':
      return random.oneIn(4) ? 'null' : jsonFor(type.inner, random, definitions, depth);
    case 'union':
      return jsonFor(random.pick(type.branches), random, definitions, depth);
    case 'tagged':
      return jsonFor({ kind: 'model', name: random.pick(type.models) }, random, definitions, depth);
    case 'model':
      return depth <= 0 ? '{}' : modelJson(type.name, random, definitions, depth);
    case 'list':
    case 'set':
    case 'frozenset':
    case 'tupleOf':
      return listJson(
        Array.from({ length: depth <= 0 ? 0 : random.between(0, type.max ?? 3) }, () => type.item),
        random,
        definitions,
        depth,
      );
    case 'tuple':
      return listJson(
        random.oneIn(10) ? [...type.items, ...type.items] : type.items.slice(0, random.oneIn(10) ? 1 : undefined),
        random,
        definitions,
        depth,
      );
    case 'dict':
      return dictionaryJson(type, random, definitions, depth);
    case 'named':
      if (type.name === 'Any') return random.pick(pools.oddities);
      return quoted(textFor(type, random, definitions), random);
    case 'int':
    case 'float':
    case 'decimal':
      return random.oneIn(3) ? quoted(textFor(type, random, definitions), random) : numberFor(type, random);
    case 'bool':
      return random.pick(pools.booleans);
    case 'enum': {
      const values = definitions.enums.find(({ name }) => name === type.name)?.values ?? [];
      const value = random.pick(values);
      return random.oneIn(5)
        ? JSON.stringify(String(value))
        : random.oneIn(9) && typeof value === 'number'
          ? `${value}.0`
          : JSON.stringify(value);
    }
    case 'literal': {
      const value = random.pick(type.values);
      return random.oneIn(6) ? JSON.stringify(String(value)) : JSON.stringify(value);
    }
    case 'moment':
      return random.oneIn(4) ? random.pick(pools.timestamps) : quoted(textFor(type, random, definitions), random);
    default:
      return quoted(textFor(type, random, definitions), random);
  }
}

function modelJson(name: string, random: Random, definitions: Definitions, depth: number): string {
  const model = definitions.models.find((one) => one.name === name);
  if (model === undefined) return '{}';
  const members = model.fields.flatMap((field) => {
    if (random.oneIn(field.default === undefined ? 14 : 3)) return [];
    const key = sentName(field, model, random);
    return [`${JSON.stringify(key)}:${jsonFor(field.type, random, definitions, depth - 1)}`];
  });
  if (random.oneIn(8)) members.push(`"extra":${random.pick(pools.oddities)}`);
  if (random.oneIn(40))
    members.push(random.pick(['"__proto__":{"a":1}', '"1":2', '"0":1', '"constructor":null', '"é":"é"']));
  if (random.oneIn(30) && members[0] !== undefined) members.push(members[0]);
  if (random.oneIn(8)) members.reverse();
  return `{${members.join(random.oneIn(12) ? ' , ' : ',')}}`;
}

/** The alias mostly; now and then the Python name, which only some models accept. */
export function sentName(field: { name: string; alias?: string }, model: ModelSpec, random: Random): string {
  if (field.alias === undefined) return field.name;
  return random.oneIn(model.populateByName === true ? 2 : 8) ? field.name : field.alias;
}

function listJson(items: readonly TypeSpec[], random: Random, definitions: Definitions, depth: number): string {
  const texts = items.map((item) => jsonFor(item, random, definitions, depth - 1));
  if (random.oneIn(8) && texts[0] !== undefined) texts.push(texts[0]);
  return `[${texts.join(',')}]`;
}

function dictionaryJson(
  type: TypeSpec & { kind: 'dict' },
  random: Random,
  definitions: Definitions,
  depth: number,
): string {
  const members = Array.from({ length: depth <= 0 ? 0 : random.between(0, type.max ?? 3) }, () => {
    const key = random.oneIn(8)
      ? random.pick(['', 'a', '1', '__proto__', '1.0', 'é', '10', '2'])
      : textFor(type.key, random, definitions);
    return `${JSON.stringify(key)}:${jsonFor(type.value, random, definitions, depth - 1)}`;
  });
  return `{${members.join(',')}}`;
}

/** A text as JSON, some of its characters escaped. */
function quoted(text: string, random: Random): string {
  const json = JSON.stringify(text);
  if (!random.oneIn(12)) return json;
  return json.replaceAll(
    /[\u007f-\uffff]|[aeiou/]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A text for the type: what a query holds, or a JSON string. */
export function textFor(type: TypeSpec, random: Random, definitions: Definitions): string {
  const text = soundText(type, random, definitions);
  if (random.oneIn(4)) return mutated(text, random);
  return text;
}

function soundText(type: TypeSpec, random: Random, definitions: Definitions): string {
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- the rest is alike, and has the default
  switch (type.kind) {
    case 'optional':
      return textFor(type.inner, random, definitions);
    case 'union':
      return textFor(random.pick(type.branches), random, definitions);
    case 'list':
    case 'set':
    case 'frozenset':
    case 'tupleOf':
      return textFor(type.item, random, definitions);
    case 'int':
    case 'float':
    case 'decimal':
      return random.oneIn(3) ? random.pick(pools.numberTexts) : numberFor(type, random);
    case 'bool':
      return random.pick(pools.booleanTexts);
    case 'moment':
      return random.oneIn(4) ? random.pick(pools.timestamps) : momentText(type.of, random);
    case 'named':
      return namedText(type.name, random);
    case 'enum':
      return String(random.pick(definitions.enums.find(({ name }) => name === type.name)?.values ?? ['']));
    case 'literal':
      return String(random.pick(type.values));
    default:
      return random.pick(pools.texts);
  }
}

/** A JSON number for the type, near its bounds where it has some. */
function numberFor(type: TypeSpec & { kind: 'int' | 'float' | 'decimal' }, random: Random): string {
  const limit = random.pick(boundsOf(type));
  if (limit !== undefined && random.oneIn(2)) {
    const value = Number(limit);
    const step = type.kind === 'int' ? 1 : random.pick([1, 0.5, 0.001, 1e-9]);
    const near = random.pick([limit, limit, String(value + step), String(value - step), String(value * 2)]);
    return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(near) ? near : '0';
  }
  if (type.kind === 'int' && !random.oneIn(4)) {
    return random.oneIn(3) ? random.pick(pools.integers) : String(random.between(-20, 200));
  }
  const digits = (count: number): string => Array.from({ length: count }, () => random.below(10)).join('');
  const whole = random.oneIn(3) ? '0' : `${random.between(1, 9)}${digits(random.below(6))}`;
  const fraction = random.oneIn(3) ? '' : `.${digits(random.between(1, random.oneIn(5) ? 20 : 4))}`;
  const exponent = random.oneIn(6)
    ? `${random.pick(['e', 'E'])}${random.pick(['', '+', '-'])}${random.between(0, 25)}`
    : '';
  return `${random.oneIn(4) ? '-' : ''}${whole}${fraction}${exponent}`;
}

function boundsOf(type: Bounds): (string | undefined)[] {
  const { gt, ge, lt, le, multipleOf } = type;
  const list = [gt, ge, lt, le, multipleOf].filter((text) => text !== undefined);
  return list.length === 0 ? [undefined] : list;
}

function momentText(of: 'datetime' | 'date' | 'time' | 'timedelta', random: Random): string {
  const two = (max: number): string => String(random.oneIn(20) ? max + 1 : random.between(0, max)).padStart(2, '0');
  const year = random.weighted([
    [9, String(random.between(1900, 2100))],
    [1, random.pick(['0000', '0001', '9999', '10000', '999', '-2024', '1600'])],
  ]);
  const date = `${year}-${random.oneIn(6) ? random.pick(['02-29', '00-10', '13-01', '12-31', '04-31', '1-1', '06-00']) : `${two(11)}-${two(27)}`}`;
  const fraction = random.oneIn(3)
    ? `${random.pick(['.', '.', ','])}${'123456789'.slice(0, random.between(0, 9))}`
    : '';
  const seconds = random.oneIn(4) ? '' : `:${two(59)}${fraction}`;
  const time = `${two(23)}:${two(59)}${seconds}`;
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- the rest is alike, and has the default
  switch (of) {
    case 'date':
      return random.oneIn(4) ? `${date}T00:00:00${random.pick(['', 'Z', '.000', '.0001'])}` : date;
    case 'time':
      return `${time}${random.oneIn(3) ? random.pick(pools.zones) : ''}`;
    case 'timedelta':
      return durationText(random);
    default:
      return random.oneIn(8)
        ? date
        : `${date}${random.pick(['T', 'T', 'T', ' ', '_', 't', '  ', '-'])}${time}${random.pick(pools.zones)}`;
  }
}

function durationText(random: Random): string {
  const number = (): string => `${random.between(0, 99)}${random.oneIn(5) ? `.${random.between(0, 999)}` : ''}`;
  const sign = random.pick(['', '', '', '-', '+']);
  if (random.oneIn(2)) {
    const date = ['Y', 'M', 'W', 'D']
      .filter(() => random.oneIn(3))
      .map((unit) => `${number()}${unit}`)
      .join('');
    const time = ['H', 'M', 'S']
      .filter(() => random.oneIn(2))
      .map((unit) => `${number()}${unit}`)
      .join('');
    return `${sign}P${date}${time === '' && !random.oneIn(9) ? '' : `T${time}`}`;
  }
  const days = random.oneIn(2)
    ? `${random.between(0, 40)} ${random.pick(['day', 'days', 'd', 'D', 'Days', 'dayss'])}${random.pick([', ', ' ', ''])}`
    : '';
  return `${sign}${days}${random.pick(['00:00:01', '1:02:03', '23:59:59.999999', '12:30', '24:00:00', '00:60:00', '100:00:00', '01:02:03.1234567', ''])}`;
}

function namedText(name: string, random: Random): string {
  if (name.startsWith('UUID')) {
    const version = random.pick(['1', '3', '4', '4', '5', '6', '7', '8', name.slice(4) || '4']);
    const hex = (count: number): string => Array.from({ length: count }, () => random.below(16).toString(16)).join('');
    const groups = [
      hex(8),
      hex(4),
      `${version}${hex(3)}`,
      `${random.pick(['8', 'a', 'b', '9', 'c', '0'])}${hex(3)}`,
      hex(12),
    ];
    const hyphenated = groups.join('-');
    return random.pick([
      hyphenated,
      hyphenated,
      hyphenated,
      hyphenated.toUpperCase(),
      groups.join(''),
      `{${hyphenated}}`,
      `urn:uuid:${hyphenated}`,
      `URN:UUID:${hyphenated}`,
      `{${groups.join('')}}`,
    ]);
  }
  if (name === 'EmailStr') return emailText(random);
  if (name.endsWith('Url')) return urlText(random);
  if (/date/i.test(name))
    return random.oneIn(5)
      ? random.pick(pools.timestamps)
      : momentText(name.endsWith('Date') ? 'date' : 'datetime', random);
  if (name === 'IPv4Address') return random.pick(pools.ipv4Addresses);
  if (name === 'IPv6Address') return random.pick(pools.ipv6Addresses);
  return random.pick(pools.texts);
}

function emailText(random: Random): string {
  const local = random.pick(pools.emailLocals);
  const domain = random.pick(pools.emailDomains);
  const at = random.oneIn(20) ? random.pick(['', '@@', ' @ ', '＠']) : '@';
  const address = `${local}${at}${domain}`;
  return random.weighted([
    [14, address],
    [1, `Name <${address}>`],
    [1, ` ${address} `],
    [1, `<${address}>`],
    [1, `"N, M" <${address}>`],
  ]);
}

function urlText(random: Random): string {
  const scheme = random.pick(pools.urlSchemes);
  const slashes = random.oneIn(12) ? random.pick(['', '/', '///', '\\\\', ':']) : '//';
  const user = random.oneIn(8) ? random.pick(['user@', 'user:pass@', ':@', 'u%40:p@', '@', 'a:b:c@']) : '';
  const host = random.pick(pools.urlHosts);
  const port = random.oneIn(5)
    ? random.pick([':80', ':443', ':8080', ':', ':0', ':65536', ':abc', ':00080', ':-1'])
    : '';
  const path = random.oneIn(2) ? random.pick(pools.urlPaths) : '';
  const query = random.oneIn(3) ? random.pick(['?', '?a=b', '?ä=ö', "?q='x'", '?a b', '?a=%zz', '?"<>', '?{}|']) : '';
  const fragment = random.oneIn(5) ? random.pick(['#', '#f', '#ä b', '#"<>`', '#{}']) : '';
  return `${random.oneIn(20) ? ' ' : ''}${scheme}${scheme === '' ? '' : ':'}${slashes}${user}${host}${port}${path}${query}${fragment}${random.oneIn(20) ? '\n' : ''}`;
}

/** The text with a small change: a character more, less, or another one. */
export function mutated(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  switch (random.below(6)) {
    case 0:
      return text.slice(0, at) + text.slice(at + 1);
    case 1:
      return text.slice(0, at) + random.pick(pools.alphabet) + text.slice(at + 1);
    case 2:
      return text.slice(0, at) + text.slice(at - 1, at) + text.slice(at);
    case 3:
      return random.oneIn(2) ? text.slice(0, at) : text.slice(at);
    default:
      return text.slice(0, at) + random.pick(pools.alphabet) + text.slice(at);
  }
}
