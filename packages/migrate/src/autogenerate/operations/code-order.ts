import { type Schema } from '../../schema/objects.ts';
import { type CodeObject, isCode } from './code.ts';

/** Views, triggers, policies that stand on a column, and what stands on them; what is needed first. */
export function codeOn(schema: Schema, key: string): CodeObject[] {
  const found = new Map<string, CodeObject>();
  const visit = (needed: string): void => {
    for (const [user, needs] of schema.needs) {
      const object = schema.objects.get(user);
      if (!needs.has(needed) || !object || !isCode(object) || found.has(user)) continue;
      found.set(user, object);
      visit(user);
    }
  };
  visit(key);
  return sortByNeed(schema, [...found.values()]);
}

export function sortByNeed(schema: Schema, objects: readonly CodeObject[]): CodeObject[] {
  const sorted: CodeObject[] = [];
  const add = (object: CodeObject): void => {
    if (sorted.includes(object)) return;
    for (const other of objects) if (other !== object && schema.needs.get(object.key)?.has(other.key)) add(other);
    if (!sorted.includes(object)) sorted.push(object);
  };
  for (const object of objects.toSorted((a, b) => (a.key < b.key ? -1 : 1))) add(object);
  return sorted;
}
