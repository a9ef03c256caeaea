import { is, SQL, sql } from 'drizzle-orm';
import {
  type ForeignKey,
  getTableConfig,
  type Index,
  type IndexedColumn,
  PgArray,
  type PgColumn,
  PgDialect,
  type PgEnum,
  PgEnumColumn,
  type PgPolicy,
  PgRole,
  type PgTable,
} from 'drizzle-orm/pg-core';

export interface ModelTables {
  readonly tables: readonly PgTable[];
  /** SQL for what a table definition cannot say: functions, triggers, views, unlogged tables. Runs last. */
  readonly objects: string;
}

/**
 * SQL that builds the tables from an empty database: enums, tables, keys, indexes, policies, and then `objects`. A foreign key
 * without a name of its own gets PostgreSQL's, `<table>_<column>_fkey`.
 */
export function renderSchemaSql({ tables, objects }: ModelTables): string {
  const configs = tables.map((table) => getTableConfig(table));
  const schemas = new Set(configs.flatMap(({ schema }) => (schema === undefined ? [] : [schema])));
  const enums = new Map(configs.flatMap(({ columns }) => columns.flatMap(enumOf)).map((one) => [one.enumName, one]));
  return [
    ...[...schemas].map((name) => `CREATE SCHEMA ${quote(name)};`),
    ...[...enums.values()].map(enumSql),
    ...configs.map((config) => tableSql(config)),
    ...configs.flatMap(({ indexes }) => indexes.map(indexSql)),
    ...configs.flatMap(({ foreignKeys }) => foreignKeys.map(foreignKeySql)),
    ...configs.flatMap((config) => config.policies.map((policy) => policySql(config, policy))),
    ...configs
      .filter(({ enableRLS, policies }) => enableRLS || policies.length > 0)
      .map((config) => `ALTER TABLE ${nameOf(config)} ENABLE ROW LEVEL SECURITY;`),
    objects.trim(),
    '',
  ].join('\n');
}

type Config = ReturnType<typeof getTableConfig>;

function enumOf(column: PgColumn): PgEnum<[string, ...string[]]>[] {
  const base = is(column, PgArray) ? column.baseColumn : column;
  return is(base, PgEnumColumn) ? [base.enum] : [];
}

function enumSql({ schema, enumName, enumValues }: PgEnum<[string, ...string[]]>): string {
  return `CREATE TYPE ${qualified(schema, enumName)} AS ENUM (${enumValues.map(quoteText).join(', ')});`;
}

function tableSql(config: Config): string {
  const parts = [
    ...config.columns.map(columnSql),
    ...config.primaryKeys.map(
      ({ columns, name }) => `CONSTRAINT ${quote(name ?? `${config.name}_pkey`)} PRIMARY KEY (${list(columns)})`,
    ),
    ...config.uniqueConstraints.map((one) => {
      const nulls = one.nullsNotDistinct ? ' NULLS NOT DISTINCT' : '';
      return `CONSTRAINT ${quote(one.getName() ?? '')} UNIQUE${nulls} (${list(one.columns)})`;
    }),
    ...config.checks.map(({ name, value }) => `CONSTRAINT ${quote(name)} CHECK (${text(value)})`),
  ];
  return `CREATE TABLE ${nameOf(config)} (\n  ${parts.join(',\n  ')}\n);`;
}

function columnSql(column: PgColumn): string {
  const { generated, generatedIdentity: identity } = column;
  const expression =
    generated === undefined ? undefined : typeof generated.as === 'function' ? generated.as() : generated.as;
  return [
    `${quote(column.name)} ${typeOf(column)}`,
    column.primary ? 'PRIMARY KEY' : '',
    column.notNull && !column.primary ? 'NOT NULL' : '',
    column.isUnique
      ? `CONSTRAINT ${quote(column.uniqueName ?? '')} UNIQUE${column.uniqueType === 'not distinct' ? ' NULLS NOT DISTINCT' : ''}`
      : '',
    expression === undefined
      ? ''
      : `GENERATED ALWAYS AS (${is(expression, SQL) ? text(expression) : String(expression)}) STORED`,
    identity
      ? `GENERATED ${identity.type === 'always' ? 'ALWAYS' : 'BY DEFAULT'} AS IDENTITY${identityOptions(identity)}`
      : '',
    column.hasDefault && column.default !== undefined ? `DEFAULT ${defaultOf(column)}` : '',
  ]
    .filter((part) => part !== '')
    .join(' ');
}

/** drizzle leaves out the schema of an enum, and prints a type of our own as it was written. */
function typeOf(column: PgColumn): string {
  const [found] = enumOf(column);
  if (!found) return column.getSQLType();
  return qualified(found.schema, found.enumName) + (is(column, PgArray) ? '[]' : '');
}

function identityOptions({ sequenceName, sequenceOptions }: NonNullable<PgColumn['generatedIdentity']>): string {
  const { increment, minValue, maxValue, startWith, cache, cycle } = sequenceOptions ?? {};
  const parts = [
    sequenceName === undefined ? '' : `SEQUENCE NAME ${quote(sequenceName)}`,
    increment === undefined ? '' : `INCREMENT BY ${increment}`,
    minValue === undefined ? '' : `MINVALUE ${minValue}`,
    maxValue === undefined ? '' : `MAXVALUE ${maxValue}`,
    startWith === undefined ? '' : `START WITH ${startWith}`,
    cache === undefined ? '' : `CACHE ${cache}`,
    cycle ? 'CYCLE' : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? '' : ` (${parts.join(' ')})`;
}

function defaultOf(column: PgColumn): string {
  if (is(column.default, SQL)) return text(column.default);
  const value: unknown = column.mapToDriverValue(column.default);
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value instanceof Date) return quoteText(value.toISOString());
  if (Buffer.isBuffer(value)) return quoteText(`\\x${value.toString('hex')}`);
  return quoteText(typeof value === 'string' ? value : JSON.stringify(value));
}

function indexSql({ config }: Index): string {
  const table = getTableConfig(config.table);
  const columns = config.columns.map((one) => (is(one, SQL) ? `(${text(one)})` : indexedColumn(one)));
  const settings = Object.entries(config.with ?? {}).map(([name, value]) => `${name} = ${String(value)}`);
  return [
    `CREATE ${config.unique ? 'UNIQUE ' : ''}INDEX ${quote(config.name ?? '')} ON ${config.only ? 'ONLY ' : ''}${nameOf(table)}`,
    ` USING ${config.method ?? 'btree'} (${columns.join(', ')})`,
    settings.length === 0 ? '' : ` WITH (${settings.join(', ')})`,
    config.where ? ` WHERE ${text(config.where)}` : '',
    ';',
  ].join('');
}

function indexedColumn(column: object): string {
  // What is no expression is a column of the table, whatever drizzle's type leaves open.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  const { name, indexConfig } = column as Partial<IndexedColumn>;
  const { opClass, order, nulls } = indexConfig ?? {};
  // Other methods than btree know no order, and drizzle's own is ascending with nulls last.
  const sorted =
    order === undefined || (order === 'asc' && nulls === 'last')
      ? ''
      : ` ${order.toUpperCase()} NULLS ${(nulls ?? 'last').toUpperCase()}`;
  return `${quote(name ?? '')}${opClass === undefined ? '' : ` ${opClass}`}${sorted}`;
}

function foreignKeySql(key: ForeignKey): string {
  const { name, columns, foreignTable, foreignColumns } = key.reference();
  const [column] = columns;
  if (!column) throw new TypeError('a foreign key has no column');
  const own = getTableConfig(key.table);
  const action = (word: string, what: string | undefined): string =>
    what === undefined || what === 'no action' ? '' : ` ON ${word} ${what.toUpperCase()}`;
  return [
    `ALTER TABLE ${nameOf(own)} ADD ${name === undefined ? '' : `CONSTRAINT ${quote(name)} `}`,
    `FOREIGN KEY (${list(columns)}) REFERENCES ${nameOf(getTableConfig(foreignTable))} (${list(foreignColumns)})`,
    action('UPDATE', key.onUpdate),
    action('DELETE', key.onDelete),
    ';',
  ].join('');
}

function policySql(config: Config, { name, as, for: command, to, using, withCheck }: PgPolicy): string {
  const roles = [to ?? 'public'].flat().map((role) => (typeof role === 'object' ? nameOfRole(role) : role));
  return [
    `CREATE POLICY ${quote(name)} ON ${nameOf(config)} AS ${(as ?? 'permissive').toUpperCase()} FOR ${(command ?? 'all').toUpperCase()}`,
    ` TO ${roles.map((role) => (['public', 'current_user', 'session_user'].includes(role) ? role : quote(role))).join(', ')}`,
    using ? ` USING (${text(using)})` : '',
    withCheck ? ` WITH CHECK (${text(withCheck)})` : '',
    ';',
  ].join('');
}

/** A list in a list is what drizzle's type allows and its builder does not make. */
function nameOfRole(role: object): string {
  if (is(role, PgRole)) return role.name;
  throw new TypeError('a policy names something that is no role');
}

/** Values stand in the text: DDL takes no parameters. */
function text(expression: SQL): string {
  return new PgDialect().sqlToQuery(sql`${expression}`.inlineParams()).sql;
}

function list(columns: readonly PgColumn[]): string {
  return columns.map((column) => quote(column.name)).join(', ');
}

function nameOf({ schema, name }: Pick<Config, 'schema' | 'name'>): string {
  return qualified(schema, name);
}

function qualified(schema: string | undefined, name: string): string {
  return schema === undefined ? quote(name) : `${quote(schema)}.${quote(name)}`;
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function quoteText(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
