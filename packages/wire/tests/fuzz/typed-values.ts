import { rememberKeyOrder, setOwn } from '../../src/json/key-order.ts';
import { isRecord } from '../../src/json/record.ts';
import { stringifyEcho } from '../../src/json/write.ts';
import { textOfKey } from '../../src/validate/object.ts';
import { scalarOf } from '../serialization.ts';

/** The value that stands here for a tagged one of Python's. */
export function typedValue(tagged: unknown): unknown {
  if (Array.isArray(tagged)) return tagged.map(typedValue);
  if (!isRecord(tagged)) return tagged;
  const [[tag, content] = ['', undefined]] = Object.entries(tagged);
  if (tag === '$set' || tag === '$frozenset' || tag === '$tuple') return typedValue(content);
  if (tag === '$dict' && Array.isArray(content)) return objectOf(content);
  if (tag.startsWith('$')) return scalarOf(tagged);
  return objectOf(Object.entries(tagged));
}

/** Of equal keys the last one counts, as in Python. */
function objectOf(pairs: readonly unknown[]): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  const names = new Set<string>();
  for (const pair of pairs) {
    if (!Array.isArray(pair)) continue;
    const name = textOfPythonKey(typedValue(pair[0]));
    setOwn(object, name, typedValue(pair[1]));
    names.add(name);
  }
  rememberKeyOrder(object, [...names]);
  return object;
}

function textOfPythonKey(key: unknown): string {
  return typeof key === 'boolean' ? stringifyEcho(key) : textOfKey(key);
}
