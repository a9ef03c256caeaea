import type { FormFields } from '../http/query-string.ts';
import { isIndexKey, rememberKeyOrder, setOwn } from '../json/key-order.ts';
import type { WireProfile } from '../profile.ts';
import { plainOf } from '../serialize/plain.ts';
import type { Validated } from './body.ts';
import type { CompileContext } from './compile.ts';
import { compileNode, createContext } from './compile.ts';
import { compileFields } from './compile-object.ts';
import type { ParameterPlace } from './parameters.ts';
import { badDefaultOf, compileParameters, takesMany } from './parameters.ts';
import { finishRun, startRun } from './run.ts';
import type { JsonSchema } from './schema.ts';
import { isSchema, nameOf, schemaAt, wireRulesOf } from './schema.ts';

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
  const context = createContext(schema, profile);
  const node = compileNode(schema, '', context);
  const fields = modelFields(schema, context).map((field) => ({
    ...field,
    // Starlette's cookies are a plain dictionary: one text a name.
    isList: field.isList && place !== 'cookie',
    isCookieList: field.isList && place === 'cookie',
    sentName: place === 'header' ? headerName(field.name) : field.name,
  }));
  return (sent) => {
    const run = startRun();
    const options = { profile, scalar, isForm: place === 'body' };
    const input = toModelInput(sent, fields, { ...options, fallback: (field) => field.neededDefault() });
    const value = node.check(input, run);
    if (run.errors.length === 0) return { ok: true, value };
    // FastAPI puts defaults into what the model sees: an echo of the whole shows them.
    const echo = toModelInput(sent, fields, { ...options, fallback: (field) => field.echoedDefault() });
    return {
      ok: false,
      items: finishRun(run, place).map((item) => (item.input === input ? { ...item, input: echo } : item)),
    };
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
  /** A default that the model must see: one that its own rules refuse, or one that hides the field's second name. */
  neededDefault: () => unknown;
  /** The default as a 422 shows it; undefined where there is none. */
  echoedDefault: () => unknown;
}

function modelFields(schema: JsonSchema, context: CompileContext): ModelField[] {
  const properties = isSchema(schema.properties) ? schema.properties : {};
  return compileFields(schema, '', context).map(({ name, otherName, checkDefault, makeDefault }) => {
    const property = schemaAt(properties[name], '');
    const hasDefault = property.default !== undefined && property.default !== null;
    return {
      name,
      isList: takesMany(property, context),
      neededDefault: () =>
        badDefaultOf(property, checkDefault) ?? (otherName !== undefined && hasDefault ? makeDefault() : undefined),
      echoedDefault: () => (hasDefault ? plainOf(makeDefault()) : undefined),
    };
  });
}

interface InputOptions {
  profile: WireProfile;
  scalar: 'first' | 'last';
  isForm: boolean;
  fallback: (field: ModelField) => unknown;
}

interface SentField extends ModelField {
  sentName: string;
  isCookieList: boolean;
}

/** As FastAPI: the declared fields that have a value (or a default) come first, then whatever else was sent. */
function toModelInput(
  sent: FormFields,
  fields: readonly SentField[],
  { profile, scalar, isForm, fallback }: InputOptions,
): Record<string, unknown> {
  const dropsEmpty = isForm && profile.emptyFormModelValueIsMissing;
  const input: Record<string, unknown> = {};
  for (const field of fields) {
    const texts = sent.get(field.sentName) ?? [];
    const text = texts.at(scalar === 'first' ? 0 : -1);
    const isEmpty = text === '' && (field.isCookieList || (dropsEmpty && !field.isList));
    const isAbsent = text === undefined || isEmpty;
    const preset = isAbsent && profile.defaultsAreValidated ? fallback(field) : undefined;
    if (!isAbsent) setOwn(input, field.name, field.isList ? texts : text);
    else if (preset !== undefined) setOwn(input, field.name, preset);
  }
  const declared = Object.keys(input);
  const taken = new Set(fields.map(({ sentName }) => sentName));
  let hasIndexKey = false;
  for (const [name, texts] of sent) {
    if (taken.has(name)) continue;
    setOwn(input, name, texts.length === 1 || profile.repeatedExtra === 'last' ? texts.at(-1) : texts);
    if (isIndexKey(name)) hasIndexKey = true;
  }
  if (hasIndexKey) rememberKeyOrder(input, [...declared, ...[...sent.keys()].filter((name) => !taken.has(name))]);
  return input;
}
