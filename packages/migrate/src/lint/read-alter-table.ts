import type { AlterTableCmd, AlterTableStmt, ColumnDef, Node } from 'libpg-query';
import type { QualifiedName } from '../sql-statements.ts';
import type { LockMode, OperationBody } from './operation.ts';
import { readColumn, readConstraint } from './read-definitions.ts';
import { readRange, readType, textsOf } from './read-names.ts';

/** One list of operations for each action; the caller knows where each stands. */
export function readAlterTable(statement: AlterTableStmt): OperationBody[][] {
  const table = readRange(statement.relation);
  const actions = (statement.cmds ?? []).flatMap((one) => ('AlterTableCmd' in one ? [one.AlterTableCmd] : []));
  if (statement.objtype === 'OBJECT_INDEX') return actions.map((action) => readIndexAction(action, table));
  if (statement.objtype === 'OBJECT_TYPE') return actions.map(() => []);
  if (statement.objtype === 'OBJECT_SEQUENCE' || statement.objtype === 'OBJECT_VIEW') return actions.map(() => []);
  return actions.map((action) => readAction(action, table));
}

function readIndexAction(action: AlterTableCmd, index: QualifiedName): OperationBody[] {
  const child = partitionOf(action.def)?.name;
  if (action.subtype === 'AT_AttachPartition' && child) return [{ kind: 'attach_index', index, child }];
  if (action.subtype === 'AT_SetTableSpace') return [{ kind: 'rewrite_table', table: index, how: 'SET TABLESPACE' }];
  return [];
}

function readAction(action: AlterTableCmd, table: QualifiedName): OperationBody[] {
  const column = action.name ?? '';
  const cascade = action.behavior === 'DROP_CASCADE';
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- the default is meant: the rest is read by readTableAction()
  switch (action.subtype) {
    case 'AT_AddColumn':
      return readAddColumn(action, table);
    case 'AT_DropColumn':
      return [{ kind: 'drop_column', table, column, cascade }];
    case 'AT_AlterColumnType':
      return [readAlterType(columnOf(action.def), { table, column })];
    case 'AT_SetNotNull':
      return [{ kind: 'set_not_null', table, column }];
    case 'AT_DropNotNull':
      return [{ kind: 'drop_not_null', table, column }];
    case 'AT_ColumnDefault':
      return [{ kind: 'set_default', table, column }];
    case 'AT_SetExpression':
      return [needs(17, 'SET EXPRESSION'), { kind: 'set_expression', table, column }];
    case 'AT_DropExpression':
      return [{ kind: 'drop_expression', table, column }];
    case 'AT_AddIdentity':
      return [{ kind: 'add_identity', table, column }];
    case 'AT_DropIdentity':
      return [{ kind: 'drop_identity', table, column }];
    case 'AT_AddConstraint':
      return readAddConstraint(action, table);
    case 'AT_DropConstraint':
      return [{ kind: 'drop_constraint', table, name: column, cascade }];
    case 'AT_ValidateConstraint':
      return [{ kind: 'validate_constraint', table, name: column }];
    case 'AT_AlterConstraint':
      return readAlterConstraint(action.def, table);
    default:
      return readTableAction(action, table);
  }
}

function readTableAction(action: AlterTableCmd, table: QualifiedName): OperationBody[] {
  const { subtype = '' } = action;
  const rewrite = rewrites[subtype];
  if (rewrite) return [{ kind: 'rewrite_table', table, how: rewrite }];
  const security = rowSecurity[subtype];
  if (security) return [{ kind: 'row_security', table, change: security }];
  if (/^AT_(Enable|Disable)\w*Trig/.test(subtype))
    return [{ kind: 'switch_trigger', table, enabled: subtype.startsWith('AT_Enable') }];
  const partition = partitionOf(action.def);
  if (partition && subtype === 'AT_AttachPartition')
    return [{ kind: 'attach_partition', table, child: partition.name, isDefault: partition.isDefault }];
  if (partition && subtype.startsWith('AT_DetachPartition')) {
    const finalize = subtype === 'AT_DetachPartitionFinalize';
    const concurrent = partition.concurrent;
    return [{ kind: 'detach_partition', table, child: partition.name, concurrent, finalize }];
  }
  return [{ kind: 'set_table_option', table, lock: weakLocks[subtype] ?? 'ACCESS EXCLUSIVE' }];
}

const rewrites: Partial<Record<string, Extract<OperationBody, { kind: 'rewrite_table' }>['how']>> = {
  AT_SetLogged: 'SET LOGGED',
  AT_SetUnLogged: 'SET UNLOGGED',
  AT_SetTableSpace: 'SET TABLESPACE',
  AT_SetAccessMethod: 'SET ACCESS METHOD',
};
const rowSecurity: Partial<Record<string, Extract<OperationBody, { kind: 'row_security' }>['change']>> = {
  AT_EnableRowSecurity: 'enable',
  AT_DisableRowSecurity: 'disable',
  AT_ForceRowSecurity: 'force',
  AT_NoForceRowSecurity: 'no_force',
};
/** Everything else takes ACCESS EXCLUSIVE: AlterTableGetLockLevel() of PostgreSQL's tablecmds.c. */
const weakLocks: Partial<Record<string, LockMode>> = {
  AT_SetStatistics: 'SHARE UPDATE EXCLUSIVE',
  AT_SetOptions: 'SHARE UPDATE EXCLUSIVE',
  AT_ResetOptions: 'SHARE UPDATE EXCLUSIVE',
  AT_SetRelOptions: 'SHARE UPDATE EXCLUSIVE',
  AT_ResetRelOptions: 'SHARE UPDATE EXCLUSIVE',
  AT_ClusterOn: 'SHARE UPDATE EXCLUSIVE',
  AT_DropCluster: 'SHARE UPDATE EXCLUSIVE',
};

function readAddColumn(action: AlterTableCmd, table: QualifiedName): OperationBody[] {
  const definition = columnOf(action.def);
  if (!definition) return [];
  const column = readColumn(definition, table);
  const added: OperationBody = { kind: 'add_column', table, column, ifNotExists: action.missing_ok === true };
  return [...(column.generated === 'virtual' ? [needs(18, 'a VIRTUAL generated column')] : []), added];
}

function readAddConstraint(action: AlterTableCmd, table: QualifiedName): OperationBody[] {
  const node = action.def;
  const constraint = node && 'Constraint' in node ? readConstraint(node.Constraint, table) : undefined;
  if (!constraint) return [];
  return [...needsOf(constraint), { kind: 'add_constraint', table, constraint }];
}

export function needsOf(constraint: { kind: string; enforced: boolean; withoutOverlaps: boolean }): OperationBody[] {
  return [
    ...(constraint.kind === 'not_null' ? [needs(18, 'NOT NULL as a table constraint')] : []),
    ...(constraint.enforced ? [] : [needs(18, 'NOT ENFORCED')]),
    ...(constraint.withoutOverlaps ? [needs(18, 'WITHOUT OVERLAPS')] : []),
  ];
}

function readAlterConstraint(node: Node | undefined, table: QualifiedName): OperationBody[] {
  if (!node || !('ATAlterConstraint' in node)) return [];
  const { conname = '', alterEnforceability, is_enforced: enforced } = node.ATAlterConstraint;
  if (alterEnforceability !== true) return [{ kind: 'alter_constraint', table, name: conname, enforced: undefined }];
  const change: OperationBody = { kind: 'alter_constraint', table, name: conname, enforced: enforced === true };
  return [needs(18, '[NOT] ENFORCED'), change];
}

function readAlterType(
  definition: ColumnDef | undefined,
  place: { table: QualifiedName; column: string },
): OperationBody {
  const type = readType(definition?.typeName);
  const collates = definition?.collClause !== undefined;
  return { kind: 'alter_type', ...place, type, collates, converts: converts(definition?.raw_default, place.column) };
}

/** USING the column itself, or a plain cast of it, is what PostgreSQL does without USING. */
function converts(using: Node | undefined, column: string): boolean {
  if (!using) return false;
  if ('TypeCast' in using) return converts(using.TypeCast.arg, column);
  return !('ColumnRef' in using && textsOf(using.ColumnRef.fields).at(-1) === column);
}

function columnOf(node: Node | undefined): ColumnDef | undefined {
  return node && 'ColumnDef' in node ? node.ColumnDef : undefined;
}

function partitionOf(
  node: Node | undefined,
): { name: QualifiedName; isDefault: boolean; concurrent: boolean } | undefined {
  if (!node || !('PartitionCmd' in node)) return undefined;
  const { name, bound, concurrent } = node.PartitionCmd;
  return { name: readRange(name), isDefault: bound?.is_default === true, concurrent: concurrent === true };
}

export function needs(major: number, what: string): OperationBody {
  return { kind: 'needs_server', major, what };
}
