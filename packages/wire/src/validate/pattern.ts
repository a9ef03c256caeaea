import { compileAutomaton } from './pattern-automaton.ts';
import { canBacktrack, parsePattern } from './pattern-syntax.ts';
import { UnsupportedSchemaError } from './schema.ts';

const classes: Readonly<Record<string, string>> = {
  d: '\\p{Nd}',
  w: '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u200c\\u200d',
  s: '\\p{White_Space}',
};

/**
 * Compiles a pattern of Rust's regex crate, which Pydantic uses: `\d \w \s` are Unicode classes, `.` stops only at a
 * line feed, `^` and `$` are the ends of the text. Look-around and back-references do not exist there and are refused.
 * Matching takes linear time, as Rust's does: where JavaScript's engine might backtrack, an automaton takes its place,
 * and what the automaton cannot do either is refused.
 */
export function compilePattern(source: unknown, pointer: string): Pattern {
  if (typeof source !== 'string') throw new UnsupportedSchemaError(pointer, 'expected a pattern');
  if (/\(\?(?:[=!]|<[=!])|\\[1-9]/.test(source)) {
    throw new UnsupportedSchemaError(pointer, 'look-around and back-references are not supported');
  }
  const translated = translate(source);
  const pattern = compileTranslated(translated, pointer);
  const syntax = parsePattern(translated);
  if (syntax !== undefined && !canBacktrack(syntax)) return pattern;
  // Looked for in what was written: a translated word edge has braces of its own.
  if (syntax === undefined && !/[*+{]/.test(source.replaceAll(/\\[pPxu]\{[^}]*\}/g, ''))) return pattern;
  const test = syntax === undefined ? undefined : compileAutomaton(syntax);
  if (test !== undefined) return { test };
  throw new UnsupportedSchemaError(
    pointer,
    'matching it could take very long: repetitions beside word edges or flags, or too many',
  );
}

/** Whether a text matches somewhere. */
export interface Pattern {
  test(text: string): boolean;
}

function compileTranslated(translated: string, pointer: string): RegExp {
  try {
    const pattern = new RegExp(translated, 'u');
    // V8 (14, Node 26) does not find [^a]$ in a text that ends with a surrogate pair unless it looks from the start on.
    return /^\^[^|]*$/.test(translated) ? pattern : new RegExp(`^[^]*?(?:${translated})`, 'u');
  } catch (cause) {
    throw new UnsupportedSchemaError(pointer, `not a pattern: ${cause instanceof Error ? cause.message : ''}`);
  }
}

function translate(source: string): string {
  // A flag at the beginning holds for the whole pattern: JavaScript says it with a group.
  const [head = '', flags] = /^\(\?([ims]+)\)/.exec(source) ?? [];
  const dotAll = flags?.includes('s') === true;
  const body = translateTokens(source.slice(head.length), { dotAll, multiline: /\(\?[a-z]*m/.test(source) });
  return flags === undefined ? body : `(?${flags}:${body})`;
}

function translateTokens(source: string, { dotAll, multiline }: { dotAll: boolean; multiline: boolean }): string {
  let inClass = false;
  return source.replaceAll(tokens, (token) => {
    if (!multiline && !inClass && (token === '\\A' || token === '\\z')) return token === '\\A' ? '^' : '$';
    if (token.startsWith('\\')) return translateEscape(token.slice(1), inClass);
    if (token.startsWith('[:')) return inClass ? (posixClasses[token.slice(2, -2)] ?? token) : token;
    if (token === '(?P<') return inClass ? token : '(?<';
    if (token === '[') {
      const opens = !inClass;
      inClass = true;
      return opens ? '[' : '\\[';
    }
    if (token === ']') inClass = false;
    return token === '.' && !inClass && !dotAll ? '[^\\n]' : token === '.' && !inClass ? '[^]' : token;
  });
}

const tokens = /\\(?:[pP][A-Z]|[xu]\{[^}]*\}|.)|\[:\^?\w+:\]|\(\?P<|\[|\]|\./gsu;

/** Rust's POSIX classes are ASCII. */
const posixClasses: Readonly<Record<string, string>> = {
  ...{
    alpha: 'A-Za-z',
    digit: '0-9',
    alnum: '0-9A-Za-z',
    upper: 'A-Z',
    lower: 'a-z',
    xdigit: '0-9A-Fa-f',
    word: '\\w',
  },
  ...{
    space: '\\t\\n\\v\\f\\r ',
    blank: '\\t ',
    cntrl: '\\0-\\x1f\\x7f',
    punct: '!-\\/:-@\\[-`\\{-~',
    print: ' -~',
    graph: '!-~',
  },
};

const word = `[${classes.w ?? ''}]`;
const edge = `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`;

function translateEscape(escaped: string, inClass: boolean): string {
  const lower = classes[escaped];
  if (lower !== undefined) return inClass ? lower : `[${lower}]`;
  const upper = classes[escaped.toLowerCase()];
  if (upper !== undefined && !inClass) return `[^${upper}]`;
  if (escaped === 'D' || escaped === 'S') return escaped === 'D' ? '\\P{Nd}' : '\\P{White_Space}';
  if (escaped === 'A') return '(?<![^])';
  if (escaped === 'z') return '(?![^])';
  if (escaped === 'b' && !inClass) return edge;
  if (escaped === 'B' && !inClass) return `(?!${edge})`;
  if (/^[pP][A-Z]$/.test(escaped)) return `\\${escaped.charAt(0)}{${escaped.charAt(1)}}`;
  if (escaped.startsWith('x{')) return `\\u${escaped.slice(1)}`;
  // Rust lets any ASCII punctuation be escaped; JavaScript's `u` mode only its own syntax characters.
  if (/^[^\w\s^$\\.*+?()[\]{}|/]$/u.test(escaped)) return `\\u{${(escaped.codePointAt(0) ?? 0).toString(16)}}`;
  return `\\${escaped}`;
}
