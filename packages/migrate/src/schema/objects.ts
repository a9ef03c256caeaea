/** What a schema consists of, as the catalog describes it. Names of a `sql` are quoted, and qualified where the search_path needs it. */
export type SchemaObject =
  | SchemaFacts
  | ExtensionFacts
  | EnumFacts
  | DomainFacts
  | CompositeFacts
  | CollationFacts
  | SequenceFacts
  | TableFacts
  | ColumnFacts
  | ConstraintFacts
  | IndexFacts
  | ViewFacts
  | RoutineFacts
  | TriggerFacts
  | PolicyFacts
  | StatisticsFacts
  | OtherFacts;

export type ObjectKind = SchemaObject['kind'];

interface Base {
  /** Kind and full name: the same object of two databases has the same key. */
  readonly key: string;
  readonly sql: string;
  /** The object of COMMENT ON. */
  readonly commentOn: string;
  readonly comment: string | null;
}

/** What stands in a table and goes where it goes. */
interface PartOfTable extends Base {
  readonly table: string;
  readonly tableSql: string;
  readonly name: string;
}

export interface SchemaFacts extends Base {
  readonly kind: 'schema';
}
export interface ExtensionFacts extends Base {
  readonly kind: 'extension';
  /** Where it is not the one that new things are made in. Whoever runs the database may have put it elsewhere. */
  readonly schemaSql: string | null;
}
export interface EnumFacts extends Base {
  readonly kind: 'enum';
  readonly schema: string;
  readonly name: string;
  readonly labels: readonly string[];
}
export interface DomainFacts extends Base {
  readonly kind: 'domain';
  readonly type: string;
  readonly collation: string | null;
  readonly default: string | null;
  readonly notNull: boolean;
  readonly checks: Readonly<Record<string, string>>;
}
export interface CompositeFacts extends Base {
  readonly kind: 'composite type';
  readonly attributes: readonly string[];
}
export interface CollationFacts extends Base {
  readonly kind: 'collation';
  readonly definition: string;
}
export interface SequenceFacts extends Base {
  readonly kind: 'sequence';
  readonly schema: string;
  readonly name: string;
  readonly options: string;
  /** The key of the column that it ends with, as a serial's does. */
  readonly ownedBy: string | null;
  readonly ownedBySql: string | null;
}
export interface TableFacts extends Base {
  readonly kind: 'table';
  readonly schema: string;
  readonly name: string;
  readonly isPartitioned: boolean;
  readonly unlogged: boolean;
  readonly partitionBy: string | null;
  /** Key and SQL name of the parent, and FOR VALUES …. */
  readonly partitionOf: { readonly key: string; readonly sql: string; readonly bound: string } | null;
  readonly inherits: readonly string[];
  readonly options: readonly string[];
  readonly rowSecurity: 'off' | 'on' | 'forced';
}
export interface ColumnFacts extends PartOfTable {
  readonly kind: 'column';
  readonly position: number;
  readonly type: string;
  readonly collation: string | null;
  readonly notNull: boolean;
  readonly default: string | null;
  readonly identity: { readonly always: boolean; readonly sequence: string; readonly options: string } | null;
  readonly generated: { readonly kind: 'stored' | 'virtual'; readonly expression: string } | null;
  /** Where it is not its type's. */
  readonly storage: string | null;
  readonly typeStorage: string;
  readonly compression: string | null;
  readonly statistics: number | null;
}
export interface ConstraintFacts extends PartOfTable {
  readonly kind: 'constraint';
  readonly type: 'check' | 'foreign key' | 'primary key' | 'unique' | 'exclusion';
  /** Without NOT VALID. */
  readonly definition: string;
  readonly validated: boolean;
  readonly columns: readonly string[];
  /** Of a primary key, a unique or an exclusion constraint: how its index would be made alone. */
  readonly index: string | null;
  /** Of a foreign key. */
  readonly references: {
    readonly table: string;
    readonly tableSql: string;
    readonly columns: readonly string[];
  } | null;
}
export interface IndexFacts extends PartOfTable {
  readonly kind: 'index';
  readonly definition: string;
  readonly unique: boolean;
  readonly valid: boolean;
  readonly isPartitioned: boolean;
  readonly columns: readonly string[];
}
export interface ViewFacts extends Base {
  readonly kind: 'view' | 'materialized view';
  readonly schema: string;
  readonly name: string;
  readonly definition: string;
  readonly options: readonly string[];
  readonly columns: readonly string[];
}
export interface RoutineFacts extends Base {
  readonly kind: 'function' | 'procedure';
  readonly definition: string;
  /** What CREATE OR REPLACE may not change. */
  readonly interface: string;
}
export interface TriggerFacts extends PartOfTable {
  readonly kind: 'trigger';
  readonly definition: string;
  readonly enabled: string;
}
export interface PolicyFacts extends PartOfTable {
  readonly kind: 'policy';
  readonly command: string;
  readonly permissive: boolean;
  readonly roles: string;
  readonly using: string | null;
  readonly check: string | null;
}
export interface StatisticsFacts extends Base {
  readonly kind: 'statistics';
  readonly table: string;
  readonly definition: string;
}
/** What is only known to be there: an event trigger, a publication, an aggregate. */
export interface OtherFacts extends Base {
  readonly kind: 'other';
  readonly type: string;
}

export interface Schema {
  readonly majorVersion: number;
  /** Words that a name must be quoted for. */
  readonly keywords: ReadonlySet<string>;
  readonly objects: ReadonlyMap<string, SchemaObject>;
  /** An object → those that it needs, directly. */
  readonly needs: ReadonlyMap<string, ReadonlySet<string>>;
}

export function objectsOfKind<Kind extends ObjectKind>(
  schema: Schema,
  ...kinds: Kind[]
): Extract<SchemaObject, { kind: Kind }>[] {
  const wanted: ReadonlySet<string> = new Set(kinds);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the filter is the guarantee
  return [...schema.objects.values()].filter((one) => wanted.has(one.kind)) as Extract<SchemaObject, { kind: Kind }>[];
}

/** What stands in a table, of some kinds. */
export function partsOf<Kind extends 'column' | 'constraint' | 'index' | 'trigger' | 'policy'>(
  schema: Schema,
  table: string,
  kind: Kind,
): Extract<SchemaObject, { kind: Kind }>[] {
  const parts: readonly Extract<SchemaObject, { kind: Kind }>[] = objectsOfKind(schema, kind);
  return parts.filter((one) => 'table' in one && one.table === table);
}

/** Whether one of a table's columns, given by name, is among keys. */
export function hasColumn(keys: ReadonlySet<string>, table: string, names: readonly string[]): boolean {
  return names.some((name) => keys.has(`${table.replace(/^table/, 'column')}.${name}`));
}

export function findObject<Kind extends ObjectKind>(
  schema: Schema,
  key: string,
  kind: Kind,
): Extract<SchemaObject, { kind: Kind }> | undefined {
  const found = schema.objects.get(key);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the comparison is the guarantee
  return found?.kind === kind ? (found as Extract<SchemaObject, { kind: Kind }>) : undefined;
}

/** How people call it: `column task.title`. */
export function labelOf(object: SchemaObject): string {
  switch (object.kind) {
    case 'column':
      return `column ${object.tableSql}.${object.name}`;
    case 'constraint':
      return `constraint ${object.name} of ${object.tableSql}`;
    case 'trigger':
    case 'policy':
      return `${object.kind} ${object.name} of ${object.tableSql}`;
    case 'table':
      return `${object.isPartitioned ? 'partitioned table' : 'table'} ${object.sql}`;
    case 'other':
      return `${object.type} ${object.sql}`;
    case 'schema':
    case 'extension':
    case 'enum':
    case 'domain':
    case 'composite type':
    case 'collation':
    case 'sequence':
    case 'index':
    case 'view':
    case 'materialized view':
    case 'function':
    case 'procedure':
    case 'statistics':
    default:
      return `${object.kind} ${object.sql}`;
  }
}
