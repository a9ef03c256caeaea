/** JSON as it was written: numbers keep every digit, and an object that names a key twice is refused. */
export type ExactJson = null | boolean | string | ExactNumber | ExactJson[] | ExactObject;

export interface ExactObject {
  [key: string]: ExactJson;
}

/** A number by its digits. Two are equal when their values are, however they are written: 1.0 and 1, 10 and 1e1. */
export class ExactNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  equals(other: ExactNumber): boolean {
    return normalise(this.text) === normalise(other.text);
  }
}

/** Throws SyntaxError. */
export function parseExactJson(text: string): ExactJson {
  // The reviver's third argument has the source text of every primitive (ECMA-262, JSON.parse source text access).
  const value: ExactJson = JSON.parse(text, (_key, part: unknown, context?: { source?: string }) =>
    typeof part === 'number' ? new ExactNumber(context?.source ?? String(part)) : part,
  );
  assertUniqueKeys(text);
  return value;
}

export function writeExactJson(value: ExactJson | undefined): string {
  if (value === undefined) return '(absent)';
  if (value instanceof ExactNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(writeExactJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, part]) => `${JSON.stringify(key)}:${writeExactJson(part)}`);
  return `{${members.join(',')}}`;
}

/** The value at a dotted path of keys and indexes. */
export function findAt(value: ExactJson, path: string): ExactJson | undefined {
  let found: ExactJson | undefined = value;
  for (const step of path.split('.')) {
    if (found === null || typeof found !== 'object' || found instanceof ExactNumber) return undefined;
    found = Array.isArray(found) ? found[Number(step)] : Object.hasOwn(found, step) ? found[step] : undefined;
  }
  return found;
}

/** Significant digits and a power of ten. */
function normalise(text: string): string {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length);
  return `${mantissa.startsWith('-') ? '-' : ''}${significant}^${power}`;
}

/** `text` is valid JSON, so a string before a colon is a key. */
function assertUniqueKeys(text: string): void {
  const open: Set<string>[] = [];
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"(?:[ \t\r\n]*:)?|[{}]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (token.endsWith(':')) {
      const key: string = JSON.parse(token.slice(0, -1).trimEnd());
      const keys = open.at(-1);
      if (keys?.has(key)) throw new SyntaxError(`the key ${JSON.stringify(key)} appears twice in one object`);
      keys?.add(key);
    }
  }
}
