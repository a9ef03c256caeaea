import { rememberKeyOrder, setOwn } from '../../src/json/key-order.ts';
import { isRecord } from '../../src/json/record.ts';
import { stringifyEcho } from '../../src/json/write.ts';
import { stringifyPlain } from '../../src/serialize/plain.ts';
import { textOfKey } from '../../src/validate/dictionary.ts';
import { sameValueKey } from '../../src/validate/same-value.ts';
import { scalarOf } from '../serialization.ts';

/** The value that stands here for a tagged one of Python's; `textOf` writes the keys of its dictionaries. */
export function typedValue(tagged: unknown, textOf: (key: unknown) => string = textOfPythonKey): unknown {
  if (Array.isArray(tagged)) return tagged.map((item) => typedValue(item, textOf));
  if (!isRecord(tagged)) return tagged;
  const [[tag, content] = ['', undefined]] = Object.entries(tagged);
  if (tag === '$tuple') return typedValue(content, textOf);
  if (tag === '$set' || tag === '$frozenset') return distinct(typedValue(content, textOf));
  if (tag === '$dict' && Array.isArray(content)) return objectOf(content, textOf);
  if (tag.startsWith('$')) return scalarOf(tagged);
  return objectOf(Object.entries(tagged), textOf);
}

/** Of equal items the first one counts. */
function distinct(items: unknown): unknown {
  if (!Array.isArray(items)) return items;
  return [...new Map(items.toReversed().map((item) => [sameValueKey(item), item])).values()].toReversed();
}

/** Of equal keys the first one stays and the last one's value counts, as in Python, where 0.0 == -0.0 == False. */
function objectOf(pairs: readonly unknown[], textOf: (key: unknown) => string): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  const names = new Map<unknown, string>();
  for (const pair of pairs) {
    if (!Array.isArray(pair)) continue;
    const key = typedValue(pair[0]);
    const same = sameValueKey(key) ?? textOf(key);
    const name = names.get(same) ?? textOf(key);
    setOwn(object, name, typedValue(pair[1], textOf));
    names.set(same, name);
  }
  rememberKeyOrder(object, [...new Set(names.values())]);
  return object;
}

/** A key in an answer without a model: its JSON, without quotes. */
export function textOfPlainKey(key: unknown): string {
  const text = stringifyPlain(key);
  return typeof key === 'string' ? key : text.replaceAll('"', '');
}

function textOfPythonKey(key: unknown): string {
  return typeof key === 'boolean' ? stringifyEcho(key) : textOfKey(key);
}
