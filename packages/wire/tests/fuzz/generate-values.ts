import type { Random } from './random.ts';
import type { Bounds, ModelSpec, Scenario, TypeSpec } from './spec.ts';

// Values as JSON text, so that 1.0, 1e2 and integers of any size are what is sent.

export type Definitions = Pick<Scenario, 'enums' | 'models'>;

/** JSON text of a value that the type accepts, or nearly does. */
export function jsonFor(type: TypeSpec, random: Random, definitions: Definitions, depth = 4): string {
  if (random.oneIn(14)) return random.pick(oddities);
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
      return listJson(Array.from({ length: depth <= 0 ? 0 : random.between(0, type.max ?? 3) }, () => type.item), random, definitions, depth);
    case 'tuple':
      return listJson(random.oneIn(10) ? [...type.items, ...type.items] : type.items.slice(0, random.oneIn(10) ? 1 : undefined), random, definitions, depth);
    case 'dict':
      return dictionaryJson(type, random, definitions, depth);
    case 'named':
      if (type.name === 'Any') return random.pick(oddities);
      return quoted(textFor(type, random, definitions), random);
    case 'int':
    case 'float':
    case 'decimal':
      return random.oneIn(3) ? quoted(textFor(type, random, definitions), random) : numberFor(type, random);
    case 'bool':
      return random.pick(['true', 'false', 'true', 'false', '1', '0', '2', '1.0', '0.0', '-0', '"yes"', '"off"', '"T"', '"1"', '" true"', '"2"', '1e0']);
    case 'enum': {
      const values = definitions.enums.find(({ name }) => name === type.name)?.values ?? [];
      const value = random.pick(values);
      return random.oneIn(5) ? JSON.stringify(String(value)) : random.oneIn(9) && typeof value === 'number' ? `${value}.0` : JSON.stringify(value);
    }
    case 'literal': {
      const value = random.pick(type.values);
      return random.oneIn(6) ? JSON.stringify(String(value)) : JSON.stringify(value);
    }
    case 'moment':
      return random.oneIn(4) ? random.pick(timestamps) : quoted(textFor(type, random, definitions), random);
    default:
      return quoted(textFor(type, random, definitions), random);
  }
}

/** Values that fit nowhere in particular. */
const oddities = [
  ...['null', 'true', 'false', '0', '1', '-1', '1.0', '-0.0', '1e2', '1E400', '-0', '5e-324', '12345678901234567890', '0.1', 'NaN', 'Infinity', '-Infinity'],
  ...['""', '" "', '"a"', '"null"', '"\\u0000"', '"\\ud83d\\ude00"', '"é"', '"e\\u0301"', '[]', '{}', '[[]]', '[null]', '{"a":1}', '[1,2,3]', '{"":0}', '"\\ud800"', '1e-7', '1e16', '123456789.123456789', '9007199254740993', '-9223372036854775809', '1.7976931348623157e308', '2.50'],
];

const timestamps = [
  ...['0', '1', '-1', '1704067200', '1704067200000', '1704067200.123456', '20000000000', '20000000001', '-20000000001', '253402300800', '86400', '43200.5'],
  ...['1e10', '1.5', 'true', '9223372036854775807', '0.0000005', '3600', '-62135596800', '1e20', 'NaN', '99999999999999', '86399.9999999', '1704067200.9999995', '-0.5', '-1704067200.75', '1e11', '1e12', '2e10', '1e400', '123456789012345678'],
];

function modelJson(name: string, random: Random, definitions: Definitions, depth: number): string {
  const model = definitions.models.find((one) => one.name === name);
  if (model === undefined) return '{}';
  const members = model.fields.flatMap((field) => {
    if (random.oneIn(field.default === undefined ? 14 : 3)) return [];
    const key = sentName(field, model, random);
    return [`${JSON.stringify(key)}:${jsonFor(field.type, random, definitions, depth - 1)}`];
  });
  if (random.oneIn(8)) members.push(`"extra":${random.pick(oddities)}`);
  if (random.oneIn(40)) members.push(random.pick(['"__proto__":{"a":1}', '"1":2', '"0":1', '"constructor":null', '"é":"é"']));
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

function dictionaryJson(type: TypeSpec & { kind: 'dict' }, random: Random, definitions: Definitions, depth: number): string {
  const members = Array.from({ length: depth <= 0 ? 0 : random.between(0, type.max ?? 3) }, () => {
    const key = random.oneIn(8) ? random.pick(['', 'a', '1', '__proto__', '1.0', 'é', '10', '2']) : textFor(type.key, random, definitions);
    return `${JSON.stringify(key)}:${jsonFor(type.value, random, definitions, depth - 1)}`;
  });
  return `{${members.join(',')}}`;
}

/** A text as JSON, some of its characters escaped. */
function quoted(text: string, random: Random): string {
  const json = JSON.stringify(text);
  if (!random.oneIn(12)) return json;
  return json.replaceAll(/[^\u0000-\u007e]|[aeiou/]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`); // oxlint-disable-line no-control-regex -- all that is not ASCII
}

/** A text for the type: what a query holds, or a JSON string. */
export function textFor(type: TypeSpec, random: Random, definitions: Definitions): string {
  const text = soundText(type, random, definitions);
  if (random.oneIn(4)) return mutated(text, random);
  return text;
}

function soundText(type: TypeSpec, random: Random, definitions: Definitions): string {
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
      return random.oneIn(3) ? random.pick(numberTexts) : numberFor(type, random);
    case 'bool':
      return random.pick(['true', 'false', '1', '0', 'yes', 'no', 'on', 'off', 't', 'F', 'Y', 'n', 'TRUE', 'False', '2', '']);
    case 'moment':
      return random.oneIn(4) ? random.pick(timestamps) : momentText(type.of, random);
    case 'named':
      return namedText(type.name, random);
    case 'enum':
      return String(random.pick(definitions.enums.find(({ name }) => name === type.name)?.values ?? ['']));
    case 'literal':
      return String(random.pick(type.values));
    default:
      return random.pick(texts);
  }
}

const texts = [
  ...['', 'a', 'ab', 'abc', 'hello', 'Foo', 'foo-12', 'bar-7', 'x', ' padded ', '\u00a0x\u00a0', '123', '0042', 'ÀÉ', 'straße', 'İ', 'ǅ', '日本語', '😀', '👩‍👩‍👧', 'e\u0301', 'A'],
  ...['a@b.c', '+4912345', 'ff0a', "it's", '"quoted"', 'a\nb', '\t', '\u2028', '\u0000', '\u0085', '\ufeff', 'a.b', 'a_b-c', 'null', 'ß'.repeat(3), 'x'.repeat(300), 'Ⅷ', '１２３', 'ab ab', '𝔘', '\u200d', 'ΑΣ', 'Σ'],
];

const numberTexts = [
  ...['5', ' 5 ', '+5', '-5', '005', '5.0', '5.00', '1_000', '1__0', '_1', '1_', '1e3', '1E3', '1.', '.5', '-.5', '0x10', 'inf', '-inf', 'nan', 'NaN', 'Infinity', '+Infinity', '1e400', '1e-400', '', ' ', '-', '+', '.', '1.0e', '٣', '１', '1,5', '1 000', '0'.repeat(40) + '1', '9'.repeat(30), '-0', '-0.0', '0.10', '1e+2', '--1', '1.5.2', '\u00a05', '5\n', '1e5_0', '1_0.0_1', '12345678901234567890.5', 'sNaN', '5.0_0', '1_0.5', '-00.50', '1E+2', '1e-7', '0e0', '1e1000000', 'infinit', '∞', '1d', '0b1', '1_000_000', '- 5', '5L', '5.000000000000000000001'],
];

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
    return random.oneIn(3) ? random.pick(['1e2', '1.0', '1.5', '-0', '-1', '123456789012345678901', '9007199254740993', '1E400', '4.0', '2.5e0', '1e18', '1e19']) : String(random.between(-20, 200));
  }
  const digits = (count: number): string => Array.from({ length: count }, () => random.below(10)).join('');
  const whole = random.oneIn(3) ? '0' : `${random.between(1, 9)}${digits(random.below(6))}`;
  const fraction = random.oneIn(3) ? '' : `.${digits(random.between(1, random.oneIn(5) ? 20 : 4))}`;
  const exponent = random.oneIn(6) ? `${random.pick(['e', 'E'])}${random.pick(['', '+', '-'])}${random.between(0, 25)}` : '';
  return `${random.oneIn(4) ? '-' : ''}${whole}${fraction}${exponent}`;
}

function boundsOf(type: Bounds): (string | undefined)[] {
  const { gt, ge, lt, le, multipleOf } = type;
  const list = [gt, ge, lt, le, multipleOf].filter((text) => text !== undefined);
  return list.length === 0 ? [undefined] : list;
}

const zones = ['', '', '', 'Z', 'z', '+00:00', '-00:00', '+05:30', '-0800', '+14', '+23:59', '-24:00', ' Z', '+5:30', '+05:3', '+05:30:10', ' +01:00', '−01:00', 'UTC', '+0000'];

function momentText(of: 'datetime' | 'date' | 'time' | 'timedelta', random: Random): string {
  const two = (max: number): string => String(random.oneIn(20) ? max + 1 : random.between(0, max)).padStart(2, '0');
  const year = random.weighted([
    [9, String(random.between(1900, 2100))],
    [1, random.pick(['0000', '0001', '9999', '10000', '999', '-2024', '1600'])],
  ]);
  const date = `${year}-${random.oneIn(6) ? random.pick(['02-29', '00-10', '13-01', '12-31', '04-31', '1-1', '06-00']) : `${two(11)}-${two(27)}`}`;
  const fraction = random.oneIn(3) ? `${random.pick(['.', '.', ','])}${'123456789'.slice(0, random.between(0, 9))}` : '';
  const seconds = random.oneIn(4) ? '' : `:${two(59)}${fraction}`;
  const time = `${two(23)}:${two(59)}${seconds}`;
  switch (of) {
    case 'date':
      return random.oneIn(4) ? `${date}T00:00:00${random.pick(['', 'Z', '.000', '.0001'])}` : date;
    case 'time':
      return `${time}${random.oneIn(3) ? random.pick(zones) : ''}`;
    case 'timedelta':
      return durationText(random);
    default:
      return random.oneIn(8) ? date : `${date}${random.pick(['T', 'T', 'T', ' ', '_', 't', '  ', '-'])}${time}${random.pick(zones)}`;
  }
}

function durationText(random: Random): string {
  const number = (): string => `${random.between(0, 99)}${random.oneIn(5) ? `.${random.between(0, 999)}` : ''}`;
  const sign = random.pick(['', '', '', '-', '+']);
  if (random.oneIn(2)) {
    const date = ['Y', 'M', 'W', 'D'].filter(() => random.oneIn(3)).map((unit) => `${number()}${unit}`).join('');
    const time = ['H', 'M', 'S'].filter(() => random.oneIn(2)).map((unit) => `${number()}${unit}`).join('');
    return `${sign}P${date}${time === '' && !random.oneIn(9) ? '' : `T${time}`}`;
  }
  const days = random.oneIn(2) ? `${random.between(0, 40)} ${random.pick(['day', 'days', 'd', 'D', 'Days', 'dayss'])}${random.pick([', ', ' ', ''])}` : '';
  return `${sign}${days}${random.pick(['00:00:01', '1:02:03', '23:59:59.999999', '12:30', '24:00:00', '00:60:00', '100:00:00', '01:02:03.1234567', ''])}`;
}

function namedText(name: string, random: Random): string {
  if (name.startsWith('UUID')) {
    const version = random.pick(['1', '3', '4', '4', '5', '6', '7', '8', name.slice(4) || '4']);
    const hex = (count: number): string => Array.from({ length: count }, () => random.pick([...'0123456789abcdef'])).join('');
    const groups = [hex(8), hex(4), `${version}${hex(3)}`, `${random.pick(['8', 'a', 'b', '9', 'c', '0'])}${hex(3)}`, hex(12)];
    const hyphenated = groups.join('-');
    return random.pick([hyphenated, hyphenated, hyphenated, hyphenated.toUpperCase(), groups.join(''), `{${hyphenated}}`, `urn:uuid:${hyphenated}`, `URN:UUID:${hyphenated}`, `{${groups.join('')}}`]);
  }
  if (name === 'EmailStr') return emailText(random);
  if (name.endsWith('Url')) return urlText(random);
  if (/date/i.test(name)) return random.oneIn(5) ? random.pick(timestamps) : momentText(name.endsWith('Date') ? 'date' : 'datetime', random);
  if (name === 'IPv4Address') return random.pick(['127.0.0.1', '0.0.0.0', '255.255.255.255', '256.0.0.1', '01.2.3.4', '1.2.3', '1.2.3.4.5', '192.168.1.10', '::1', '1.2.3.4/24', '']);
  if (name === 'IPv6Address') return random.pick(['::1', '::', 'fe80::1%eth0', '2001:db8::FF00:42:8329', '::ffff:1.2.3.4', '1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7', '::1::', 'g::1', '127.0.0.1', '2001:DB8:0:0:0:0:0:1', '1:0:0:2:0:0:0:3', '::ffff:0:0', '']);
  return random.pick(texts);
}

function emailText(random: Random): string {
  const local = random.pick(['a', 'john.doe', 'a+b', 'x_y', 'üser', 'a..b', '.a', 'a.', '"q"', 'a b', 'A.B', "o'brien", 'x'.repeat(65), 'a\u0301', '日本', 'a!#$%', '(c)', 'a@b', '']);
  const domain = random.pick(['example.com', 'b.co', 'EXAMPLE.Com', 'münchen.de', 'xn--mnchen-3ya.de', 'localhost', 'a.test', 'ex_ample.com', '-a.com', 'a-.com', 'a..com', '.com', 'com', '[127.0.0.1]', '[IPv6:::1]', '[256.1.1.1]', '[IPv6:1:2]', '[x:y]', '[1.2]', 'b.c', 'b.local', 'a.b.c.example.org', `${'x'.repeat(64)}.com`, '例え.jp', 'b.com.', 'faß.de', 'b。com', 'ab--cd.com', '1.2.3.4', 'exa mple.com', 'é.é', 'b.123', 'invalid', 'x.onion']);
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
  const scheme = random.pick(['http', 'https', 'http', 'https', 'HTTP', 'ws', 'wss', 'ftp', 'file', 'mailto', 'foo', 'javascript', '', '1a', 'data']);
  const slashes = random.oneIn(12) ? random.pick(['', '/', '///', '\\\\', ':']) : '//';
  const user = random.oneIn(8) ? random.pick(['user@', 'user:pass@', ':@', 'u%40:p@', '@', 'a:b:c@']) : '';
  const host = random.pick(['example.com', 'EXAMPLE.com', 'localhost', '127.0.0.1', '[::1]', '[::ffff:1.2.3.4]', 'münchen.de', '例え.jp', 'a_b.com', '0x7f.1', '1.2.3', '256.1.1.1', '', 'a..b', 'xn--mnchen-3ya.de', '-a-.com', 'a b.com', '%65xample.com', 'ex%ample.com', '[::1', 'a.b.', '999', 'exa\u00admple.com', 'ｅｘ.com', 'a,b', 'x'.repeat(70)]);
  const port = random.oneIn(5) ? random.pick([':80', ':443', ':8080', ':', ':0', ':65536', ':abc', ':00080', ':-1']) : '';
  const path = random.oneIn(2) ? random.pick(['/', '/a/b', '/a/../b', '/./a', '/ä', '/%20 x', '/a//b', '/a|b', '/"q"', '/{x}', '/a\\b', '/%zz', '/..', '/a/%2e%2e/b', '/^`<>']) : '';
  const query = random.oneIn(3) ? random.pick(['?', '?a=b', '?ä=ö', "?q='x'", '?a b', '?a=%zz', '?"<>', '?{}|']) : '';
  const fragment = random.oneIn(5) ? random.pick(['#', '#f', '#ä b', '#"<>`', '#{}']) : '';
  return `${random.oneIn(20) ? ' ' : ''}${scheme}${scheme === '' ? '' : ':'}${slashes}${user}${host}${port}${path}${query}${fragment}${random.oneIn(20) ? '\n' : ''}`;
}

const alphabet = [...'0123456789-:+.,/ TZeE_@%\'"<>[]{}()aAzéß٣１\u00a0\u3000\u200b\u0000\n😀\ufeff', '\ud800', '\u0301', '\u202e'];

/** The text with a small change: a character more, less, or another one. */
export function mutated(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  switch (random.below(6)) {
    case 0:
      return text.slice(0, at) + text.slice(at + 1);
    case 1:
      return text.slice(0, at) + random.pick(alphabet) + text.slice(at + 1);
    case 2:
      return text.slice(0, at) + text.slice(at - 1, at) + text.slice(at);
    case 3:
      return random.oneIn(2) ? text.slice(0, at) : text.slice(at);
    default:
      return text.slice(0, at) + random.pick(alphabet) + text.slice(at);
  }
}
