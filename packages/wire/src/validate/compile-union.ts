import { floatValue } from '../values/float.ts';
import { compileLiteral, isChoice } from './choices.ts';
import type { CompileContext } from './compile.ts';
import { compileNode, compileNull, resolveReference } from './compile.ts';
import { foldDecimals } from './decimal.ts';
import type { Node } from './run.ts';
import type { JsonSchema, WireRules } from './schema.ts';
import { assertKnownKeywords, isSchema, schemaAt, UnsupportedSchemaError, wireRulesOf } from './schema.ts';
import type { TaggedBranch } from './tagged-union.ts';
import { taggedUnion } from './tagged-union.ts';
import type { Choice } from './text.ts';
import { nullable, union } from './union.ts';

/** `anyOf`: a nullable, a Decimal, a Literal or a union. */
export function compileAnyOf(schema: JsonSchema, pointer: string, context: CompileContext): Node {
  // `format: password` beside a nullable text is how FastAPI shows a secret field of a form.
  assertKnownKeywords(schema, pointer, schema.format === 'password' ? ['anyOf', 'format'] : ['anyOf']);
  const list: unknown = schema.anyOf;
  if (!Array.isArray(list) || list.length === 0)
    throw new UnsupportedSchemaError(`${pointer}/anyOf`, 'expected schemas');
  const { unionMode: mode = 'smart', ...rules } = wireRulesOf(schema, pointer);
  const branches = foldDecimals(list).map((branch, index) => ({
    schema: schemaAt(branch, `${pointer}/anyOf/${index}`),
    pointer: `${pointer}/anyOf/${index}`,
  }));
  const others = withRulesOfNullable(
    branches.filter((branch) => branch.schema.type !== 'null'),
    rules,
  );
  const hasInteger = others.some((branch) => holdsIntegers(branch.schema, context));
  const nodes = others.map((branch) => {
    const node = compileNode(branch.schema, branch.pointer, context);
    return hasInteger && branch.schema.type === 'number' ? keepFloats(node) : node;
  });
  const [first] = nodes;
  if (first === undefined) return compileNull({ type: 'null' }, pointer);
  const choices = literalChoices(others.map((branch) => branch.schema));
  if (choices !== undefined) {
    const literal = compileLiteral({ enum: choices }, pointer);
    return others.length < branches.length ? nullable(literal) : literal;
  }
  const node = nodes.length === 1 ? first : union(nodes, { mode });
  return others.length < branches.length ? nullable(node) : node;
}

/** Rules beside an `anyOf` of one branch and null are that branch's. */
function withRulesOfNullable(
  branches: readonly { schema: JsonSchema; pointer: string }[],
  rules: WireRules,
): readonly { schema: JsonSchema; pointer: string }[] {
  const [only] = branches;
  if (only === undefined || branches.length > 1 || Object.keys(rules).length === 0) return branches;
  return [{ ...only, schema: { ...only.schema, 'x-wire': { ...rules, ...wireRulesOf(only.schema, only.pointer) } } }];
}

/** `oneOf` with a discriminator: the tags of a branch are what its discriminator's schema allows. */
export function compileTagged(schema: JsonSchema, pointer: string, context: CompileContext): Node {
  assertKnownKeywords(schema, pointer, ['oneOf', 'discriminator']);
  const property = isSchema(schema.discriminator) ? schema.discriminator.propertyName : undefined;
  if (!Array.isArray(schema.oneOf) || typeof property !== 'string') {
    throw new UnsupportedSchemaError(`${pointer}/oneOf`, 'expected schemas and a discriminator');
  }
  const branches = schema.oneOf.map((branch, index): TaggedBranch => {
    const place = `${pointer}/oneOf/${index}`;
    const declared = schemaAt(branch, place);
    return {
      node: compileNode(declared, place, context),
      tags: tagsOf(declared, { property, pointer: place, context }),
    };
  });
  return taggedUnion(branches, { property, name: nameOfTag(schema.oneOf, { property, pointer, context }) });
}

interface TagPlace {
  property: string;
  pointer: string;
  context: CompileContext;
}

/** The discriminator's name in Python, where a branch tells that it differs from what is sent. */
function nameOfTag(branches: readonly unknown[], { property, pointer, context }: TagPlace): string | undefined {
  for (const branch of branches) {
    const { fieldNames } = wireRulesOf(followed(schemaAt(branch, pointer), pointer, context), pointer);
    const name: unknown = isSchema(fieldNames) ? fieldNames[property] : undefined;
    if (typeof name === 'string' && name !== property) return name;
  }
  return undefined;
}

function tagsOf(declared: JsonSchema, { property, pointer, context }: TagPlace): Choice[] {
  const { properties } = followed(declared, pointer, context);
  const tag = isSchema(properties) ? properties[property] : undefined;
  if (isSchema(tag)) {
    const { enum: list, const: only, type } = followed(tag, pointer, context);
    const tags: unknown = list ?? [type === 'null' ? null : only];
    if (Array.isArray(tags) && tags.every(isChoice)) return tags;
  }
  throw new UnsupportedSchemaError(pointer, `the property ${property} has no listed values`);
}

function followed(schema: JsonSchema, pointer: string, context: CompileContext): JsonSchema {
  if (typeof schema.$ref !== 'string') return schema;
  return followed(resolveReference(schema.$ref, pointer, context).schema, pointer, context);
}

/** TypeBox writes one Literal of several values as a union of constants. */
function literalChoices(branches: readonly JsonSchema[]): unknown[] | undefined {
  if (branches.length < 2 || !branches.every((branch) => branch.const !== undefined)) return undefined;
  return branches.map((branch) => branch.const);
}

/** Whether a whole number may be meant by the branch: an int, or a Literal or Enum that lists some. */
export function holdsIntegers(declared: JsonSchema, context: CompileContext): boolean {
  const schema = followed(declared, '', context);
  const choices: unknown = schema.enum ?? [schema.const];
  return schema.type === 'integer' || (Array.isArray(choices) && choices.some(Number.isInteger));
}

/** Beside an integer branch, and as a key, a float must stay one, or `1.0` would be answered as `1`. */
export function keepFloats(node: Node): Node {
  const check: Node['check'] = (input, run) => {
    const value = node.check(input, run);
    return typeof value === 'number' ? floatValue(value) : value;
  };
  return { check, label: node.label };
}
