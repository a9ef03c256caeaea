import type { QualifiedName } from '../sql-statements.ts';
import type { ColumnDefinition, ConstraintDefinition, TypeName } from './operation.ts';

/** What the revisions themselves say about the schema, up to a statement. What they did not create is unknown, not absent. */
export interface SchemaState {
  readonly tables: Map<string, TableState>;
  readonly indexes: Map<string, IndexState>;
  readonly views: Map<string, { readonly madeIn: string }>;
  /** Enums and domains. True: a domain with a constraint. */
  readonly types: Map<string, boolean>;
  /** True: volatile. */
  readonly functions: Map<string, boolean>;
  readonly defaultSchema: string;
}

export interface TableState {
  /** Who may change its maps in place: a fork copies a table before it changes it. */
  readonly owner: SchemaState;
  readonly name: QualifiedName;
  /** The revision and direction that created it. */
  readonly madeIn: string;
  readonly columns: Map<string, ColumnState>;
  readonly constraints: Map<string, ConstraintState>;
  readonly isPartitioned: boolean;
  /** Of a partitioned table: every other partition that comes makes PostgreSQL read this one. */
  readonly defaultPartition: QualifiedName | undefined;
  readonly isTemporary: boolean;
  readonly policies: number;
}

export interface ColumnState {
  readonly type: TypeName;
  readonly notNull: boolean;
}

export interface ConstraintState extends ConstraintDefinition {
  /** The revision and direction that added it. */
  readonly madeIn: string;
  readonly isValidated: boolean;
}

export interface IndexState {
  readonly table: QualifiedName;
  readonly columns: readonly string[];
  readonly unique: boolean;
}

export function emptyState(defaultSchema: string): SchemaState {
  return {
    tables: new Map(),
    indexes: new Map(),
    views: new Map(),
    types: new Map(),
    functions: new Map(),
    defaultSchema,
  };
}

/** A copy that goes its own way. The original must rest until the copy is no longer needed. */
export function forkState(state: SchemaState): SchemaState {
  return {
    tables: new Map(state.tables),
    indexes: new Map(state.indexes),
    views: new Map(state.views),
    types: new Map(state.types),
    functions: new Map(state.functions),
    defaultSchema: state.defaultSchema,
  };
}

export function keyOf(state: Pick<SchemaState, 'defaultSchema'>, { schema, name }: QualifiedName): string {
  return `${schema ?? state.defaultSchema}.${name}`;
}

export function findTable(state: SchemaState, name: QualifiedName): TableState | undefined {
  return state.tables.get(keyOf(state, name));
}

export function findColumn(state: SchemaState, table: QualifiedName, column: string): ColumnState | undefined {
  return findTable(state, table)?.columns.get(column);
}

export function findConstraint(state: SchemaState, table: QualifiedName, name: string): ConstraintState | undefined {
  return findTable(state, table)?.constraints.get(name);
}

/** The tables on the other side of a table's foreign keys, in both directions. */
export function relatedTables(state: SchemaState, table: QualifiedName): QualifiedName[] {
  const key = keyOf(state, table);
  const found = new Map<string, QualifiedName>();
  for (const [otherKey, other] of state.tables) {
    for (const { kind, references } of other.constraints.values()) {
      if (kind !== 'foreign_key' || !references) continue;
      const target = keyOf(state, references);
      if (otherKey === key && target !== key) found.set(target, references);
      if (target === key && otherKey !== key) found.set(otherKey, other.name);
    }
  }
  return [...found.values()];
}

/** Whether an index or a key that the revisions made has the column. */
export function isIndexed(state: SchemaState, table: QualifiedName, column: string): boolean {
  const key = keyOf(state, table);
  const keys = [...(findTable(state, table)?.constraints.values() ?? [])].filter(
    ({ kind }) => kind === 'unique' || kind === 'primary_key' || kind === 'exclude',
  );
  const indexes = [...state.indexes.values()].filter((one) => keyOf(state, one.table) === key);
  return [...keys, ...indexes].some(({ columns }) => columns.includes(column));
}

/** Whether a CHECK that holds for every row says that the column is not null. */
export function provesNotNull(state: SchemaState, table: QualifiedName, column: string): boolean {
  const known = findTable(state, table);
  if (!known) return false;
  if (known.columns.get(column)?.notNull) return true;
  return [...known.constraints.values()].some(
    (one) =>
      one.isValidated &&
      (one.provesNotNull.includes(column) ||
        (one.kind === 'primary_key' && one.columns.includes(column)) ||
        (one.kind === 'not_null' && one.columns.includes(column))),
  );
}

export function columnState({ type, notNull }: ColumnDefinition): ColumnState {
  return { type, notNull };
}
