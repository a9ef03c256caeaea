import type { Node, RangeVar, TypeName as TypeNode } from 'libpg-query';
import type { QualifiedName } from '../sql-statements.ts';
import type { TypeName } from './operation.ts';

export function readRange(range: RangeVar | undefined): QualifiedName {
  return { schema: range?.schemaname, name: range?.relname ?? '' };
}

export function textOf(node: Node | undefined): string {
  return node && 'String' in node ? (node.String.sval ?? '') : '';
}

export function textsOf(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).map(textOf);
}

/** A name of one, two or three parts; the catalog of a third is left out. */
export function readName(nodes: readonly Node[] | undefined): QualifiedName {
  const parts = textsOf(nodes);
  return { schema: parts.at(-2), name: parts.at(-1) ?? '' };
}

/** The object of DROP and its like: a list, a type, a name with arguments, or one word. */
export function readObject(node: Node | undefined): QualifiedName {
  if (!node) return { schema: undefined, name: '' };
  if ('List' in node) return readName(node.List.items);
  if ('TypeName' in node) return readName(node.TypeName.names);
  if ('ObjectWithArgs' in node) return readName(node.ObjectWithArgs.objname);
  if ('RangeVar' in node) return readRange(node.RangeVar);
  return { schema: undefined, name: textOf(node) };
}

/** For DROP TRIGGER, RULE and POLICY: the table comes before the last part. */
export function readTableOfObject(node: Node | undefined): QualifiedName {
  const parts = node && 'List' in node ? textsOf(node.List.items) : [];
  return { schema: parts.at(-3), name: parts.at(-2) ?? '' };
}

const aliases: Readonly<Record<string, string>> = {
  int: 'int4',
  integer: 'int4',
  smallint: 'int2',
  bigint: 'int8',
  decimal: 'numeric',
  serial4: 'serial',
  serial8: 'bigserial',
  serial2: 'smallserial',
};

export function readType(node: TypeNode | undefined): TypeName {
  const { schema, name } = readName(node?.names);
  const modifiers = (node?.typmods ?? []).flatMap((one) =>
    'A_Const' in one && one.A_Const.ival ? [one.A_Const.ival.ival ?? 0] : [],
  );
  return {
    name: schema === 'pg_catalog' || schema === undefined ? (aliases[name] ?? name) : name,
    schema: schema === 'pg_catalog' ? undefined : schema,
    // The grammar gives char its length 1; interval's first number says which fields it has.
    modifiers,
    isArray: (node?.arrayBounds ?? []).length > 0,
  };
}

export function renderName({ schema, name }: QualifiedName): string {
  return schema === undefined ? name : `${schema}.${name}`;
}

export function renderType({ name, modifiers, isArray }: TypeName): string {
  const length = modifiers.length === 0 ? '' : `(${modifiers.join(',')})`;
  return `${spelled[name] ?? name}${length}${isArray ? '[]' : ''}`;
}

const spelled: Readonly<Record<string, string>> = {
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  bpchar: 'char',
  bool: 'boolean',
  float4: 'real',
  float8: 'double precision',
};
