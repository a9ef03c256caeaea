import { keysOf } from '../json/key-order.ts';
import { isRecord } from '../json/record.ts';
import { Float, formatPythonFloat } from '../values/float.ts';
import { reprOfText } from '../values/python-text.ts';

const whiteSpace = /\p{White_Space}/u;

/** Trims Unicode White_Space as Rust's `str::trim` does; JavaScript's own trim differs on U+0085 and U+FEFF. */
export function trimWhiteSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && whiteSpace.test(text.charAt(start))) start += 1;
  while (end > start && whiteSpace.test(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/** Length in code points; a lone surrogate counts as one. */
export function codePointLength(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length - 1; i += 1) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      length -= 1;
      i += 1;
    }
  }
  return length;
}

/** A value that a Literal or Enum may hold. */
export type Choice = string | number | boolean | null;

/** `repr()` of such a value in Python. */
export function pythonRepr(value: Choice): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value !== 'string') return String(value);
  return reprOfText(value);
}

/** `'a', 'b', 3` */
export function listTags(values: readonly Choice[]): string {
  return values.map(pythonRepr).join(', ');
}

/** `str()` in Python of any JSON value. */
export function pythonText(value: unknown): string {
  return typeof value === 'string' ? value : reprOfJson(value);
}

function reprOfJson(value: unknown): string {
  if (value instanceof Float) return reprOfFloat(value.value);
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : reprOfFloat(value);
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return pythonRepr(value);
  if (Array.isArray(value)) return `[${value.map(reprOfJson).join(', ')}]`;
  if (!isRecord(value)) return '';
  const members = keysOf(value).map((key) => `${pythonRepr(key)}: ${reprOfJson(value[key])}`);
  return `{${members.join(', ')}}`;
}

function reprOfFloat(value: number): string {
  if (Number.isFinite(value)) return formatPythonFloat(value);
  if (Number.isNaN(value)) return 'nan';
  return value < 0 ? '-inf' : 'inf';
}

/** `'a', 'b' or 'c'` */
export function listAlternatives(values: readonly Choice[]): string {
  const texts = values.map(pythonRepr);
  const last = texts.pop() ?? '';
  return texts.length === 0 ? last : `${texts.join(', ')} or ${last}`;
}
