import {
  type ColumnFacts,
  type ConstraintFacts,
  type EnumFacts,
  type IndexFacts,
  type SequenceFacts,
} from '../../schema/objects.ts';
import { type CodeObject } from './code.ts';
import { ident, nextName } from './names.ts';
import { type PlanContext, revisionMark } from './operation.ts';

/** A column whose place another one takes: of another type, or under another name. */
export interface Replacement {
  from: ColumnFacts;
  to: ColumnFacts;
  /** SQL of the new value in terms of the old one, and back. `value` stands for it. */
  forth: (value: string) => string;
  back: (value: string) => string;
  /** Every old value has a new one that leads back to it. */
  isLossless: boolean;
  /** SQL that is true where two values of a type are not the same. */
  differ: (type: 'old' | 'new', a: string, b: string) => string;
}

export interface Column extends Replacement {
  /** The name that the new one has until the swap. */
  beside: string;
  besideSql: string;
  sync: string;
  /** As it was set aside. */
  kept: string;
  indexes: Pair<IndexFacts>[];
  constraints: Pair<ConstraintFacts>[];
  inbound: { before: ConstraintFacts; after: ConstraintFacts }[];
  /** Come back with the old column, unchecked. */
  restored: ConstraintFacts[];
  serial: SequenceFacts | undefined;
  handled: string[];
}

/** A thing as the old column has it, as it is to be, and how PostgreSQL prints it on the column beside. */
export interface Pair<Facts> {
  before: Facts | undefined;
  after: Facts;
  beside: Facts;
}

export interface Swap {
  context: PlanContext;
  type: { from: EnumFacts; to: EnumFacts } | undefined;
  columns: Column[];
  /** What stands on the columns, what is needed first: as it is, and as it is to be. */
  codeBefore: CodeObject[];
  codeAfter: CodeObject[];
}

export const nextType = (context: PlanContext, type: EnumFacts): string => {
  const prefix = type.sql.includes('.') ? type.sql.slice(0, type.sql.lastIndexOf('.') + 1) : '';
  return `${prefix}${ident(context.after, nextName(type.name))}`;
};

export function typeOf({ context, type }: Swap, column: Column): string {
  if (!type) return column.to.type;
  return column.to.type.endsWith('[]') ? `${nextType(context, type.to)}[]` : nextType(context, type.to);
}

/** Expressions are written in the final type's name; until the swap the type is called otherwise. */
export function inNextType({ context, type }: Swap, expression: string): string {
  return type ? expression.replaceAll(`::${type.to.sql}`, `::${nextType(context, type.to)}`) : expression;
}

/** The old type of what was set aside is in the archive. */
export function inOldType({ type, context }: Swap, expression: string): string {
  if (!type) return expression;
  return expression.replaceAll(
    `::${type.from.sql}`,
    `::${context.archive}.${quoted(`${revisionMark}_${type.from.name}`)}`,
  );
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function isUnique(constraint: ConstraintFacts): boolean {
  return constraint.type === 'primary key' || constraint.type === 'unique';
}

export function besideIndex({ context }: Swap, name: string): string {
  return ident(context.after, nextName(name));
}
