import type { FormValue } from '../http/query-string.ts';
import { setOwn } from '../json/key-order.ts';
import type { WireProfile } from '../profile.ts';
import { fastapi0128 } from '../profile.ts';
import type { Validated } from './body.ts';
import type { CompileContext } from './compile.ts';
import { createContext, resolveReference } from './compile.ts';
import { compileFields } from './compile-object.ts';
import type { Check } from './run.ts';
import { checkAt, finishRun, invalid, missingItem, startRun } from './run.ts';
import type { JsonSchema } from './schema.ts';
import { isSchema, schemaAt } from './schema.ts';

export type ParameterPlace = 'path' | 'query' | 'header' | 'cookie' | 'body';

/** Reads the values that were sent under a name; an empty list when there are none. */
export type TextSource = (name: string) => readonly FormValue[];

export type ParameterValidator = (source: TextSource) => Validated;

export interface ParameterOptions {
  profile?: WireProfile;
  /** Header fields repeat with the first one counting, query and form fields with the last. */
  scalar?: 'first' | 'last';
  /** Form fields: an empty text counts as not sent; where there is no default, only if the profile says so. */
  isForm?: boolean;
}

/**
 * Compiles parameters of one place from an object schema (one property a parameter). Scalars take one text, arrays all
 * of them; what was sent but is not declared is ignored.
 */
export function compileParameters(
  place: ParameterPlace,
  schema: JsonSchema,
  options: ParameterOptions = {},
): ParameterValidator {
  const profile = options.profile ?? fastapi0128;
  const context = createContext(schema, profile);
  const properties = schemaAt(schema.properties ?? {}, '/properties');
  const fields = compileFields(schema, '', context).map((field) => {
    const property = schemaAt(properties[field.name], '');
    // Starlette's cookies are a plain dictionary: one text a name.
    const many = place !== 'cookie' && takesMany(property, context);
    const isCookieList = place === 'cookie' && takesMany(property, context);
    const hasDefault = property.default !== undefined && property.default !== null;
    const emptyIsAbsent = options.isForm === true && (hasDefault || profile.emptyFormValueIsMissing);
    return {
      ...field,
      takesMany: many,
      emptyIsAbsent: emptyIsAbsent || isCookieList,
      badDefault: profile.defaultsAreValidated ? badDefaultOf(property, field.checkDefault) : undefined,
    };
  });
  return (source) => {
    const run = startRun();
    const output: Record<string, unknown> = {};
    for (const field of fields) {
      const texts = source(field.name);
      const value = field.takesMany ? texts : texts.at(options.scalar === 'first' ? 0 : -1);
      const absent = texts.length === 0 || (field.emptyIsAbsent && value === '');
      if (!absent) setOwn(output, field.name, checkAt(field.name, field.check, { value, run }));
      else if (field.required) run.errors.push(missingItem([field.name], null));
      else if (field.badDefault === undefined) setOwn(output, field.name, field.makeDefault());
      else checkAt(field.name, field.checkDefault, { value: field.badDefault, run });
    }
    return run.errors.length > 0 ? { ok: false, items: finishRun(run, place) } : { ok: true, value: output };
  };
}

/**
 * FastAPI validates the default of a parameter that was not sent like anything else. That shows only where the default
 * breaks the parameter's own rules.
 */
export function badDefaultOf(property: JsonSchema, checkDefault: Check): unknown {
  if (property.default === undefined) return undefined;
  return checkDefault(property.default, startRun()) === invalid ? property.default : undefined;
}

/** Whether the parameter is a list, also when it may be null. */
export function takesMany(schema: JsonSchema, context: CompileContext): boolean {
  if (schema.type === 'array') return true;
  if (typeof schema.$ref === 'string') return takesMany(resolveReference(schema.$ref, '', context).schema, context);
  return Array.isArray(schema.anyOf) && schema.anyOf.some((branch) => isSchema(branch) && takesMany(branch, context));
}
