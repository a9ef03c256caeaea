import {
  type ColumnFacts,
  type ConstraintFacts,
  objectsOfKind,
  type PolicyFacts,
  partsOf,
  type RoutineFacts,
  type Schema,
  type SchemaObject,
  type SequenceFacts,
  type TableFacts,
  type TriggerFacts,
  type ViewFacts,
} from '../../schema/objects.ts';
import { quoteText } from '../../sql-names.ts';

/** Column, type, and what ADD COLUMN and CREATE TABLE take behind it. */
export function columnSql(column: ColumnFacts, without: { default?: boolean; notNull?: boolean } = {}): string {
  const { generated, identity } = column;
  return [
    `${column.sql} ${column.type}`,
    column.collation === null ? '' : `COLLATE ${column.collation}`,
    column.compression === null ? '' : `COMPRESSION ${column.compression}`,
    column.default === null || without.default ? '' : `DEFAULT ${column.default}`,
    generated ? `GENERATED ALWAYS AS (${generated.expression}) ${generated.kind.toUpperCase()}` : '',
    identity
      ? `GENERATED ${identity.always ? 'ALWAYS' : 'BY DEFAULT'} AS IDENTITY (SEQUENCE NAME ${identity.sequence} ${withoutType(identity.options)})`
      : '',
    column.notNull && !without.notNull ? 'NOT NULL' : '',
  ]
    .filter((part) => part !== '')
    .join(' ');
}

/** The type of an identity's sequence is its column's. */
export function withoutType(options: string): string {
  return options.replace(/^AS \S+ /, '');
}

/** From nothing to the table with its keys, checks and indexes. Without foreign keys, triggers and policies. */
export function createTableSql(schema: Schema, table: TableFacts, { ifNotExists = false } = {}): string {
  const exists = ifNotExists ? 'IF NOT EXISTS ' : '';
  const constraints = partsOf(schema, table.key, 'constraint').filter((one) => one.type !== 'foreign key');
  const parts = [
    ...partsOf(schema, table.key, 'column')
      .toSorted((a, b) => a.position - b.position)
      .map((column) => columnSql(column)),
    ...constraints.map((one) => `CONSTRAINT ${one.sql} ${one.definition}`),
  ];
  const options = table.options.length === 0 ? '' : ` WITH (${table.options.join(', ')})`;
  const list = `(\n  ${parts.join(',\n  ')}\n)`;
  const head = `CREATE ${table.unlogged ? 'UNLOGGED ' : ''}TABLE ${exists}${table.sql}`;
  const create = table.partitionOf
    ? `${head} PARTITION OF ${table.partitionOf.sql}${parts.length === 0 ? '' : ` ${list}`} ${table.partitionOf.bound}`
    : `${head} ${parts.length === 0 ? '()' : list}`;
  const inherits = table.inherits.length === 0 ? '' : ` INHERITS (${table.inherits.join(', ')})`;
  const partitionBy = table.partitionBy === null ? '' : ` PARTITION BY ${table.partitionBy}`;
  const owned = objectsOfKind(schema, 'sequence').filter((one) =>
    one.ownedBy?.startsWith(`${table.key.replace(/^table/, 'column')}.`),
  );
  return [
    ...owned.map((one) => sequenceSql(one, exists)),
    `${create}${inherits}${partitionBy}${options};`,
    ...owned.map((one) => `ALTER SEQUENCE ${one.sql} OWNED BY ${one.ownedBySql};`),
    ...partsOf(schema, table.key, 'index').map((one) => `${withExists(one.definition, exists)};`),
    ...columnSettings(schema, table),
    ...rowSecuritySql(table),
    ...commentsOf([
      table,
      ...partsOf(schema, table.key, 'column'),
      ...constraints,
      ...partsOf(schema, table.key, 'index'),
      ...owned,
    ]),
  ].join('\n');
}

export function rowSecuritySql(table: TableFacts): string[] {
  if (table.rowSecurity === 'off') return [];
  const enable = `ALTER TABLE ${table.sql} ENABLE ROW LEVEL SECURITY;`;
  return table.rowSecurity === 'on' ? [enable] : [enable, `ALTER TABLE ${table.sql} FORCE ROW LEVEL SECURITY;`];
}

function columnSettings(schema: Schema, table: TableFacts): string[] {
  return partsOf(schema, table.key, 'column').flatMap((column) => columnSettingsSql(column));
}

export function columnSettingsSql({ tableSql, sql, storage, statistics }: ColumnFacts): string[] {
  return [
    ...(storage === null ? [] : [`ALTER TABLE ${tableSql} ALTER COLUMN ${sql} SET STORAGE ${storage};`]),
    ...(statistics === null ? [] : [`ALTER TABLE ${tableSql} ALTER COLUMN ${sql} SET STATISTICS ${statistics};`]),
  ];
}

export function sequenceSql(sequence: SequenceFacts, exists = ''): string {
  return `CREATE SEQUENCE ${exists}${sequence.sql} ${sequence.options};`;
}

export function commentsOf(objects: readonly SchemaObject[]): string[] {
  return objects.flatMap((one) => (one.comment === null ? [] : [commentSql(one)]));
}

export function commentSql({ commentOn, comment }: Pick<SchemaObject, 'commentOn' | 'comment'>): string {
  return `COMMENT ON ${commentOn} IS ${comment === null ? 'NULL' : quoteText(comment)};`;
}

export function constraintSql({ tableSql, sql, definition }: ConstraintFacts, suffix = ''): string {
  return `ALTER TABLE ${tableSql} ADD CONSTRAINT ${sql} ${definition}${suffix};`;
}

/** `CREATE UNIQUE INDEX name ON …` under another name, and concurrently or not. */
export function indexSql(
  definition: string,
  { name, concurrently = false }: { name?: string; concurrently?: boolean },
): string {
  return definition.replace(
    /^CREATE (UNIQUE )?INDEX (\S+|"(?:[^"]|"")+") ON/,
    (_all, unique: string | undefined, own: string) => {
      return `CREATE ${unique ?? ''}INDEX ${concurrently ? 'CONCURRENTLY ' : ''}${name ?? own} ON`;
    },
  );
}

function withExists(definition: string, exists: string): string {
  return definition.replace(/^CREATE (UNIQUE )?INDEX /, (start) => `${start}${exists}`);
}

export function viewSql(view: ViewFacts, { replace = false, name = view.sql } = {}): string {
  const word = view.kind === 'view' ? `${replace ? 'OR REPLACE ' : ''}VIEW` : 'MATERIALIZED VIEW';
  const options = view.options.length === 0 ? '' : ` WITH (${view.options.join(', ')})`;
  return `CREATE ${word} ${name}${options} AS\n${view.definition.replace(/^\s+/, '')};`;
}

export function routineSql(routine: RoutineFacts, { replace = true } = {}): string {
  const text = routine.definition.trimEnd();
  return `${replace ? text : text.replace(/^CREATE OR REPLACE /, 'CREATE ')};`;
}

export function triggerSql(trigger: TriggerFacts): string {
  const enabled =
    trigger.enabled === 'ENABLE' ? '' : `\nALTER TABLE ${trigger.tableSql} ${trigger.enabled} TRIGGER ${trigger.sql};`;
  return `${trigger.definition};${enabled}`;
}

export function policySql(policy: PolicyFacts): string {
  return [
    `CREATE POLICY ${policy.sql} ON ${policy.tableSql}${policy.permissive ? '' : ' AS RESTRICTIVE'} FOR ${policy.command} TO ${policy.roles}`,
    policy.using === null ? '' : ` USING (${policy.using})`,
    policy.check === null ? '' : ` WITH CHECK (${policy.check})`,
    ';',
  ].join('');
}
