import type { Check, Node, Refusal, Run } from './run.ts';
import { checkAt, exactness, floorExactness, invalid, missingItem, refuse } from './run.ts';
import { sameValueKey } from './same-value.ts';
import type { JsonSchema } from './schema.ts';
import { assertKnownKeywords, isSchema, numberKeyword, UnsupportedSchemaError, wireRulesOf } from './schema.ts';

/** `list[…]`: every item is checked, all errors are reported; too many items end the check. */
export function compileArray(schema: JsonSchema, pointer: string, item: Node): Node {
  assertKnownKeywords(schema, pointer, ['type', 'items', 'minItems', 'maxItems']);
  const { min, max } = lengthsOf(schema, pointer);
  return {
    label: `list[${item.label}]`,
    check: (input, run) => {
      if (!Array.isArray(input)) {
        floorExactness(run, exactness.lax);
        return refuse(run, input, { type: 'list_type', msg: 'Input should be a valid list' });
      }
      const errorsBefore = run.errors.length;
      const output: unknown[] = [];
      for (const [index, value] of input.entries()) {
        output.push(checkAt(index, item.check, { value, run }));
        if (run.errors.length >= run.maxErrors) return invalid;
        if (max !== undefined && output.length > max) {
          run.errors.length = errorsBefore;
          return refuse(run, input, wrongLength('List', { max, actual: input.length }));
        }
      }
      if (run.errors.length > errorsBefore) return invalid;
      if (min === undefined || output.length >= min) return output;
      return refuse(run, input, wrongLength('List', { min, actual: input.length }));
    },
  };
}

/** `tuple[…, …]`: one schema a place, and no more; the value is an array. */
export function compileTuple(schema: JsonSchema, pointer: string, items: readonly Node[]): Node {
  assertKnownKeywords(schema, pointer, ['type', 'prefixItems', 'minItems', 'maxItems']);
  for (const keyword of ['minItems', 'maxItems']) {
    if (numberKeyword(schema, keyword, pointer) === items.length) continue;
    throw new UnsupportedSchemaError(`${pointer}/${keyword}`, 'a tuple has as many items as prefixItems');
  }
  const strict = wireRulesOf(schema, pointer).strict === true;
  return {
    label: `tuple[${items.map((item) => item.label).join(', ')}]`,
    check: (input, run) => {
      floorExactness(run, exactness.lax);
      if (strict || !Array.isArray(input)) return refuse(run, input, notATuple);
      const errorsBefore = run.errors.length;
      if (input.length > items.length) {
        return refuse(run, input, wrongLength('Tuple', { max: items.length, actual: input.length }));
      }
      const output: unknown[] = [];
      for (const [index, item] of items.entries()) {
        if (index < input.length) output.push(checkAt(index, item.check, { value: input[index], run }));
        else run.errors.push(missingItem([index], input));
      }
      return run.errors.length > errorsBefore ? invalid : output;
    },
  };
}

/** `tuple[…, ...]`: a list in all but its words; only its good items are counted. */
export function compileOpenTuple(schema: JsonSchema, pointer: string, item: Node): Node {
  assertKnownKeywords(schema, pointer, ['type', 'items', 'minItems', 'maxItems']);
  const { min = 0, max = Number.POSITIVE_INFINITY } = lengthsOf(schema, pointer);
  const strict = wireRulesOf(schema, pointer).strict === true;
  return {
    label: `tuple[${item.label}, ...]`,
    check: (input, run) => {
      floorExactness(run, exactness.lax);
      if (strict || !Array.isArray(input)) return refuse(run, input, notATuple);
      const errorsBefore = run.errors.length;
      const checked: unknown[] = [];
      for (const [index, value] of input.entries()) {
        checked.push(checkAt(index, item.check, { value, run }));
        if (run.errors.length >= run.maxErrors) return invalid;
      }
      const output = checked.filter((value) => value !== invalid);
      if (output.length > max) {
        run.errors.length = errorsBefore;
        return refuse(run, input, wrongLength('Tuple', { max, actual: input.length }));
      }
      if (output.length < min) return refuse(run, input, wrongLength('Tuple', { min, actual: output.length }));
      return run.errors.length > errorsBefore ? invalid : output;
    },
  };
}

/** `set[…]` and `frozenset[…]`: equal items once, in the order of their first occurrence; the value is an array. */
export function compileSet(schema: JsonSchema, pointer: string, item: Node): Node {
  assertKnownKeywords(schema, pointer, ['type', 'items', 'minItems', 'maxItems', 'uniqueItems']);
  const rules = wireRulesOf(schema, pointer);
  const frozen = rules.type === 'frozenset';
  const { min = 0, max = Number.POSITIVE_INFINITY } = lengthsOf(schema, pointer);
  const name = frozen ? 'Frozenset' : 'Set';
  const wrongType = {
    type: frozen ? 'frozen_set_type' : 'set_type',
    msg: `Input should be a valid ${frozen ? 'frozenset' : 'set'}`,
  };
  const collect = collectDistinct(item.check, max);
  return {
    label: `${frozen ? 'frozenset' : 'set'}[${item.label}]`,
    check: (input, run) => {
      floorExactness(run, exactness.lax);
      if (rules.strict === true || !Array.isArray(input)) return refuse(run, input, wrongType);
      const errorsBefore = run.errors.length;
      const output = collect(input, run);
      if (output === undefined) {
        run.errors.length = errorsBefore;
        // pydantic-core stops counting here.
        return refuse(run, input, wrongLength(name, { max, actual: undefined }));
      }
      if (run.errors.length > errorsBefore) return invalid;
      return output.length < min ? refuse(run, input, wrongLength(name, { min, actual: output.length })) : output;
    },
  };
}

/** The distinct items; undefined as soon as there are more than `max`. */
function collectDistinct(check: Check, max: number): (input: readonly unknown[], run: Run) => unknown[] | undefined {
  return (input, run) => {
    const output: unknown[] = [];
    const seen = new Set<unknown>();
    for (const [index, value] of input.entries()) {
      const checked = checkAt(index, check, { value, run });
      if (run.errors.length >= run.maxErrors) return output;
      if (checked === invalid) continue;
      const key = sameValueKey(checked);
      if (key === undefined) checkAt(index, refuseUnhashable, { value, run });
      if (key === undefined || seen.has(key)) continue;
      seen.add(key);
      output.push(checked);
      if (output.length > max) return undefined;
    }
    return output;
  };
}

function refuseUnhashable(input: unknown, run: Run): unknown {
  return refuse(run, input, { type: 'set_item_not_hashable', msg: 'Set items should be hashable' });
}

const notATuple = { type: 'tuple_type', msg: 'Input should be a valid tuple' };

/** The schemas of a tuple's places. */
export function tupleItems(schema: JsonSchema, pointer: string): JsonSchema[] {
  const { prefixItems } = schema;
  if (Array.isArray(prefixItems) && prefixItems.every(isSchema)) return prefixItems;
  throw new UnsupportedSchemaError(`${pointer}/prefixItems`, 'expected a list of schemas');
}

function lengthsOf(schema: JsonSchema, pointer: string): { min?: number; max?: number } {
  const min = numberKeyword(schema, 'minItems', pointer);
  const max = numberKeyword(schema, 'maxItems', pointer);
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}

interface Length {
  min?: number;
  max?: number;
  actual: number | undefined;
}

function wrongLength(name: string, { min, max, actual }: Length): Refusal {
  const limit = max ?? min ?? 0;
  const [type, direction, key] =
    max === undefined ? ['too_short', 'least', 'min_length'] : ['too_long', 'most', 'max_length'];
  const items = limit === 1 ? 'item' : 'items';
  const msg = `${name} should have at ${direction} ${limit} ${items} after validation, not ${actual ?? 'more'}`;
  return { type, msg, ctx: { field_type: name, [key]: limit, actual_length: actual ?? null } };
}
