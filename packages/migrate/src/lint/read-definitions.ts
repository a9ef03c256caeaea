import type { ColumnDef, Constraint, Node } from 'libpg-query';
import type { QualifiedName } from '../sql-statements.ts';
import type { ColumnDefinition, ConstraintDefinition } from './operation.ts';
import { readRange, readType, textsOf } from './read-names.ts';

const kinds: Partial<Record<string, ConstraintDefinition['kind']>> = {
  CONSTR_CHECK: 'check',
  CONSTR_FOREIGN: 'foreign_key',
  CONSTR_UNIQUE: 'unique',
  CONSTR_PRIMARY: 'primary_key',
  CONSTR_EXCLUSION: 'exclude',
  CONSTR_NOTNULL: 'not_null',
};
const serials = new Set(['serial', 'bigserial', 'smallserial']);

export function readColumn(definition: ColumnDef, table: QualifiedName): ColumnDefinition {
  const name = definition.colname ?? '';
  const type = readType(definition.typeName);
  const parts = (definition.constraints ?? []).flatMap((one) => ('Constraint' in one ? [one.Constraint] : []));
  const generated = parts.find((one) => one.contype === 'CONSTR_GENERATED');
  const constraints = readConstraints(parts, table, name);
  return {
    name,
    type,
    notNull:
      serials.has(type.name) ||
      parts.some((one) => one.contype === 'CONSTR_NOTNULL' || one.contype === 'CONSTR_PRIMARY') ||
      parts.some((one) => one.contype === 'CONSTR_IDENTITY'),
    default: definition.raw_default ?? parts.find((one) => one.contype === 'CONSTR_DEFAULT')?.raw_expr,
    generated: generated && (generated.generated_kind === 'v' ? 'virtual' : 'stored'),
    identity: parts.some((one) => one.contype === 'CONSTR_IDENTITY'),
    constraints: constraints.filter((one) => one.kind !== 'not_null'),
  };
}

/** Of a column: NOT ENFORCED stands behind its constraint as a node of its own. */
function readConstraints(parts: readonly Constraint[], table: QualifiedName, column: string): ConstraintDefinition[] {
  const found: ConstraintDefinition[] = [];
  for (const part of parts) {
    const last = found.at(-1);
    if (part.contype === 'CONSTR_ATTR_NOT_ENFORCED' && last) found.splice(-1, 1, { ...last, enforced: false });
    const one = readConstraint(part, table, column);
    if (one) found.push(one);
  }
  return found;
}

/** Undefined for what is none: a default, an identity, an attribute. Its name is the one that PostgreSQL would give. */
export function readConstraint(
  part: Constraint,
  table: QualifiedName,
  column?: string,
): ConstraintDefinition | undefined {
  const kind = kinds[part.contype ?? ''];
  if (!kind) return undefined;
  const listed = textsOf(kind === 'foreign_key' ? part.fk_attrs : part.keys);
  const columns = listed.length === 0 && column !== undefined ? [column] : listed;
  const proven = kind === 'check' ? provenNotNull(part.raw_expr) : [];
  return {
    kind,
    name: part.conname ?? part.indexname ?? defaultName(kind, table, kind === 'check' ? proven : columns),
    columns,
    notValid: part.skip_validation === true,
    enforced: part.is_enforced === true || (kind !== 'check' && kind !== 'foreign_key'),
    usingIndex: part.indexname,
    references: part.pktable && readRange(part.pktable),
    provesNotNull: proven,
    withoutOverlaps: part.without_overlaps === true,
  };
}

const suffixes: Record<ConstraintDefinition['kind'], string> = {
  check: 'check',
  foreign_key: 'fkey',
  unique: 'key',
  primary_key: 'pkey',
  exclude: 'excl',
  not_null: 'not_null',
};

function defaultName(kind: ConstraintDefinition['kind'], table: QualifiedName, columns: readonly string[]): string {
  return [table.name, ...(kind === 'primary_key' ? [] : columns), suffixes[kind]].join('_');
}

/** `a IS NOT NULL`, also as a part of AND: then the planner proves NOT NULL without reading the table. */
function provenNotNull(expression: Node | undefined): string[] {
  if (!expression) return [];
  if ('NullTest' in expression && expression.NullTest.nulltesttype === 'IS_NOT_NULL') {
    const argument = expression.NullTest.arg;
    return argument && 'ColumnRef' in argument ? textsOf(argument.ColumnRef.fields).slice(-1) : [];
  }
  if ('BoolExpr' in expression && expression.BoolExpr.boolop === 'AND_EXPR')
    return (expression.BoolExpr.args ?? []).flatMap(provenNotNull);
  return [];
}
