import type { FormFields } from '../http/query-string.ts';
import { setOwn } from '../json/key-order.ts';
import type { WireProfile } from '../profile.ts';
import type { Validated } from './body.ts';
import { compileNode, createContext } from './compile.ts';
import type { ParameterPlace } from './parameters.ts';
import { compileParameters, takesMany } from './parameters.ts';
import { startRun } from './run.ts';
import type { JsonSchema } from './schema.ts';
import { isSchema, nameOf, wireRulesOf } from './schema.ts';

export type FormValidator = (fields: FormFields) => Validated;

/**
 * Compiles a form: several `Form()` parameters (no title, or one that starts with `Body_`), or one model. For the
 * former an empty text counts as not sent; a model sees every field that was sent, unknown ones included.
 */
export function compileForm(schema: JsonSchema, profile: WireProfile): FormValidator {
  const name = nameOf(schema);
  if (wireRulesOf(schema, '').bodyFields ?? (name === '' || name.startsWith('Body_'))) {
    const validate = compileParameters('body', schema, { profile, isForm: true });
    return (fields) => validate((field) => fields.get(field) ?? []);
  }
  return compileFieldModel('body', schema, { profile });
}

export interface FieldModelOptions {
  profile: WireProfile;
  /** Which text counts where one is expected and several were sent. */
  scalar?: 'first' | 'last';
}

/**
 * Compiles one model that takes all fields of a place: its declared ones that have a value or a default, then whatever
 * else was sent, so that it can refuse what it does not know.
 */
export function compileFieldModel(
  place: ParameterPlace,
  shown: JsonSchema,
  { profile, scalar = 'last' }: FieldModelOptions,
): FormValidator {
  const schema = place === 'header' ? withPythonNames(shown) : shown;
  const node = compileNode(schema, '', createContext(schema, profile));
  const declared = modelFields(schema, profile).map((field) => ({
    ...field,
    isList: field.isList && place !== 'cookie',
    sentName: place === 'header' ? headerName(field.name) : field.name,
  }));
  return (fields) => {
    const run = startRun([place]);
    const value = node.check(toModelInput(fields, declared, { profile, scalar, isForm: place === 'body' }), run);
    return run.errors.length > 0 ? { ok: false, items: run.errors } : { ok: true, value };
  };
}

/** A field `x_token` of a model of headers is sent, and documented, as `x-token`; an alias with other letters stands. */
export function headerName(name: string): string {
  return /^[a-z0-9_-]+$/.test(name) ? name.replaceAll('_', '-') : name;
}

/** The model that a document shows with the names of its headers: errors name the fields. */
function withPythonNames(schema: JsonSchema): JsonSchema {
  const pythonName = (name: string): string => (/^[a-z0-9_-]+$/.test(name) ? name.replaceAll('-', '_') : name);
  const properties = isSchema(schema.properties) ? Object.entries(schema.properties) : [];
  const required: unknown[] = Array.isArray(schema.required) ? schema.required : [];
  return {
    ...schema,
    properties: Object.fromEntries(properties.map(([name, property]) => [pythonName(name), property])),
    required: required.map((name) => pythonName(String(name))),
  };
}

interface ModelField {
  name: string;
  isList: boolean;
  fallback: unknown;
}

function modelFields(schema: JsonSchema, profile: WireProfile): ModelField[] {
  const context = createContext(schema, profile);
  const properties = isSchema(schema.properties) ? Object.entries(schema.properties) : [];
  return properties.flatMap(([name, property]) =>
    isSchema(property) ? [{ name, isList: takesMany(property, context), fallback: property.default }] : [],
  );
}

/** As FastAPI: the declared fields that have a value (or a default) come first, then whatever else was sent. */
function toModelInput(
  sent: FormFields,
  declared: readonly (ModelField & { sentName: string })[],
  { profile, scalar, isForm }: Required<FieldModelOptions> & { isForm: boolean },
): Record<string, unknown> {
  const dropsEmpty = isForm && profile.emptyFormModelValueIsMissing;
  const input: Record<string, unknown> = {};
  for (const { name, sentName, isList, fallback } of declared) {
    const texts = sent.get(sentName) ?? [];
    const text = texts.at(scalar === 'first' ? 0 : -1);
    const isAbsent = text === undefined || (dropsEmpty && !isList && text === '');
    const value = isAbsent ? (profile.defaultsAreValidated ? fallback : undefined) : isList ? texts : text;
    if (value !== undefined && value !== null) setOwn(input, name, value);
  }
  const taken = new Set(declared.map(({ sentName }) => sentName));
  for (const [name, texts] of sent) {
    if (taken.has(name)) continue;
    setOwn(input, name, texts.length === 1 || profile.repeatedExtra === 'last' ? texts.at(-1) : texts);
  }
  return input;
}
