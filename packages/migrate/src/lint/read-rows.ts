import type { Node, SelectStmt } from 'libpg-query';
import { scanSql } from '../sql-lexer.ts';
import type { QualifiedName } from '../sql-statements.ts';
import type { OperationBody, RowBound } from './operation.ts';
import { readName, readRange } from './read-names.ts';

/** INSERT, UPDATE, DELETE, MERGE, SELECT, also those inside WITH; empty for other statements. */
export function readRowStatement(node: Node): OperationBody[] {
  if ('UpdateStmt' in node) {
    const { relation, whereClause, withClause, targetList, fromClause } = node.UpdateStmt;
    const change = changeOf('update', relation && readRange(relation), { node, where: whereClause, from: fromClause });
    return [...inWith(withClause?.ctes), ...change.map((one) => ({ ...one, duplicates: duplicates(targetList) }))];
  }
  if ('DeleteStmt' in node) {
    const { relation, whereClause, withClause, usingClause } = node.DeleteStmt;
    const change = changeOf('delete', relation && readRange(relation), { node, where: whereClause, from: usingClause });
    return [...inWith(withClause?.ctes), ...change];
  }
  if ('MergeStmt' in node) {
    const { relation, withClause } = node.MergeStmt;
    const bound = { bound: 'condition', usesBatchKeys: mentionsBatchKeys(node), duplicates: [] } as const;
    return [...inWith(withClause?.ctes), { kind: 'merge', table: readRange(relation), ...bound }];
  }
  if ('InsertStmt' in node) {
    const { relation, selectStmt, withClause } = node.InsertStmt;
    const table = readRange(relation);
    const fromTables = selectStmt !== undefined && readsTables(selectStmt);
    const insert = { kind: 'insert', table, fromTables, usesBatchKeys: mentionsBatchKeys(node) } as const;
    return [...inWith(withClause?.ctes), insert];
  }
  return 'SelectStmt' in node ? readSelect(node.SelectStmt) : [];
}

/** Every constant of text in a statement. */
export function textConstants(node: unknown): string[] {
  const found: string[] = [];
  walk(node, (key, value) => {
    if (key !== 'A_Const' || typeof value !== 'object' || value === null || !('sval' in value)) return;
    const inner: unknown = value.sval;
    if (typeof inner === 'object' && inner !== null && 'sval' in inner && typeof inner.sval === 'string')
      found.push(inner.sval);
  });
  return found;
}

function readSelect(select: SelectStmt): OperationBody[] {
  const calls: QualifiedName[] = [];
  const drops: OperationBody[] = [];
  walk(select, (key, value) => {
    if (key !== 'FuncCall') return;
    const name = calledName(value);
    if (/^(?:soft_drop|restore|take_back)_/.test(name.name)) drops.push(...readSoftDrop(name.name, value));
    else calls.push(name);
  });
  const locksRows = (select.lockingClause ?? []).length > 0;
  return [...inWith(select.withClause?.ctes), ...drops, { kind: 'select', calls, locksRows }];
}

/** Its first argument is the text of a regclass: names that may be quoted. */
function readSoftDrop(call: string, value: unknown): OperationBody[] {
  const [target, column] = textConstants(value);
  if (target === undefined || !['soft_drop_column', 'soft_drop_table', 'take_back_column'].includes(call)) return [];
  const parts = scanSql(target)
    .tokens.filter((token) => token.kind !== 'symbol')
    .map((token) => token.text);
  const table = { schema: parts.at(-2), name: parts.at(-1) ?? '' };
  if (call === 'take_back_column') return [{ kind: 'take_back', table, column }];
  return [{ kind: 'soft_drop', table, column: call === 'soft_drop_column' ? column : undefined }];
}

export function calledName(value: unknown): QualifiedName {
  const names: unknown =
    typeof value === 'object' && value !== null && 'funcname' in value ? value.funcname : undefined;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the parser gives every call a list of String nodes
  return readName(Array.isArray(names) ? (names as Node[]) : undefined);
}

/** Calls `visit` for every key of the tree. */
export function walk(value: unknown, visit: (key: string, value: unknown) => void): void {
  if (Array.isArray(value)) for (const item of value) walk(item, visit);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, part] of Object.entries(value)) {
      visit(key, part);
      walk(part, visit);
    }
  }
}

interface Condition {
  readonly node: Node;
  readonly where: Node | undefined;
  readonly from: readonly Node[] | undefined;
}

type RowChange = Extract<OperationBody, { kind: 'update' | 'delete' | 'merge' }>;

function changeOf(
  kind: 'update' | 'delete',
  table: QualifiedName | undefined,
  { node, where }: Condition,
): RowChange[] {
  if (!table) return [];
  return [{ kind, table, bound: boundOf(where), usesBatchKeys: mentionsBatchKeys(node), duplicates: [] }];
}

function boundOf(where: Node | undefined): RowBound {
  if (!where || isAlwaysTrue(where)) return 'none';
  return namesRows(where) ? 'constants' : 'condition';
}

/** WHERE true, WHERE 1 = 1: written to silence a tool. */
function isAlwaysTrue(node: Node): boolean {
  if ('A_Const' in node) return node.A_Const.boolval?.boolval === true;
  if ('A_Expr' in node) {
    const { lexpr, rexpr, kind } = node.A_Expr;
    return kind === 'AEXPR_OP' && isConstant(lexpr) && isConstant(rexpr);
  }
  if ('BoolExpr' in node) {
    const args = node.BoolExpr.args ?? [];
    return node.BoolExpr.boolop === 'OR_EXPR' ? args.some(isAlwaysTrue) : args.every(isAlwaysTrue);
  }
  return false;
}

/** One of the conditions that must all hold compares a column with constants: as many rows as a person wrote down. */
function namesRows(node: Node): boolean {
  if ('BoolExpr' in node) {
    const args = node.BoolExpr.args ?? [];
    if (node.BoolExpr.boolop === 'AND_EXPR') return args.some(namesRows);
    return node.BoolExpr.boolop === 'OR_EXPR' && args.every(namesRows);
  }
  if (!('A_Expr' in node)) return false;
  const { kind, name, lexpr, rexpr } = node.A_Expr;
  const operator = readName(name).name;
  if (kind === 'AEXPR_OP' && operator === '=') {
    return (isColumn(lexpr) && isConstant(rexpr)) || (isColumn(rexpr) && isConstant(lexpr));
  }
  return kind === 'AEXPR_IN' && operator === '=' && isColumn(lexpr) && isConstant(rexpr);
}

function isColumn(node: Node | undefined): boolean {
  return node !== undefined && 'ColumnRef' in node;
}

/** A boolean names no rows: half of a table may be true. */
function isConstant(node: Node | undefined): boolean {
  if (!node) return false;
  if ('A_Const' in node) return node.A_Const.boolval === undefined && node.A_Const.isnull !== true;
  if ('TypeCast' in node) return isConstant(node.TypeCast.arg);
  return 'List' in node && (node.List.items ?? []).every(isConstant);
}

function readsTables(node: Node): boolean {
  let found = false;
  walk(node, (key) => {
    if (key === 'RangeVar') found = true;
  });
  return found;
}

function mentionsBatchKeys(node: Node): boolean {
  let found = false;
  walk(node, (key, value) => {
    if (key === 'relname' && value === 'batch_keys') found = true;
  });
  return found;
}

function inWith(expressions: readonly Node[] | undefined): OperationBody[] {
  return (expressions ?? []).flatMap((one) => {
    const query = 'CommonTableExpr' in one ? one.CommonTableExpr.ctequery : undefined;
    return query && !('SelectStmt' in query) ? readRowStatement(query) : [];
  });
}

function duplicates(targets: readonly Node[] | undefined): string[] {
  const names = (targets ?? []).flatMap((one) =>
    // a[1] = x, a[2] = y assign two parts of one column.
    'ResTarget' in one && !one.ResTarget.indirection ? [one.ResTarget.name ?? ''] : [],
  );
  return names.filter((name, index) => names.indexOf(name) !== index);
}
