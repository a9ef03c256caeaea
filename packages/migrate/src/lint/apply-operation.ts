import type { QualifiedName } from '../sql-statements.ts';
import type { ConstraintDefinition, CreateTable, Operation, TypeName } from './operation.ts';
import { columnState, keyOf, type SchemaState, type TableState } from './schema-state.ts';

const unknownType: TypeName = { name: '', schema: undefined, modifiers: [], isArray: false };

/** Brings `state` to what holds after the operation. `section` names the revision and direction in which it stands. */
export function applyOperation(state: SchemaState, operation: Operation, section: string): void {
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- the default is meant: the rest changes nothing that is kept
  switch (operation.kind) {
    case 'create_table':
      createTable(state, operation, section);
      break;
    case 'drop_table':
      state.tables.delete(keyOf(state, operation.table));
      break;
    case 'soft_drop':
      if (operation.column === undefined) state.tables.delete(keyOf(state, operation.table));
      else changeColumns(state, operation, section);
      break;
    case 'rename_table':
      moveTable(state, operation.table, { schema: operation.table.schema, name: operation.to });
      break;
    case 'set_schema':
      moveTable(state, operation.table, { schema: operation.to, name: operation.table.name });
      break;
    case 'create_index':
      state.indexes.set(keyOf(state, { schema: operation.table.schema, name: operation.name }), operation);
      break;
    case 'drop_index':
      state.indexes.delete(keyOf(state, operation.index));
      break;
    case 'create_view':
      state.views.set(keyOf(state, operation.view), { madeIn: section });
      break;
    case 'drop_view':
      state.views.delete(keyOf(state, operation.view));
      break;
    case 'create_type':
      state.types.set(keyOf(state, operation.type), false);
      break;
    case 'create_domain':
      state.types.set(keyOf(state, operation.type), operation.isConstrained);
      break;
    case 'alter_domain':
      if (operation.change === 'add_constraint' || operation.change === 'set_not_null')
        state.types.set(keyOf(state, operation.type), true);
      break;
    case 'attach_partition':
      if (operation.isDefault) noteDefault(state, operation.table, operation.child);
      break;
    case 'create_function':
      state.functions.set(operation.name.name, operation.isVolatile);
      break;
    default:
      if ('table' in operation) changeColumns(state, operation, section);
  }
}

function createTable(state: SchemaState, operation: CreateTable, section: string): void {
  const key = keyOf(state, operation.table);
  // IF NOT EXISTS on a table that is there changes nothing.
  if (operation.ifNotExists && state.tables.has(key)) return;
  const constraints = [...operation.constraints, ...operation.columns.flatMap((column) => column.constraints)];
  state.tables.set(key, {
    owner: state,
    name: operation.table,
    madeIn: section,
    columns: new Map(operation.columns.map((column) => [column.name, columnState(column)])),
    constraints: new Map(constraints.map((one) => [one.name, { ...one, madeIn: section, isValidated: one.enforced }])),
    isPartitioned: operation.isPartitioned,
    isTemporary: operation.isTemporary,
    defaultPartition: undefined,
    policies: 0,
  });
  if (operation.partitionOf && operation.isDefaultPartition) noteDefault(state, operation.partitionOf, operation.table);
}

function noteDefault(state: SchemaState, parent: QualifiedName, partition: QualifiedName): void {
  state.tables.set(keyOf(state, parent), { ...ownTable(state, parent), defaultPartition: partition });
}

function moveTable(state: SchemaState, from: QualifiedName, to: QualifiedName): void {
  const table = state.tables.get(keyOf(state, from));
  if (!table) return;
  state.tables.delete(keyOf(state, from));
  state.tables.set(keyOf(state, to), { ...table, name: to });
}

/** A table that no revision created is known from here on by what is done to it. */
function ownTable(state: SchemaState, name: QualifiedName): TableState {
  const key = keyOf(state, name);
  const known = state.tables.get(key);
  if (known?.owner === state) return known;
  const nothing = { isPartitioned: false, isTemporary: false, defaultPartition: undefined, policies: 0 };
  const table = known
    ? { ...known, owner: state, columns: new Map(known.columns), constraints: new Map(known.constraints) }
    : { owner: state, name, madeIn: '', columns: new Map(), constraints: new Map(), ...nothing };
  state.tables.set(key, table);
  return table;
}

function changeColumns(
  state: SchemaState,
  operation: Extract<Operation, { table: QualifiedName }>,
  section: string,
): void {
  const table = ownTable(state, operation.table);
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- only these say something about columns
  switch (operation.kind) {
    case 'add_column': {
      if (operation.ifNotExists && table.columns.has(operation.column.name)) break;
      table.columns.set(operation.column.name, columnState(operation.column));
      for (const constraint of operation.column.constraints) addConstraint(table, constraint, section);
      break;
    }
    case 'drop_column':
      dropColumn(table, operation.column);
      break;
    case 'soft_drop':
      if (operation.column !== undefined) dropColumn(table, operation.column);
      break;
    case 'rename_column': {
      const column = table.columns.get(operation.column);
      if (!column) break;
      dropColumn(table, operation.column);
      table.columns.set(operation.to, column);
      break;
    }
    case 'alter_type': {
      const notNull = table.columns.get(operation.column)?.notNull === true;
      table.columns.set(operation.column, { type: operation.type, notNull });
      break;
    }
    case 'set_not_null':
    case 'drop_not_null': {
      const type = table.columns.get(operation.column)?.type ?? unknownType;
      table.columns.set(operation.column, { type, notNull: operation.kind === 'set_not_null' });
      break;
    }
    case 'create_policy':
    case 'drop_policy': {
      const policies = Math.max(0, table.policies + (operation.kind === 'create_policy' ? 1 : -1));
      state.tables.set(keyOf(state, operation.table), { ...table, policies });
      break;
    }
    default:
      changeConstraints(state, table, { operation, section });
  }
}

function changeConstraints(
  state: SchemaState,
  table: TableState,
  { operation, section }: { operation: Extract<Operation, { table: QualifiedName }>; section: string },
): void {
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- only these say something about constraints
  switch (operation.kind) {
    case 'add_constraint': {
      const { constraint } = operation;
      const name = constraint.usingIndex;
      const index = name === undefined ? undefined : state.indexes.get(keyOf(state, { ...operation.table, name }));
      addConstraint(table, index ? { ...constraint, columns: index.columns } : constraint, section);
      break;
    }
    case 'drop_constraint':
      table.constraints.delete(operation.name);
      break;
    case 'validate_constraint': {
      const known = table.constraints.get(operation.name);
      if (known) table.constraints.set(operation.name, { ...known, isValidated: true });
      break;
    }
    case 'rename_constraint': {
      const known = table.constraints.get(operation.name);
      table.constraints.delete(operation.name);
      if (known) table.constraints.set(operation.to, { ...known, name: operation.to });
      break;
    }
    default:
  }
}

function addConstraint(table: TableState, constraint: ConstraintDefinition, section: string): void {
  const isValidated = !constraint.notValid && constraint.enforced;
  table.constraints.set(constraint.name, { ...constraint, madeIn: section, isValidated });
  if (constraint.kind !== 'primary_key') return;
  for (const name of constraint.columns) {
    const column = table.columns.get(name);
    if (column) table.columns.set(name, { ...column, notNull: true });
  }
}

/** A column takes its constraints along. */
function dropColumn(table: TableState, name: string): void {
  table.columns.delete(name);
  for (const [key, { columns }] of table.constraints) if (columns.includes(name)) table.constraints.delete(key);
}
