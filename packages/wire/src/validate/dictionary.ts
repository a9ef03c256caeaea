import { copyKeyOrder, keysOf, rememberKeyOrder, setOwn } from '../json/key-order.ts';
import { stringifyEcho } from '../json/write.ts';
import type { WireProfile } from '../profile.ts';
import { Float } from '../values/float.ts';
import { isJsonObject, replaceMember, stepOf } from './object.ts';
import type { Node, Run } from './run.ts';
import { asIs, checkAt, invalid, isTakenAsIs, placeErrors, refuse } from './run.ts';
import { sameValueKey } from './same-value.ts';
import type { JsonSchema } from './schema.ts';
import { assertKnownKeywords, numberKeyword } from './schema.ts';
import { pythonText } from './text.ts';

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

/** How a typed key stands in JSON: as its value does, without quotes. */
export function textOfKey(key: unknown): string {
  if (typeof key === 'string') return key;
  if (key === null) return 'None';
  if (key instanceof Float && !Number.isFinite(key.value)) return pythonText(key);
  const text = stringifyEcho(key);
  return text.startsWith('"') ? text.slice(1, -1) : text;
}

const notADictionary = { type: 'dict_type', msg: 'Input should be a valid dictionary' };

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
