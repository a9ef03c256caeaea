import { UnsupportedSchemaError } from './schema.ts';

const classes: Readonly<Record<string, string>> = {
  d: '\\p{Nd}',
  w: '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u200c\\u200d',
  s: '\\p{White_Space}',
};

/**
 * Compiles a pattern of Rust's regex crate, which Pydantic uses: `\d \w \s` are Unicode classes, `.` stops only at a
 * line feed, `^` and `$` are the ends of the text. Look-around and back-references do not exist there and are refused.
 * Matching backtracks, unlike Rust's: keep patterns free of nested repetition and bound the length of the text.
 */
export function compilePattern(source: unknown, pointer: string): RegExp {
  if (typeof source !== 'string') throw new UnsupportedSchemaError(pointer, 'expected a pattern');
  if (/\(\?(?:[=!]|<[=!])|\\[1-9]/.test(source)) {
    throw new UnsupportedSchemaError(pointer, 'look-around and back-references are not supported');
  }
  try {
    return new RegExp(translate(source), 'u');
  } catch (cause) {
    throw new UnsupportedSchemaError(pointer, `not a pattern: ${cause instanceof Error ? cause.message : ''}`);
  }
}

function translate(source: string): string {
  let inClass = false;
  return source.replaceAll(/\\(.)|\[|\]|\./gsu, (token, escaped: string | undefined) => {
    if (escaped !== undefined) return translateEscape(escaped, inClass);
    if (token === '[') inClass = true;
    if (token === ']') inClass = false;
    return token === '.' && !inClass ? '[^\\n]' : token;
  });
}

function translateEscape(escaped: string, inClass: boolean): string {
  const lower = classes[escaped];
  if (lower !== undefined) return inClass ? lower : `[${lower}]`;
  const upper = classes[escaped.toLowerCase()];
  if (upper !== undefined && !inClass) return `[^${upper}]`;
  if (escaped === 'A') return '^';
  if (escaped === 'z') return '$';
  // Rust lets any ASCII punctuation be escaped; JavaScript's `u` mode only its own syntax characters.
  if (/[^\w\s^$\\.*+?()[\]{}|/]/.test(escaped)) return `\\u{${(escaped.codePointAt(0) ?? 0).toString(16)}}`;
  return `\\${escaped}`;
}
