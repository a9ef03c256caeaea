import type { AlterDomainStmt, DropStmt, Node, RenameStmt } from 'libpg-query';
import type { QualifiedName } from '../sql-statements.ts';
import { lockModes, type OperationBody } from './operation.ts';
import { readAlterTable } from './read-alter-table.ts';
import {
  findOption,
  isOn,
  readCreateFunction,
  readCreateIndex,
  readCreateTable,
  readTableFromQuery,
} from './read-create.ts';
import { readName, readObject, readRange, readTableOfObject } from './read-names.ts';
import { calledName, readRowStatement } from './read-rows.ts';

/**
 * What a statement does. One list for each action of an ALTER TABLE, one list for anything else. Statements that lock no
 * table and break nobody (COMMENT, GRANT, CREATE SEQUENCE) give an empty list.
 */
export function readStatement(node: Node): OperationBody[][] {
  if ('AlterTableStmt' in node) return readAlterTable(node.AlterTableStmt);
  return [readOther(node)];
}

function readOther(node: Node): OperationBody[] {
  if ('CreateStmt' in node) return readCreateTable(node.CreateStmt);
  if ('IndexStmt' in node) return readCreateIndex(node.IndexStmt);
  if ('DropStmt' in node) return readDrop(node.DropStmt);
  if ('RenameStmt' in node) return readRename(node.RenameStmt);
  const rows = readRowStatement(node);
  if (rows.length > 0) return [...rows, ...readSelectInto(node)].flatMap(asCatalogWrite);
  return readMaintenance(node) ?? readTypeStatement(node) ?? readTableStatement(node) ?? readRest(node);
}

function readSelectInto(node: Node): OperationBody[] {
  const into = 'SelectStmt' in node ? node.SelectStmt.intoClause : undefined;
  return into ? readTableFromQuery({ IntoClause: into }, false) : [];
}

/** pg_enum, pg_attribute and their like have no rules that keep them consistent. */
function asCatalogWrite(operation: OperationBody): OperationBody[] {
  const writes = ['update', 'delete', 'insert', 'merge'].includes(operation.kind);
  if (!writes || !('table' in operation)) return [operation];
  const { schema, name } = operation.table;
  const isCatalog = schema === 'pg_catalog' || (schema === undefined && /^pg_[a-z]+$/.test(name));
  return isCatalog ? [{ kind: 'write_catalog', table: operation.table }] : [operation];
}

function readMaintenance(node: Node): OperationBody[] | undefined {
  if ('VacuumStmt' in node) {
    const options = (node.VacuumStmt.options ?? []).flatMap((one) => ('DefElem' in one ? [one.DefElem] : []));
    if (!isOn(findOption(options, 'full'))) return [];
    const tables = (node.VacuumStmt.rels ?? []).flatMap((one) =>
      'VacuumRelation' in one ? [readRange(one.VacuumRelation.relation)] : [],
    );
    return (tables.length === 0 ? [everyTable] : tables).map((table) => rewrite(table, 'VACUUM FULL'));
  }
  if ('ClusterStmt' in node)
    return [rewrite(node.ClusterStmt.relation ? readRange(node.ClusterStmt.relation) : everyTable, 'CLUSTER')];
  if ('ReindexStmt' in node) {
    const { kind = '', relation, name, params } = node.ReindexStmt;
    const options = (params ?? []).flatMap((one) => ('DefElem' in one ? [one.DefElem] : []));
    const what = reindexed[kind] ?? 'table';
    const target = relation ? readRange(relation) : name === undefined ? undefined : { schema: undefined, name };
    return [{ kind: 'reindex', what, name: target, concurrent: isOn(findOption(options, 'concurrently')) }];
  }
  if ('AlterTableMoveAllStmt' in node) return [rewrite(everyTable, 'SET TABLESPACE')];
  return undefined;
}

const everyTable: QualifiedName = { schema: undefined, name: '' };
const reindexed: Partial<Record<string, Extract<OperationBody, { kind: 'reindex' }>['what']>> = {
  REINDEX_OBJECT_INDEX: 'index',
  REINDEX_OBJECT_TABLE: 'table',
  REINDEX_OBJECT_SCHEMA: 'schema',
  REINDEX_OBJECT_DATABASE: 'database',
  REINDEX_OBJECT_SYSTEM: 'system',
};

function rewrite(table: QualifiedName, how: 'VACUUM FULL' | 'CLUSTER' | 'SET TABLESPACE'): OperationBody {
  return { kind: 'rewrite_table', table, how };
}

function readTypeStatement(node: Node): OperationBody[] | undefined {
  if ('CreateEnumStmt' in node)
    return [{ kind: 'create_type', type: readName(node.CreateEnumStmt.typeName), isEnum: true }];
  if ('AlterEnumStmt' in node) {
    const { typeName, oldVal, newVal = '', newValNeighbor } = node.AlterEnumStmt;
    const type = readName(typeName);
    if (oldVal !== undefined) return [{ kind: 'rename_enum_value', type, value: oldVal }];
    return [{ kind: 'add_enum_value', type, value: newVal, placed: newValNeighbor !== undefined }];
  }
  if ('CreateDomainStmt' in node) {
    const { domainname, constraints } = node.CreateDomainStmt;
    const isConstrained = (constraints ?? []).some(
      (one) => 'Constraint' in one && ['CONSTR_CHECK', 'CONSTR_NOTNULL'].includes(one.Constraint.contype ?? ''),
    );
    return [{ kind: 'create_domain', type: readName(domainname), isConstrained }];
  }
  if ('AlterDomainStmt' in node) return [readAlterDomain(node.AlterDomainStmt)];
  return undefined;
}

const domainChanges: Partial<Record<string, Extract<OperationBody, { kind: 'alter_domain' }>['change']>> = {
  C: 'add_constraint',
  V: 'validate',
  O: 'set_not_null',
};

function readAlterDomain({ typeName, subtype = '', def }: AlterDomainStmt): OperationBody {
  const notValid = def !== undefined && 'Constraint' in def && def.Constraint.skip_validation === true;
  return { kind: 'alter_domain', type: readName(typeName), change: domainChanges[subtype] ?? 'other', notValid };
}

function readTableStatement(node: Node): OperationBody[] | undefined {
  if ('TruncateStmt' in node) {
    const cascade = node.TruncateStmt.behavior === 'DROP_CASCADE';
    return (node.TruncateStmt.relations ?? []).map((one) => ({ kind: 'truncate', table: readObject(one), cascade }));
  }
  if ('LockStmt' in node) {
    const lock = lockModes[(node.LockStmt.mode ?? 8) - 1] ?? 'ACCESS EXCLUSIVE';
    return (node.LockStmt.relations ?? []).map((one) => ({ kind: 'lock_table', table: readObject(one), lock }));
  }
  if ('CreateTrigStmt' in node) {
    const { relation, constrrel, trigname = '' } = node.CreateTrigStmt;
    const tables = [relation, constrrel].flatMap((one) => (one ? [readRange(one)] : []));
    return tables.map((table) => ({ kind: 'create_trigger', table, name: trigname }));
  }
  if ('RuleStmt' in node) return [{ kind: 'create_rule', table: readRange(node.RuleStmt.relation) }];
  if ('CreatePolicyStmt' in node) return [{ kind: 'create_policy', table: readRange(node.CreatePolicyStmt.table) }];
  if ('AlterPolicyStmt' in node) return [{ kind: 'alter_policy', table: readRange(node.AlterPolicyStmt.table) }];
  if ('CopyStmt' in node && node.CopyStmt.is_from === true)
    return [{ kind: 'copy_in', table: readRange(node.CopyStmt.relation) }];
  if ('AlterObjectSchemaStmt' in node) {
    const { objectType = '', relation, object, newschema = '' } = node.AlterObjectSchemaStmt;
    const isTable = objectType === 'OBJECT_TABLE' || objectType === 'OBJECT_FOREIGN_TABLE';
    if (isTable && relation) return [{ kind: 'set_schema', table: readRange(relation), to: newschema }];
    const name = relation ? readRange(relation) : readObject(object);
    return [{ kind: 'move_object', what: wordsOf(objectType), name }];
  }
  return undefined;
}

function readRest(node: Node): OperationBody[] {
  if ('ViewStmt' in node) {
    const { view, replace } = node.ViewStmt;
    return [{ kind: 'create_view', view: readRange(view), replace: replace === true, isMaterialized: false }];
  }
  if ('CreateTableAsStmt' in node) {
    const { into, objtype } = node.CreateTableAsStmt;
    return readTableFromQuery(into && { IntoClause: into }, objtype === 'OBJECT_MATVIEW');
  }
  if ('RefreshMatViewStmt' in node) {
    const { relation, concurrent } = node.RefreshMatViewStmt;
    return [{ kind: 'refresh_view', view: readRange(relation), concurrent: concurrent === true }];
  }
  if ('CreateFunctionStmt' in node) return readCreateFunction(node.CreateFunctionStmt);
  if ('VariableSetStmt' in node) return [{ kind: 'set_setting', name: node.VariableSetStmt.name ?? 'all' }];
  if ('CallStmt' in node) return [{ kind: 'opaque', what: `CALL ${calledName(node.CallStmt.funccall).name}` }];
  if ('ExecuteStmt' in node) return [{ kind: 'opaque', what: 'EXECUTE of a prepared statement' }];
  if ('ExplainStmt' in node && node.ExplainStmt.query) return readOther(node.ExplainStmt.query);
  if ('DropdbStmt' in node) return [dropObject('database', { schema: undefined, name: node.DropdbStmt.dbname ?? '' })];
  if ('DropOwnedStmt' in node) return [dropObject('everything owned by a role', { schema: undefined, name: '' })];
  return [];
}

function dropObject(what: string, name: QualifiedName, cascade = true): OperationBody {
  return { kind: 'drop_object', what, name, cascade };
}

function readDrop(statement: DropStmt): OperationBody[] {
  const cascade = statement.behavior === 'DROP_CASCADE';
  return (statement.objects ?? []).map((object): OperationBody => {
    // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- the default is meant: other objects are alike to the rules
    switch (statement.removeType) {
      case 'OBJECT_TABLE':
      case 'OBJECT_FOREIGN_TABLE':
        return { kind: 'drop_table', table: readObject(object), cascade };
      case 'OBJECT_INDEX':
        return { kind: 'drop_index', index: readObject(object), concurrent: statement.concurrent === true };
      case 'OBJECT_VIEW':
      case 'OBJECT_MATVIEW':
        return { kind: 'drop_view', view: readObject(object), cascade };
      case 'OBJECT_TRIGGER':
        return { kind: 'drop_trigger', table: readTableOfObject(object) };
      case 'OBJECT_RULE':
        return { kind: 'drop_rule', table: readTableOfObject(object) };
      case 'OBJECT_POLICY':
        return { kind: 'drop_policy', table: readTableOfObject(object) };
      default:
        return dropObject(wordsOf(statement.removeType ?? ''), readObject(object), cascade);
    }
  });
}

function readRename(statement: RenameStmt): OperationBody[] {
  const { renameType = '', relation, object, subname = '', newname = '' } = statement;
  const table = readRange(relation);
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- the default is meant: other objects are alike to the rules
  switch (renameType) {
    case 'OBJECT_COLUMN':
    case 'OBJECT_ATTRIBUTE': {
      const on =
        renameType === 'OBJECT_ATTRIBUTE' ? 'type' : statement.relationType === 'OBJECT_VIEW' ? 'view' : 'table';
      return [{ kind: 'rename_column', table, column: subname, to: newname, on }];
    }
    case 'OBJECT_TABLE':
    case 'OBJECT_FOREIGN_TABLE':
      return [{ kind: 'rename_table', table, to: newname }];
    case 'OBJECT_TABCONSTRAINT':
      return [{ kind: 'rename_constraint', table, name: subname, to: newname }];
    case 'OBJECT_INDEX':
      return [{ kind: 'rename_index', index: table, to: newname }];
    case 'OBJECT_TRIGGER':
    case 'OBJECT_POLICY':
    case 'OBJECT_RULE':
      return [{ kind: 'set_table_option', table, lock: 'ACCESS EXCLUSIVE' }];
    case 'OBJECT_DOMCONSTRAINT':
    case 'OBJECT_ROLE':
    case 'OBJECT_STATISTIC_EXT':
      return [];
    default: {
      const named = relation ? table : object ? readObject(object) : { schema: undefined, name: subname };
      return [{ kind: 'rename_object', what: wordsOf(renameType), name: named }];
    }
  }
}

function wordsOf(objectType: string): string {
  return objectType.replace('OBJECT_', '').replaceAll('_', ' ').replace('MATVIEW', 'MATERIALIZED VIEW').toLowerCase();
}
