import { labelOf, type Schema, type SchemaObject } from './objects.ts';

export interface SchemaDifference {
  /** `column task.title`. */
  object: string;
  kind: SchemaObject['kind'];
  difference: 'missing' | 'unexpected' | 'different';
  /** Of a different one: what is expected and found, by fact. */
  facts: { fact: string; expected: string; found: string }[];
}

/** What differs, by name. The parts of a missing or unexpected table are not listed one by one. */
export function compareSchemas(expected: Schema, found: Schema): SchemaDifference[] {
  const differences: SchemaDifference[] = [];
  const keys = [...new Set([...expected.objects.keys(), ...found.objects.keys()])].toSorted();
  for (const key of keys) {
    const wanted = expected.objects.get(key);
    const actual = found.objects.get(key);
    const one = wanted ?? actual;
    if (!one || isPartOfAbsent(one, wanted ? found : expected)) continue;
    const base = { object: labelOf(one), kind: one.kind };
    if (!actual) differences.push({ ...base, difference: 'missing', facts: [] });
    // Whoever runs the database may have more of them, and one that a column needed stays with what was set aside.
    else if (!wanted && one.kind === 'extension') continue;
    else if (!wanted) differences.push({ ...base, difference: 'unexpected', facts: [] });
    else {
      const facts = differingFacts(wanted, actual);
      if (facts.length > 0) differences.push({ ...base, difference: 'different', facts });
    }
  }
  return differences;
}

export function sameObject(a: SchemaObject, b: SchemaObject): boolean {
  return differingFacts(a, b).length === 0;
}

/** `column task.title is missing`, `column task.title differs in type: expected text, found character varying(20)`. */
export function describeDifference({ object, difference, facts }: SchemaDifference): string {
  if (difference === 'missing') return `${object} is missing`;
  if (difference === 'unexpected') return `${object} is not expected`;
  const list = facts.map(({ fact, expected, found }) => `${fact}: expected ${expected}, found ${found}`);
  return `${object} differs in ${list.join('; ')}`;
}

/** Where a thing stands, not what it is: the order of columns, a constraint's index, which only follows from it. */
const places = new Set(['position', 'index', 'commentOn', 'sql', 'tableSql', 'schemaSql', 'typeStorage']);

function differingFacts(wanted: SchemaObject, actual: SchemaObject): SchemaDifference['facts'] {
  const a: Record<string, unknown> = { ...wanted };
  const b: Record<string, unknown> = { ...actual };
  return Object.keys(a)
    .filter((fact) => !places.has(fact) && JSON.stringify(a[fact]) !== JSON.stringify(b[fact]))
    .map((fact) => ({ fact, expected: print(a[fact]), found: print(b[fact]) }));
}

function print(value: unknown): string {
  return value === null ? 'none' : typeof value === 'string' ? value : JSON.stringify(value);
}

function isPartOfAbsent(object: SchemaObject, other: Schema): boolean {
  return 'table' in object && !other.objects.has(object.table) && object.table.startsWith('table ');
}
