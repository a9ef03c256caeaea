import {
  copyKeyOrder,
  isIndexKey,
  keepsKeyOrder,
  keysOf,
  manyKeys,
  rememberKeyOrder,
  setOwn,
} from '../json/key-order.ts';
import { stringifyEcho } from '../json/write.ts';
import type { WireProfile } from '../profile.ts';
import { Float } from '../values/float.ts';
import type { Check, Node, Run } from './run.ts';
import {
  asIs,
  checkAt,
  exactness,
  floorExactness,
  invalid,
  isTakenAsIs,
  missingItem,
  placeErrors,
  refuse,
} from './run.ts';
import { sameValueKey } from './same-value.ts';
import type { JsonSchema } from './schema.ts';
import { assertKnownKeywords, nameOf, numberKeyword } from './schema.ts';
import { pythonText } from './text.ts';

/** A compiled property of a model. */
export interface Field {
  name: string;
  required: boolean;
  check: Check;
  /** What the check would return as it is, and the check of all else. */
  takes: number;
  checkOther: Check;
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
  const check: Check = (input, run) => {
    floorExactness(run, exactness.strict);
    if (!isJsonObject(input)) return refuse(run, input, notAModel);
    const errorsBefore = run.errors.length;
    let output = isOrdered && run.ownsInput ? input : {};
    const done = isOrdered && !keepsKeyOrder(input) ? checkInOrder(fields, { input, output, run }) : 0;
    if (done === whole) {
      run.fieldsSet = (run.fieldsSet ?? 0) + fields.length;
    } else {
      if (output === input) output = firstMembers(input, fields, done);
      checkByName(model, { input, output, run }, done);
    }
    return run.errors.length > errorsBefore ? invalid : output;
  };
  return { check, label: nameOf(schema) || 'model' };
}

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
      setOwn(output, field.name, checkAt(key, field.check, { value: input[key], run }));
    }
  }
  if (extra !== 'ignore') {
    const used = hasOtherNames ? new Set(fields.map((field) => sentName(input, field) ?? field.name)) : names;
    const kept = checkExtraKeys(target, used, extra);
    sent += kept.length;
    // Fields keep their declared order, extra keys the order in which they were sent.
    if (kept.length > manyKeys || kept.some(isIndexKey)) {
      rememberKeyOrder(output, [...[...names].filter((name) => Object.hasOwn(output, name)), ...kept]);
    }
  }
  run.fieldsSet = (run.fieldsSet ?? 0) + sent;
}

interface Replacement {
  value: unknown;
  checked: unknown;
  run: Run;
}

/** Puts a typed value into the input itself, which an echo finds as it was sent. */
function replaceMember(object: Record<string, unknown>, key: string, { value, checked, run }: Replacement): void {
  run.replaced = { object, key, value, before: run.replaced };
  setOwn(object, key, checked);
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

function sentName(input: object, field: Field): string | undefined {
  if (Object.hasOwn(input, field.name)) return field.name;
  return field.otherName !== undefined && Object.hasOwn(input, field.otherName) ? field.otherName : undefined;
}

/** The parts of a dictionary; without `key`, every text is a key. */
export interface DictionaryParts {
  key: Node | undefined;
  value: Node;
  /** Whether the refusal of too many items says how many there are. */
  tooLong: WireProfile['dictionaryTooLong'];
}

/** `dict[…, …]`; typed keys are checked and kept as their text. */
export function compileDictionary(
  schema: JsonSchema,
  pointer: string,
  { key: keyNode, value, tooLong }: DictionaryParts,
): Node {
  const sizes = ['minProperties', 'maxProperties', 'propertyNames'];
  assertKnownKeywords(schema, pointer, ['type', 'additionalProperties', ...sizes]);
  const min = numberKeyword(schema, 'minProperties', pointer);
  const max = numberKeyword(schema, 'maxProperties', pointer);
  return {
    label: `dict[${keyNode?.label ?? 'str'},${value.label}]`,
    check: (input, run) => {
      if (!isJsonObject(input)) return refuse(run, input, notADictionary);
      const errorsBefore = run.errors.length;
      const { output, size: actual } =
        keyNode === undefined ? checkMembers(input, value, run) : checkEntries(input, { key: keyNode, value, run });
      if (run.errors.length > errorsBefore || run.errors.length >= run.maxErrors) return invalid;
      if (min !== undefined && actual < min) return refuseSize(input, run, { min, actual });
      if (max !== undefined && actual > max) {
        return refuseSize(input, run, { max, actual: tooLong === 'more' ? undefined : actual });
      }
      return output;
    },
  };
}

interface Members {
  output: Record<string, unknown>;
  size: number;
}

/** The members of a dictionary whose keys are any texts. */
function checkMembers(input: Record<string, unknown>, node: Node, run: Run): Members {
  const { takes = asIs.nothing, checkOther = node.check } = node;
  const keys = keysOf(input);
  const output = run.ownsInput ? input : {};
  for (const key of keys) {
    const value = input[key];
    const errorsBefore = run.errors.length;
    const checked = isTakenAsIs(value, takes) ? value : checkOther(value, run);
    if (checked === invalid) placeErrors(run.errors, errorsBefore, stepOf(key));
    if (output !== input) setOwn(output, key, checked);
    else if (checked !== value && checked !== invalid) replaceMember(output, key, { value, checked, run });
    if (run.errors.length >= run.maxErrors) break;
  }
  if (output !== input) copyKeyOrder(input, output);
  return { output, size: keys.length };
}

interface EntryNodes {
  key: Node;
  value: Node;
  run: Run;
}

/** The members of a dictionary whose keys are typed: some may turn out to be one. */
function checkEntries(input: Record<string, unknown>, { key: keyNode, value, run }: EntryNodes): Members {
  const output: Record<string, unknown> = {};
  const keys = new Set<string>();
  const names = new Map<unknown, string>();
  for (const key of keysOf(input)) {
    const name = checkKey(key, keyNode, { names, run });
    const member = checkAt(stepOf(key), value.check, { value: input[key], run });
    if (name !== undefined) {
      setOwn(output, name, member);
      keys.add(name);
    }
    if (run.errors.length >= run.maxErrors) break;
  }
  rememberKeyOrder(output, [...keys]);
  return { output, size: keys.size };
}

/** A sent key as a step of a place, where Rust has replaced each byte of a lone surrogate. */
export function stepOf(key: string): string {
  return key.isWellFormed() ? key : key.replaceAll(/\p{Surrogate}/gu, '\ufffd\ufffd\ufffd');
}

/** The text of an equal key that came before, or the key's own, once it is valid; its errors stand at `[key]` below it. */
function checkKey(
  key: string,
  node: Node,
  { names, run }: { names: Map<unknown, string>; run: Run },
): string | undefined {
  const errorsBefore = run.errors.length;
  const checked = checkAt('[key]', node.check, { value: key, run });
  placeErrors(run.errors, errorsBefore, stepOf(key));
  if (checked === invalid) return undefined;
  const text = textOfKey(checked);
  if (typeof checked === 'string') return text;
  // For Python 0.0 and -0.0, or two spellings of an instant, are one key: the first one's text, the last one's value.
  const same = sameValueKey(checked);
  const known = names.get(same);
  if (known === undefined) names.set(same, text);
  return known ?? text;
}

/** How a typed key stands in JSON: as its value does, without quotes. */
export function textOfKey(key: unknown): string {
  if (typeof key === 'string') return key;
  if (key === null) return 'None';
  if (key instanceof Float && !Number.isFinite(key.value)) return pythonText(key);
  const text = stringifyEcho(key);
  return text.startsWith('"') ? text.slice(1, -1) : text;
}

/** An object that JSON or a form made: not an array, and none of this package's value classes. */
export function isJsonObject(input: unknown): input is Record<string, unknown> {
  if (typeof input !== 'object' || input === null) return false;
  // One look tells nearly always; only a member of that name, or a class, needs the other, which is slow.
  if (input.constructor === Object) return true;
  const prototype: unknown = Object.getPrototypeOf(input);
  return prototype === Object.prototype || prototype === null;
}

export const notAModel = {
  type: 'model_attributes_type',
  msg: 'Input should be a valid dictionary or object to extract fields from',
};
const notADictionary = { type: 'dict_type', msg: 'Input should be a valid dictionary' };

function addAbsentField(field: Field, { input, output, run }: Target): void {
  if (field.required) {
    run.errors.push(missingItem([field.name], input));
    return;
  }
  const value = field.makeDefault();
  if (value !== undefined) setOwn(output, field.name, value);
}

/** Checks the keys that are no field's, and returns those that are kept. */
function checkExtraKeys({ input, output, run }: Target, names: ReadonlySet<string>, extra: 'forbid' | Check): string[] {
  const kept: string[] = [];
  for (const key of keysOf(input)) {
    if (names.has(key)) continue;
    if (run.errors.length >= run.maxErrors) break;
    const errorsBefore = run.errors.length;
    const checked = extra === 'forbid' ? refuseExtra(input[key], run) : extra(input[key], run);
    if (checked === invalid) {
      placeErrors(run.errors, errorsBefore, stepOf(key));
    } else {
      kept.push(key);
      setOwn(output, key, checked);
    }
  }
  return kept;
}

function refuseExtra(input: unknown, run: Run): unknown {
  return refuse(run, input, { type: 'extra_forbidden', msg: 'Extra inputs are not permitted' });
}

interface SizeRefusal {
  min?: number;
  max?: number;
  actual: number | undefined;
}

function refuseSize(input: unknown, run: Run, { min, max, actual }: SizeRefusal): unknown {
  const limit = max ?? min ?? 0;
  const [type, direction, key] =
    max === undefined ? ['too_short', 'least', 'min_length'] : ['too_long', 'most', 'max_length'];
  const items = limit === 1 ? 'item' : 'items';
  const msg = `Dictionary should have at ${direction} ${limit} ${items} after validation, not ${actual ?? 'more'}`;
  return refuse(run, input, {
    type,
    msg,
    ctx: { field_type: 'Dictionary', [key]: limit, actual_length: actual ?? null },
  });
}
