import type { QualifiedName } from '../sql-statements.ts';
import type { ConstraintDefinition, CreateTable, Operation } from './operation.ts';
import {
  type ConstraintState,
  columnState,
  keyOf,
  type SchemaState,
  type TableState,
} from './schema-state.ts';

/** Brings `state` to what holds after the operation. `section` names the revision and direction in which it stands. */
export function applyOperation(state: SchemaState, operation: Operation, section: string): void {
  switch (operation.kind) {
    case 'create_table':
      createTable(state, operation, section);
      break;
    case 'drop_table':
      state.tables.delete(keyOf(state, operation.table));
      break;
    case 'soft_drop':
      if (operation.column === undefined) state.tables.delete(keyOf(state, operation.table));
      else updateTable(state, operation.table, (table) => withoutColumn(table, operation.column ?? ''));
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
    case 'create_function':
      state.functions.set(operation.name.name, operation.isVolatile);
      break;
    default:
      if ('table' in operation) updateTable(state, operation.table, (table) => changeTable(state, table, operation));
  }
}

function createTable(state: SchemaState, operation: CreateTable, section: string): void {
  const key = keyOf(state, operation.table);
  // IF NOT EXISTS on a table that is there changes nothing.
  if (operation.ifNotExists && state.tables.has(key)) return;
  const constraints = [...operation.constraints, ...operation.columns.flatMap((column) => column.constraints)];
  state.tables.set(key, {
    name: operation.table,
    madeIn: section,
    columns: new Map(operation.columns.map((column) => [column.name, columnState(column)])),
    constraints: new Map(constraints.map((one) => [one.name, { ...one, isValidated: true }])),
    isPartitioned: operation.isPartitioned,
    isTemporary: operation.isTemporary,
    policies: 0,
  });
}

function moveTable(state: SchemaState, from: QualifiedName, to: QualifiedName): void {
  const table = state.tables.get(keyOf(state, from));
  if (!table) return;
  state.tables.delete(keyOf(state, from));
  state.tables.set(keyOf(state, to), { ...table, name: to });
}

/** A table that no revision created is known from here on by what is done to it. */
function updateTable(state: SchemaState, name: QualifiedName, change: (table: TableState) => TableState): void {
  const key = keyOf(state, name);
  state.tables.set(key, change(state.tables.get(key) ?? unknownTable(name)));
}

function unknownTable(name: QualifiedName): TableState {
  const nothing = { isPartitioned: false, isTemporary: false, policies: 0 };
  return { name, madeIn: '', columns: new Map(), constraints: new Map(), ...nothing };
}

function changeTable(state: SchemaState, table: TableState, operation: Operation): TableState {
  switch (operation.kind) {
    case 'add_column': {
      if (operation.ifNotExists && table.columns.has(operation.column.name)) return table;
      const { column } = operation;
      const columns = new Map(table.columns).set(column.name, columnState(column));
      return column.constraints.reduce(withConstraint, { ...table, columns });
    }
    case 'drop_column':
      return withoutColumn(table, operation.column);
    case 'rename_column': {
      const column = table.columns.get(operation.column);
      if (!column) return table;
      const { columns } = withoutColumn(table, operation.column);
      return { ...table, columns: new Map(columns).set(operation.to, column) };
    }
    case 'alter_type': {
      const notNull = table.columns.get(operation.column)?.notNull === true;
      return { ...table, columns: new Map(table.columns).set(operation.column, { type: operation.type, notNull }) };
    }
    case 'set_not_null':
    case 'drop_not_null': {
      const column = table.columns.get(operation.column);
      const type = column?.type ?? { name: '', schema: undefined, modifiers: [], isArray: false };
      const notNull = operation.kind === 'set_not_null';
      return { ...table, columns: new Map(table.columns).set(operation.column, { type, notNull }) };
    }
    case 'create_policy':
      return { ...table, policies: table.policies + 1 };
    case 'drop_policy':
      return { ...table, policies: Math.max(0, table.policies - 1) };
    default:
      return changeConstraints(state, table, operation);
  }
}

function changeConstraints(state: SchemaState, table: TableState, operation: Operation): TableState {
  switch (operation.kind) {
    case 'add_constraint': {
      const { constraint } = operation;
      const index = constraint.usingIndex;
      const columns = index === undefined ? undefined : state.indexes.get(keyOf(state, { ...table.name, name: index }));
      return withConstraint(table, columns ? { ...constraint, columns: columns.columns } : constraint);
    }
    case 'drop_constraint': {
      const constraints = new Map(table.constraints);
      constraints.delete(operation.name);
      return { ...table, constraints };
    }
    case 'validate_constraint': {
      const known = table.constraints.get(operation.name);
      if (!known) return table;
      const constraints = new Map(table.constraints).set(operation.name, { ...known, isValidated: true });
      return { ...table, constraints };
    }
    case 'rename_constraint': {
      const known = table.constraints.get(operation.name);
      if (!known) return table;
      const constraints = new Map(table.constraints);
      constraints.delete(operation.name);
      return { ...table, constraints: constraints.set(operation.to, { ...known, name: operation.to }) };
    }
    default:
      return table;
  }
}

function withConstraint(table: TableState, constraint: ConstraintDefinition): TableState {
  const known: ConstraintState = { ...constraint, isValidated: !constraint.notValid && constraint.enforced };
  const columns = new Map(table.columns);
  if (constraint.kind === 'primary_key') {
    for (const name of constraint.columns) {
      const column = columns.get(name);
      if (column) columns.set(name, { ...column, notNull: true });
    }
  }
  return { ...table, columns, constraints: new Map(table.constraints).set(constraint.name, known) };
}

/** A column takes its constraints along. */
function withoutColumn(table: TableState, name: string): TableState {
  const columns = new Map(table.columns);
  columns.delete(name);
  const kept = [...table.constraints].filter(([, one]) => !one.columns.includes(name));
  return { ...table, columns, constraints: new Map(kept) };
}
