export type PythonValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly PythonValue[]
  | { readonly [key: string]: PythonValue };

/** The same value in Python's words, lists and dictionaries one item a line. */
export function toPython(value: PythonValue, indent = ''): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  // JSON's escapes are Python's too.
  if (typeof value === 'string') return JSON.stringify(value);
  const inner = `${indent}    `;
  if (isList(value)) {
    if (value.every((item) => typeof item !== 'object' || item === null)) {
      return `[${value.map((item) => toPython(item)).join(', ')}]`;
    }
    return `[\n${value.map((item) => `${inner}${toPython(item, inner)},\n`).join('')}${indent}]`;
  }
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return `{\n${entries.map(([key, item]) => `${inner}${JSON.stringify(key)}: ${toPython(item, inner)},\n`).join('')}${indent}}`;
}

/** Array.isArray forgets that the list is read-only. */
function isList(value: PythonValue): value is readonly PythonValue[] {
  return Array.isArray(value);
}
