import { quoteText } from '../sql-names.ts';
import type { FillCheck, FillColumn } from './tables.ts';

/** SQL expressions of a row for one column, the likeliest first; `tested` are those that its type takes. */
export function candidatesOf(column: FillColumn, row: number, tested: readonly string[]): string[] {
  const plain = plainValue(column, row);
  const values = plain === undefined ? [] : [cast(plain, column)];
  if (column.hasDefault) values.push('DEFAULT');
  // Every fifth row has nulls where they may be: a migration meets both.
  const nulls = column.notNull ? [] : ['NULL'];
  return [...new Set(row % 5 === 4 ? [...nulls, ...values, ...tested] : [...values, ...tested, ...nulls])];
}

/**
 * Values for a column that has to obey a CHECK. What it is compared with stands in the text of the CHECK, so its literals are
 * tried, their neighbours, and what is often asked for. Some of them the type will not take.
 */
export function guessesOf(column: FillColumn, checks: readonly FillCheck[]): string[] {
  const own = checks.filter(({ columns }) => columns.includes(column.name));
  if (own.length === 0) return [];
  const literals = own.flatMap(({ definition }) => literalsOf(definition)).flatMap((one) => around(one, column));
  return [...new Set([...literals, ...(extra[column.base] ?? [])])].map((one) =>
    cast(column.isArray ? `ARRAY[${one}]` : one, column),
  );
}

const numbers = new Set(['int2', 'int4', 'int8', 'numeric', 'float4', 'float8', 'money']);

function around(literal: string, { base }: FillColumn): string[] {
  if (!numbers.has(base)) return [quoteText(literal), quoteText(`${literal}x`)];
  const value = Number(literal);
  return Number.isFinite(value) ? [value, value + 1, value - 1].map((one) => `(${one})`) : [];
}

/** Strings without their casts, and numbers that stand alone. */
function literalsOf(definition: string): string[] {
  const strings = [...definition.matchAll(/'((?:[^']|'')*)'/g)].map((match) => (match[1] ?? '').replaceAll("''", "'"));
  const bare = definition.replace(/'(?:[^']|'')*'/g, ' ');
  const found = [...bare.matchAll(/(?<![\w.])-?\d+(?:\.\d+)?/g)].map(([number]) => number);
  // LIKE patterns become something that matches them.
  return [...strings.map((text) => text.replaceAll(/[%]/g, 'x').replaceAll('_', 'y')), ...strings, ...found];
}

const extra: Readonly<Record<string, readonly string[]>> = {
  text: ["''", "'a'", "'A'", "'a@b.example'", "'0'", "'https://example.org/'", "repeat('a', 64)"],
  varchar: ["''", "'a'", "'A'", "'a@b.example'", "'0'", "'https://example.org/'"],
  int2: ['0', '1', '-1', '100'],
  int4: ['0', '1', '-1', '100', '2024'],
  int8: ['0', '1', '-1', '100', '2024'],
  numeric: ['0', '1', '-1', '0.5', '100'],
  float8: ['0', '1', '-1', '0.5', '100'],
  bool: ['true', 'false'],
  timestamptz: ["'2020-01-01'", "'2099-01-01'"],
  timestamp: ["'2020-01-01'", "'2099-01-01'"],
  date: ["'2020-01-01'", "'2099-01-01'"],
};

function cast(value: string, { type }: FillColumn): string {
  return `(${value})::${type}`;
}

/** Undefined: a type that nothing is known of. */
function plainValue(column: FillColumn, row: number): string | undefined {
  const one = scalar(column, row);
  if (one === undefined || !column.isArray) return one;
  return `ARRAY[${one}, ${scalar(column, row + 1) ?? one}]`;
}

function scalar(column: FillColumn, row: number): string | undefined {
  const { base, labels, modifier } = column;
  if (labels.length > 0) return quoteText(labels[row % labels.length] ?? '');
  if (base === 'varchar' || base === 'bpchar') return quoteText(shortText(row, modifier < 4 ? 20 : modifier - 4));
  if (base === 'numeric') return numericValue(row, modifier);
  if (base === 'bit' || base === 'varbit') return bits(row, base === 'bit' ? Math.max(1, modifier) : 4);
  return simple[base]?.(row);
}

/** Distinct as long as there is room. */
function shortText(row: number, length: number): string {
  const number = row.toString(36);
  return length > number.length ? `${'v'.repeat(Math.min(3, length - number.length))}${number}` : number.slice(-length);
}

function numericValue(row: number, modifier: number): string {
  if (modifier < 4) return String(row * 1.25);
  const precision = ((modifier - 4) >> 16) & 0xffff;
  const scale = (modifier - 4) & 0x7ff;
  const digits = Math.max(0, precision - scale);
  const whole = digits === 0 ? 0 : row % 10 ** Math.min(digits, 9);
  return scale === 0 ? String(whole) : `${whole}.${String(row % 10).padEnd(Math.min(scale, 1), '0')}`;
}

function bits(row: number, length: number): string {
  return `B'${(row % 2 ** Math.min(length, 20)).toString(2).padStart(length, '0').slice(-length)}'`;
}

const day = (row: number): string => `date '2024-01-01' + ${row}`;
const simple: Readonly<Record<string, (row: number) => string>> = {
  int2: (row) => String(row % 30_000),
  int4: String,
  int8: String,
  oid: String,
  float4: (row) => `${row}.5`,
  float8: (row) => `${row}.5`,
  money: (row) => `${row}::money`,
  bool: (row) => String(row % 2 === 0),
  text: (row) => quoteText(`värde ${row}`),
  name: (row) => quoteText(`n${row}`),
  citext: (row) => quoteText(`Ci${row}`),
  char: (row) => quoteText(String.fromCharCode(97 + (row % 26))),
  uuid: (row) => `md5('${row}')::uuid`,
  date: day,
  timestamp: (row) => `timestamp '2024-01-01 12:00:00.123456' + interval '1 hour' * ${row}`,
  timestamptz: (row) => `timestamptz '2024-01-01 12:00:00.123456+00' + interval '1 hour' * ${row}`,
  time: (row) => `time '00:00' + interval '1 minute' * ${row}`,
  timetz: (row) => `timetz '00:00+00' + interval '1 minute' * ${row}`,
  interval: (row) => `interval '1 minute' * ${row}`,
  json: (row) => `json_build_object('n', ${row})`,
  jsonb: (row) => `jsonb_build_object('n', ${row})`,
  bytea: (row) => `decode(md5('${row}'), 'hex')`,
  inet: (row) => `inet '10.0.0.0' + ${row}`,
  cidr: (row) => `('10.' || ${row % 250} || '.0.0/16')::cidr`,
  macaddr: (row) => `('08:00:2b:01:02:' || lpad(to_hex(${row % 250}), 2, '0'))::macaddr`,
  point: (row) => `point(${row}, ${row})`,
  box: (row) => `box(point(0, 0), point(${row}, ${row}))`,
  tsvector: (row) => `to_tsvector('simple', 'w${row}')`,
  tsquery: (row) => `to_tsquery('simple', 'w${row}')`,
  xml: (row) => `xmlparse(content '<r>${row}</r>')`,
  hstore: (row) => `'n=>${row}'`,
  ltree: (row) => `'a.b${row}'`,
  int4range: (row) => `int4range(${row * 10}, ${row * 10 + 5})`,
  int8range: (row) => `int8range(${row * 10}, ${row * 10 + 5})`,
  numrange: (row) => `numrange(${row * 10}, ${row * 10 + 5})`,
  daterange: (row) => `daterange(date '2024-01-01' + ${row * 10}, date '2024-01-01' + ${row * 10 + 5})`,
  tsrange: (row) => `tsrange(${day(row * 10)}, ${day(row * 10 + 5)})`,
  tstzrange: (row) => `tstzrange(${day(row * 10)}, ${day(row * 10 + 5)})`,
};
