import type { QualifiedName } from '../sql-statements.ts';
import { type LockMode, lockModes, type Operation } from './operation.ts';
import {
  findColumn,
  findConstraint,
  findTable,
  isIndexed,
  keyOf,
  provesNotNull,
  relatedTables,
  type SchemaState,
} from './schema-state.ts';
import { keepsRows, rebuildsIndexes } from './type-change.ts';
import { findVolatileCall } from './volatility.ts';

/** What happens to one table that was there before, and for how long its lock is held. */
export interface Effect {
  readonly table: QualifiedName;
  readonly lock: LockMode;
  readonly cost: Cost;
}

/** Beyond the instant that any statement takes: all rows are read, written anew, sorted into an index, or changed by a query. */
export const costs = ['none', 'scan', 'rows', 'index', 'rewrite'] as const;
export type Cost = (typeof costs)[number];

export interface EffectContext {
  readonly state: SchemaState;
  readonly serverMajor: number;
}

/** The locks and costs that PostgreSQL's documentation and sources promise; tests hold them against measured ones. */
export function predictEffects(operation: Operation, context: EffectContext): Effect[] {
  const { state } = context;
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- the default is meant: what locks no table has no effect
  switch (operation.kind) {
    case 'create_table': {
      const parents = [operation.partitionOf].flatMap((one) =>
        one ? [effect(one, 'ACCESS EXCLUSIVE'), ...readsDefault(state, one)] : [],
      );
      const all = [...operation.constraints, ...operation.columns.flatMap((column) => column.constraints)];
      return [
        ...parents,
        ...all.flatMap((one) => (one.references ? [effect(one.references, 'SHARE ROW EXCLUSIVE')] : [])),
      ];
    }
    case 'drop_table': {
      const others = relatedTables(state, operation.table);
      return [operation.table, ...others].map((table) => effect(table, 'ACCESS EXCLUSIVE'));
    }
    case 'create_index':
      if (operation.only) return [effect(operation.table, 'SHARE')];
      return [effect(operation.table, operation.concurrent ? 'SHARE UPDATE EXCLUSIVE' : 'SHARE', 'index')];
    case 'drop_index': {
      const index = state.indexes.get(keyOf(state, operation.index));
      const lock = operation.concurrent ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE';
      return index ? [effect(index.table, lock)] : [];
    }
    case 'reindex':
      return reindexEffects(operation, state);
    case 'refresh_view': {
      const lock = operation.concurrent ? 'EXCLUSIVE' : 'ACCESS EXCLUSIVE';
      return [effect(operation.view, lock, operation.concurrent ? 'rows' : 'rewrite')];
    }
    case 'create_view':
      return operation.replace ? [effect(operation.view, 'ACCESS EXCLUSIVE')] : [];
    case 'drop_view':
      return [effect(operation.view, 'ACCESS EXCLUSIVE')];
    case 'attach_partition':
      return [
        effect(operation.table, 'SHARE UPDATE EXCLUSIVE'),
        effect(operation.child, 'ACCESS EXCLUSIVE', isAttachProven(state, operation.child) ? 'none' : 'scan'),
        ...readsDefault(state, operation.table),
      ];
    case 'detach_partition': {
      const lock = operation.concurrent || operation.finalize ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE';
      return [effect(operation.table, lock), effect(operation.child, operation.finalize ? 'ACCESS EXCLUSIVE' : lock)];
    }
    default:
      return 'table' in operation ? tableEffects(operation, context) : [];
  }
}

export function isAtLeast(lock: LockMode, least: LockMode): boolean {
  return lockModes.indexOf(lock) >= lockModes.indexOf(least);
}

/** A table that somebody checked already: PostgreSQL compares the CHECK with the bound, which only it can. */
export function isAttachProven(state: SchemaState, child: QualifiedName): boolean {
  const constraints = findTable(state, child)?.constraints.values() ?? [];
  return [...constraints].some((one) => one.kind === 'check' && one.isValidated);
}

/** None of its rows may belong to the partition that comes. */
function readsDefault(state: SchemaState, parent: QualifiedName): Effect[] {
  const partition = findTable(state, parent)?.defaultPartition;
  return partition ? [effect(partition, 'ACCESS EXCLUSIVE', 'scan')] : [];
}

function effect(table: QualifiedName, lock: LockMode, cost: Cost = 'none'): Effect {
  return { table, lock, cost };
}

function reindexEffects(operation: Extract<Operation, { kind: 'reindex' }>, state: SchemaState): Effect[] {
  const { name, what, concurrent } = operation;
  if (!name) return [];
  const lock = concurrent ? 'SHARE UPDATE EXCLUSIVE' : 'SHARE';
  if (what === 'table') return [effect(name, lock, 'index')];
  const index = what === 'index' ? state.indexes.get(keyOf(state, name)) : undefined;
  return index ? [effect(index.table, lock, 'index')] : [];
}

type OnTableOperation = Extract<Operation, { table: QualifiedName }>;

function tableEffects(operation: OnTableOperation, context: EffectContext): Effect[] {
  const { table } = operation;
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- the default is meant: an instant under ACCESS EXCLUSIVE
  switch (operation.kind) {
    case 'add_column': {
      const { constraints } = operation.column;
      const parents = constraints.flatMap((one) => (one.references ? [one.references] : []));
      return [
        effect(table, 'ACCESS EXCLUSIVE', addColumnCost(operation, context)),
        ...parents.map((parent) => effect(parent, 'SHARE ROW EXCLUSIVE')),
      ];
    }
    case 'drop_column': {
      const constraints = [...(findTable(context.state, table)?.constraints.values() ?? [])];
      const keys = constraints.filter((one) => one.kind === 'foreign_key' && one.columns.includes(operation.column));
      const parents = keys.flatMap((one) => (one.references ? [one.references] : []));
      return [table, ...parents].map((one) => effect(one, 'ACCESS EXCLUSIVE'));
    }
    case 'alter_type': {
      const cost = typeChangeCost(operation, context.state);
      return [effect(table, 'ACCESS EXCLUSIVE', cost)];
    }
    case 'set_not_null':
      return [
        effect(table, 'ACCESS EXCLUSIVE', provesNotNull(context.state, table, operation.column) ? 'none' : 'scan'),
      ];
    case 'add_constraint':
      return constraintEffects(operation, context.state);
    case 'validate_constraint': {
      const parent = findConstraint(context.state, table, operation.name)?.references;
      return [effect(table, 'SHARE UPDATE EXCLUSIVE', 'scan'), ...(parent ? [effect(parent, 'ROW SHARE')] : [])];
    }
    case 'drop_constraint':
    case 'alter_constraint': {
      const parent = findConstraint(context.state, table, operation.name)?.references;
      return [table, ...(parent ? [parent] : [])].map((one) => effect(one, 'ACCESS EXCLUSIVE'));
    }
    case 'create_trigger':
    case 'switch_trigger':
      return [effect(table, 'SHARE ROW EXCLUSIVE')];
    case 'rewrite_table':
    case 'set_expression':
      return [effect(table, 'ACCESS EXCLUSIVE', 'rewrite')];
    case 'set_table_option':
    case 'lock_table':
      return [effect(table, operation.lock)];
    default:
      return rowEffects(operation);
  }
}

/** Of a type that no revision tells, the worst. */
export function typeChangeCost(
  { table, column, type, converts, collates }: Extract<Operation, { kind: 'alter_type' }>,
  state: SchemaState,
): Cost {
  const before = findColumn(state, table, column)?.type;
  if (!before || before.name === '' || converts || !keepsRows(before, type)) return 'rewrite';
  return (collates || rebuildsIndexes(before, type)) && isIndexed(state, table, column) ? 'index' : 'none';
}

function rowEffects(operation: OnTableOperation): Effect[] {
  const { kind, table } = operation;
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- the default is meant: an instant under ACCESS EXCLUSIVE
  switch (kind) {
    case 'insert':
      return [effect(table, 'ROW EXCLUSIVE', operation.fromTables && !operation.usesBatchKeys ? 'rows' : 'none')];
    case 'update':
    case 'delete':
    case 'merge': {
      const isShort = operation.bound === 'constants' || operation.usesBatchKeys;
      return [effect(table, 'ROW EXCLUSIVE', isShort ? 'none' : 'rows')];
    }
    case 'copy_in':
      return [effect(table, 'ROW EXCLUSIVE', 'rows')];
    case 'write_catalog':
      return [];
    default:
      return [effect(table, 'ACCESS EXCLUSIVE')];
  }
}

function addColumnCost({ column }: Extract<Operation, { kind: 'add_column' }>, context: EffectContext): Cost {
  const { state, serverMajor } = context;
  const isSerial = /^(?:big|small)?serial$/.test(column.type.name);
  const isConstrained = state.types.get(keyOf(state, column.type)) === true;
  const isVolatile = findVolatileCall(column.default, state) !== undefined;
  const isOld = serverMajor < 11 && column.default !== undefined;
  if (isSerial || column.identity || column.generated === 'stored' || isConstrained || isVolatile || isOld)
    return 'rewrite';
  const kinds = column.constraints.filter((one) => one.enforced).map((one) => one.kind);
  if (kinds.includes('unique') || kinds.includes('primary_key')) return 'index';
  return kinds.includes('check') || (kinds.includes('foreign_key') && column.default !== undefined) ? 'scan' : 'none';
}

function constraintEffects(
  { table, constraint }: Extract<Operation, { kind: 'add_constraint' }>,
  state: SchemaState,
): Effect[] {
  const { kind, references, usingIndex } = constraint;
  const cost = !constraint.notValid && constraint.enforced ? 'scan' : 'none';
  if (kind === 'foreign_key') {
    const on = effect(table, 'SHARE ROW EXCLUSIVE', cost);
    return [on, ...(references ? [effect(references, 'SHARE ROW EXCLUSIVE')] : [])];
  }
  if (kind === 'check' || kind === 'not_null') return [effect(table, 'ACCESS EXCLUSIVE', cost)];
  if (usingIndex === undefined) return [effect(table, 'ACCESS EXCLUSIVE', 'index')];
  const reads = kind === 'primary_key' && nullableColumns(state, table, usingIndex).length > 0;
  return [effect(table, 'ACCESS EXCLUSIVE', reads ? 'scan' : 'none')];
}

/** Of an index that is to become a primary key: those that are known and not known to be NOT NULL. */
export function nullableColumns(state: SchemaState, table: QualifiedName, index: string): string[] {
  const columns = state.indexes.get(keyOf(state, { schema: table.schema, name: index }))?.columns ?? [];
  return columns.filter((name) => findColumn(state, table, name) !== undefined && !provesNotNull(state, table, name));
}
