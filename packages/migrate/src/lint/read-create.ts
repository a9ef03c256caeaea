import type { CreateFunctionStmt, CreateStmt, DefElem, IndexStmt, Node } from 'libpg-query';
import type { OperationBody } from './operation.ts';
import { needs, needsOf } from './read-alter-table.ts';
import { readColumn, readConstraint } from './read-definitions.ts';
import { readName, readRange, textOf } from './read-names.ts';

export function readCreateTable(statement: CreateStmt): OperationBody[] {
  const table = readRange(statement.relation);
  const elements = statement.tableElts ?? [];
  const columns = elements.flatMap((one) => ('ColumnDef' in one ? [readColumn(one.ColumnDef, table)] : []));
  const constraints = elements.flatMap((one) =>
    'Constraint' in one ? (readConstraint(one.Constraint, table) ?? []) : [],
  );
  const [parent] = statement.partbound ? (statement.inhRelations ?? []) : [];
  const create: OperationBody = {
    kind: 'create_table',
    table,
    columns,
    constraints,
    partitionOf: parent && 'RangeVar' in parent ? readRange(parent.RangeVar) : undefined,
    isDefaultPartition: statement.partbound?.is_default === true,
    isPartitioned: statement.partspec !== undefined,
    isTemporary: statement.relation?.relpersistence === 't',
    ifNotExists: statement.if_not_exists === true,
  };
  const all = [...constraints, ...columns.flatMap((column) => column.constraints)];
  const virtual = columns.some((column) => column.generated === 'virtual');
  return [...(virtual ? [needs(18, 'a VIRTUAL generated column')] : []), ...all.flatMap(needsOf), create];
}

/** CREATE TABLE AS and SELECT INTO: columns are known to the server alone. */
export function readTableFromQuery(into: Node | undefined, isMaterialized: boolean): OperationBody[] {
  const range = into && 'IntoClause' in into ? into.IntoClause.rel : undefined;
  if (!range) return [];
  const table = readRange(range);
  if (isMaterialized) return [{ kind: 'create_view', view: table, replace: false, isMaterialized }];
  const isTemporary = range.relpersistence === 't';
  const unknown = {
    columns: [],
    constraints: [],
    partitionOf: undefined,
    isDefaultPartition: false,
    isPartitioned: false,
    ifNotExists: false,
  };
  return [{ kind: 'create_table', table, isTemporary, ...unknown }];
}

export function readCreateIndex(statement: IndexStmt): OperationBody[] {
  const table = readRange(statement.relation);
  const elements = (statement.indexParams ?? []).flatMap((one) => ('IndexElem' in one ? [one.IndexElem] : []));
  const columns = elements.flatMap((one) => (one.name === undefined ? [] : [one.name]));
  const create: OperationBody = {
    kind: 'create_index',
    table,
    name: statement.idxname ?? [table.name, ...columns, 'idx'].join('_'),
    columns,
    unique: statement.unique === true,
    concurrent: statement.concurrent === true,
    only: statement.relation?.inh !== true,
    ifNotExists: statement.if_not_exists === true,
    isPartial: statement.whereClause !== undefined,
    hasExpressions: columns.length < elements.length,
  };
  return [create];
}

export function readCreateFunction(statement: CreateFunctionStmt): OperationBody[] {
  const options = (statement.options ?? []).flatMap((one) => ('DefElem' in one ? [one.DefElem] : []));
  const volatility = textOf(findOption(options, 'volatility')?.arg);
  const isDefiner = isTrue(findOption(options, 'security')?.arg);
  const pinsPath = options.some((one) => {
    const { defname, arg } = one;
    return defname === 'set' && arg && 'VariableSetStmt' in arg && arg.VariableSetStmt.name === 'search_path';
  });
  return [
    {
      kind: 'create_function',
      name: readName(statement.funcname),
      isVolatile: volatility !== 'immutable' && volatility !== 'stable',
      isHijackable: isDefiner && !pinsPath,
    },
  ];
}

export function findOption(options: readonly DefElem[], name: string): DefElem | undefined {
  return options.find((one) => one.defname === name);
}

/** An option without a value is on; `off`, `false` and 0 turn it off. */
export function isOn(option: DefElem | undefined): boolean {
  if (!option) return false;
  return option.arg === undefined || isTrue(option.arg);
}

function isTrue(node: Node | undefined): boolean {
  if (!node) return false;
  if ('Boolean' in node) return node.Boolean.boolval === true;
  if ('Integer' in node) return (node.Integer.ival ?? 0) !== 0;
  return /^(?:on|true|yes|1)$/i.test(textOf(node));
}
