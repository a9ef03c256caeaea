import type { CompileContext } from './compile.ts';
import { compileNode } from './compile.ts';
import { keepFloats } from './compile-union.ts';
import { compileDefault, compileDefaultNode, withoutAfter } from './defaults.ts';
import { compileDictionary } from './dictionary.ts';
import type { Field, ModelParts } from './model.ts';
import { compileModel } from './model.ts';
import type { Node } from './run.ts';
import { asIs } from './run.ts';
import type { JsonSchema, WireRules } from './schema.ts';
import {
  escapePointer,
  isSchema,
  schemaAt,
  UnsupportedSchemaError,
  wireRulesOf,
  withKeyPattern,
  withRecordValues,
} from './schema.ts';

/** A dictionary where no member is declared, else a model. */
export function compileObject(declared: JsonSchema, pointer: string, outer: CompileContext): Node {
  const schema = withKeyPattern(withRecordValues(declared));
  const isDictionary = schema.properties === undefined && schema.additionalProperties !== false;
  const context = isDictionary ? outer : contextWithin(wireRulesOf(schema, pointer), outer);
  const more = schema.additionalProperties;
  const valueSchema = isSchema(more) ? more : {};
  const valueNode = (): Node => compileNode(valueSchema, `${pointer}/additionalProperties`, context);
  if (isDictionary) {
    const key = compileKeys(schema, pointer, context);
    return compileDictionary(schema, pointer, { key, value: valueNode(), tooLong: context.profile.dictionaryTooLong });
  }
  const extra: ModelParts['extra'] = more === false ? 'forbid' : more === undefined ? 'ignore' : valueNode().check;
  return compileModel(schema, pointer, { fields: compileFields(schema, pointer, context), extra });
}

/** The declared members, in their order. */
export function compileFields(schema: JsonSchema, pointer: string, context: CompileContext): Field[] {
  const required = requiredNames(schema, pointer);
  const { fieldNames } = wireRulesOf(schema, pointer);
  const otherNames = isSchema(fieldNames) ? fieldNames : undefined;
  const properties = schemaAt(schema.properties ?? {}, `${pointer}/properties`);
  return Object.entries(properties).map(([name, value]) => {
    const place = `${pointer}/properties/${escapePointer(name)}`;
    const property = schemaAt(value, place);
    const node = compileNode(property, place, context);
    // A default makes a field optional, as in Python, even where TypeBox lists it as required.
    const isRequired = required.has(name) && property.default === undefined;
    const otherName = typeof otherNames?.[name] === 'string' ? otherNames[name] : undefined;
    const defaultNode = compileDefaultNode(property, place, { node, context });
    return {
      name,
      otherName,
      required: isRequired,
      check: node.check,
      takes: node.takes ?? asIs.nothing,
      checkOther: node.checkOther ?? node.check,
      readPlain: node.readPlain,
      checkDefault: defaultNode.check,
      makeDefault: compileDefault(property, withoutAfter(property, place, { node: defaultNode, context })),
    };
  });
}

/** A model's rules hold for its own fields, at any depth of lists and unions, not for the models among them. */
function contextWithin({ strict, stripWhitespace }: WireRules, outer: CompileContext): CompileContext {
  const { strict: _, stripWhitespace: __, ...rest } = outer;
  return {
    ...rest,
    ...(strict === true ? { strict } : {}),
    ...(stripWhitespace === true ? { stripWhitespace } : {}),
  };
}

function compileKeys(schema: JsonSchema, pointer: string, outer: CompileContext): Node | undefined {
  const context = outer.isTyped === true ? contextOfTypedKeys(outer) : outer;
  const keys = wireRulesOf(schema, pointer).keys ?? schema.propertyNames;
  if (keys === undefined && context.stripWhitespace !== true) return undefined;
  const place = `${pointer}/propertyNames`;
  const declared = schemaAt(keys ?? { type: 'string' }, place);
  // Pydantic leaves out the type: a key is a text always.
  if (declared.type === 'number' && wireRulesOf(declared, place).decimal !== true) {
    return keepFloats(compileNode(declared, place, context));
  }
  const typed = declared.format !== undefined || declared.pattern !== undefined || declared.maxLength !== undefined;
  return compileNode(
    typed || declared.minLength !== undefined ? { type: 'string', ...declared } : declared,
    place,
    context,
  );
}

/** A handler's keys are texts, whatever they stand for. */
function contextOfTypedKeys(context: CompileContext): CompileContext {
  const { strict: _, ...rest } = context;
  return { ...rest, isKey: true };
}

function requiredNames(schema: JsonSchema, pointer: string): Set<string> {
  const names: unknown = schema.required ?? [];
  if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return new Set(names);
  throw new UnsupportedSchemaError(`${pointer}/required`, 'expected a list of property names');
}
