import { copyKeyOrder, isIndexKey, keysOf, rememberKeyOrder, setOwn } from '../json/key-order.ts';
import type { Check, Node, Run } from './run.ts';
import { checkAt, exactness, floorExactness, invalid, missingItem, refuse } from './run.ts';
import type { JsonSchema } from './schema.ts';
import { assertKnownKeywords, nameOf, numberKeyword } from './schema.ts';

/** A compiled property of a model. */
export interface Field {
  name: string;
  required: boolean;
  check: Check;
  /** The value when it was not sent; undefined leaves the property out. */
  makeDefault: () => unknown;
}

export interface ModelParts {
  fields: readonly Field[];
  /** What happens to keys that are no field: dropped, refused, or kept after this check. */
  extra: 'ignore' | 'forbid' | Check;
}

/** A Pydantic model: fields in declared order, then the extra keys in the order in which they were sent. */
export function compileModel(schema: JsonSchema, pointer: string, { fields, extra }: ModelParts): Node {
  assertKnownKeywords(schema, pointer, ['type', 'properties', 'required', 'additionalProperties']);
  const names = new Set(fields.map((field) => field.name));
  const check: Check = (input, run) => {
    floorExactness(run, exactness.strict);
    if (!isJsonObject(input)) return refuse(run, input, notAModel);
    const errorsBefore = run.errors.length;
    const output: Record<string, unknown> = {};
    let sent = 0;
    for (const field of fields) {
      if (!Object.hasOwn(input, field.name)) {
        addAbsentField(field, { input, output, run });
        continue;
      }
      sent += 1;
      setOwn(output, field.name, checkAt(field.name, field.check, { value: input[field.name], run }));
    }
    if (extra !== 'ignore') sent += checkExtraKeys({ input, names, extra, output, run });
    if (extra !== 'ignore' && extra !== 'forbid') copyExtraOrder(input, output, names);
    run.fieldsSet = (run.fieldsSet ?? 0) + sent;
    return run.errors.length > errorsBefore ? invalid : output;
  };
  return { check, label: nameOf(schema) || 'model' };
}

/** `dict[str, …]`. */
export function compileDictionary(schema: JsonSchema, pointer: string, value: Node): Node {
  assertKnownKeywords(schema, pointer, ['type', 'additionalProperties', 'minProperties', 'maxProperties']);
  const min = numberKeyword(schema, 'minProperties', pointer);
  const max = numberKeyword(schema, 'maxProperties', pointer);
  return {
    label: `dict[str,${value.label}]`,
    check: (input, run) => {
      if (!isJsonObject(input)) return refuse(run, input, notADictionary);
      const errorsBefore = run.errors.length;
      const output: Record<string, unknown> = {};
      const keys = keysOf(input);
      for (const key of keys) setOwn(output, key, checkAt(key, value.check, { value: input[key], run }));
      copyKeyOrder(input, output);
      if (run.errors.length > errorsBefore) return invalid;
      if (min !== undefined && keys.length < min) return refuseSize(input, run, { min, actual: keys.length });
      if (max !== undefined && keys.length > max) return refuseSize(input, run, { max, actual: keys.length });
      return output;
    },
  };
}

/** An object that JSON or a form made: not an array, and none of this package's value classes. */
export function isJsonObject(input: unknown): input is Record<string, unknown> {
  if (typeof input !== 'object' || input === null) return false;
  const prototype: unknown = Object.getPrototypeOf(input);
  return prototype === Object.prototype || prototype === null;
}

const notAModel = {
  type: 'model_attributes_type',
  msg: 'Input should be a valid dictionary or object to extract fields from',
};
const notADictionary = { type: 'dict_type', msg: 'Input should be a valid dictionary' };

interface Target {
  input: Record<string, unknown>;
  output: Record<string, unknown>;
  run: Run;
}

function addAbsentField(field: Field, { input, output, run }: Target): void {
  if (field.required) {
    run.errors.push(missingItem([...run.path, field.name], input));
    return;
  }
  const value = field.makeDefault();
  if (value !== undefined) setOwn(output, field.name, value);
}

interface ExtraKeys extends Target {
  names: ReadonlySet<string>;
  extra: 'forbid' | Check;
}

function checkExtraKeys({ input, names, extra, output, run }: ExtraKeys): number {
  let count = 0;
  for (const key of keysOf(input)) {
    if (names.has(key)) continue;
    count += 1;
    if (extra === 'forbid') checkAt(key, refuseExtra, { value: input[key], run });
    else setOwn(output, key, checkAt(key, extra, { value: input[key], run }));
  }
  return extra === 'forbid' ? 0 : count;
}

/** Fields keep their declared order, extra keys the order in which they were sent. */
function copyExtraOrder(input: object, output: object, names: ReadonlySet<string>): void {
  const extraKeys = keysOf(input).filter((key) => !names.has(key));
  if (extraKeys.some(isIndexKey))
    rememberKeyOrder(
      output,
      [...names, ...extraKeys].filter((key) => key in output),
    );
}

function refuseExtra(input: unknown, run: Run): unknown {
  return refuse(run, input, { type: 'extra_forbidden', msg: 'Extra inputs are not permitted' });
}

interface SizeRefusal {
  min?: number;
  max?: number;
  actual: number;
}

function refuseSize(input: unknown, run: Run, { min, max, actual }: SizeRefusal): unknown {
  const limit = max ?? min ?? 0;
  const [type, direction, key] =
    max === undefined ? ['too_short', 'least', 'min_length'] : ['too_long', 'most', 'max_length'];
  const items = limit === 1 ? 'item' : 'items';
  const msg = `Dictionary should have at ${direction} ${limit} ${items} after validation, not ${actual}`;
  return refuse(run, input, { type, msg, ctx: { field_type: 'Dictionary', [key]: limit, actual_length: actual } });
}
