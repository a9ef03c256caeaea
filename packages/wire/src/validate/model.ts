import { isIndexKey, keepsKeyOrder, keysOf, manyKeys, rememberKeyOrder, setOwn } from '../json/key-order.ts';
import { addMember, isJsonObject, reorderMembers, replaceMember, stepOf } from './object.ts';
import type { PlainReader } from './plain.ts';
import { plainModelReader } from './plain-model.ts';
import type { Check, Node, Run } from './run.ts';
import { checkAt, exactness, floorExactness, invalid, isTakenAsIs, missingItem, placeErrors, refuse } from './run.ts';
import type { JsonSchema } from './schema.ts';
import { assertKnownKeywords, nameOf } from './schema.ts';

/** A compiled property of a model. */
export interface Field {
  name: string;
  required: boolean;
  check: Check;
  /** What the check would return as it is, and the check of all else. */
  takes: number;
  checkOther: Check;
  /** The value of most other inputs, if it has one. */
  readPlain: PlainReader | undefined;
  /** A second name under which it is accepted; `name` wins when both are sent. */
  otherName?: string | undefined;
  /** As `check`, for the schema's default: strictness does not concern it. */
  checkDefault: Check;
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
  const hasOtherNames = fields.some((field) => field.otherName !== undefined);
  // Names that every object inherits, or that JavaScript lists first, must be looked up one by one.
  const isOrdered =
    fields.length > 0 && !hasOtherNames && !fields.some(({ name }) => name in Object.prototype || isIndexKey(name));
  const model: Model = { fields, extra, names: new Set(fields.map((field) => field.name)), hasOtherNames };
  const keepsKeys = typeof extra === 'function' && !hasOtherNames;
  const readPlain = isOrdered && extra === 'ignore' ? plainModelReader(fields) : undefined;
  const check: Check = (input, run) => {
    floorExactness(run, exactness.strict);
    if (!isJsonObject(input)) return refuse(run, input, notAModel);
    const errorsBefore = run.errors.length;
    // Where the order of the keys is kept apart, the input can be reordered: copying very many keys is what takes longest.
    const isReordered = keepsKeys && run.ownsInput && keepsKeyOrder(input);
    let output = isReordered || (isOrdered && run.ownsInput) ? input : {};
    const done = isOrdered && !keepsKeyOrder(input) ? checkInOrder(fields, { input, output, run }) : 0;
    if (done === whole) {
      run.fieldsSet = (run.fieldsSet ?? 0) + fields.length;
    } else {
      if (output === input && !isReordered) output = firstMembers(input, fields, done);
      checkByName(model, { input, output, run }, done);
    }
    return run.errors.length > errorsBefore ? invalid : output;
  };
  return { check, label: nameOf(schema) || 'model', readPlain };
}

export const notAModel = {
  type: 'model_attributes_type',
  msg: 'Input should be a valid dictionary or object to extract fields from',
};

interface Model extends ModelParts {
  names: ReadonlySet<string>;
  hasOtherNames: boolean;
}

interface Target {
  input: Record<string, unknown>;
  /** May be the input. */
  output: Record<string, unknown>;
  run: Run;
}

const whole = -1;

/**
 * Checks members as long as they are the fields in their order, as most clients send them: no key need be looked up then.
 * Returns how many they were, or {@link whole} when they were all fields and there is nothing else.
 */
function checkInOrder(fields: readonly Field[], { input, output, run }: Target): number {
  let at = 0;
  for (const key in input) {
    const field = fields[at];
    if (field === undefined || field.name !== key) return at;
    at += 1;
    const value = input[key];
    if (isTakenAsIs(value, field.takes)) {
      if (output !== input) output[key] = value;
      continue;
    }
    const checked = checkMember(field, value, run);
    if (output !== input) output[key] = checked;
    else if (checked !== value && checked !== invalid) replaceMember(output, key, { value, checked, run });
  }
  return at === fields.length ? whole : at;
}

function checkMember(field: Field, value: unknown, run: Run): unknown {
  const errorsBefore = run.errors.length;
  const checked = field.checkOther(value, run);
  if (checked === invalid) placeErrors(run.errors, errorsBefore, field.name);
  return checked;
}

/** A new object with the first members of one. */
function firstMembers(
  input: Record<string, unknown>,
  fields: readonly Field[],
  count: number,
): Record<string, unknown> {
  const output: Record<string, unknown> = {};
  for (let at = 0; at < count; at += 1) {
    const name = fields[at]?.name ?? '';
    output[name] = input[name];
  }
  return output;
}

/** Checks the fields from `start` on, wherever they stand, and what is no field. */
function checkByName(model: Model, target: Target, start: number): void {
  const { fields, extra, names, hasOtherNames } = model;
  const { input, output, run } = target;
  let sent = start;
  for (const field of fields.slice(start)) {
    const key = sentName(input, field);
    if (key === undefined) {
      addAbsentField(field, target);
    } else {
      sent += 1;
      const value = input[key];
      putMember(target, field.name, { value, checked: checkAt(key, field.check, { value, run }) });
    }
  }
  if (extra !== 'ignore') {
    const used = hasOtherNames ? new Set(fields.map((field) => sentName(input, field) ?? field.name)) : names;
    // Fields keep their declared order, extra keys the order in which they were sent.
    const keys = extra === 'forbid' ? [] : [...names].filter((name) => Object.hasOwn(output, name));
    checkExtraKeys(target, used, { extra, keys });
    if (output === input) reorderMembers(output, keys, run);
    else if (keys.length > manyKeys || keys.some(isIndexKey)) rememberKeyOrder(output, keys);
  }
  run.fieldsSet = (run.fieldsSet ?? 0) + sent;
}

function sentName(input: object, field: Field): string | undefined {
  if (Object.hasOwn(input, field.name)) return field.name;
  return field.otherName !== undefined && Object.hasOwn(input, field.otherName) ? field.otherName : undefined;
}

function addAbsentField(field: Field, { input, output, run }: Target): void {
  if (field.required) {
    run.errors.push(missingItem([field.name], input));
    return;
  }
  const value = field.makeDefault();
  if (value === undefined) return;
  if (output === input) addMember(output, field.name, { value, run });
  else setOwn(output, field.name, value);
}

function putMember(
  { input, output, run }: Target,
  name: string,
  { value, checked }: { value: unknown; checked: unknown },
): void {
  if (output !== input) setOwn(output, name, checked);
  else if (checked !== value && checked !== invalid) replaceMember(output, name, { value, checked, run });
}

/** Checks the keys that are no field's, and adds those that are kept to `keys`. */
function checkExtraKeys(
  target: Target,
  names: ReadonlySet<string>,
  { extra, keys }: { extra: 'forbid' | Check; keys: string[] },
): void {
  const { input, run } = target;
  for (const key of keysOf(input)) {
    if (names.has(key)) continue;
    if (run.errors.length >= run.maxErrors) break;
    const errorsBefore = run.errors.length;
    const value = input[key];
    const checked = extra === 'forbid' ? refuseExtra(value, run) : extra(value, run);
    if (checked === invalid) {
      placeErrors(run.errors, errorsBefore, stepOf(key));
    } else {
      keys.push(key);
      putMember(target, key, { value, checked });
    }
  }
}

function refuseExtra(input: unknown, run: Run): unknown {
  return refuse(run, input, { type: 'extra_forbidden', msg: 'Extra inputs are not permitted' });
}
