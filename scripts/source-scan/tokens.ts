/**
 * The tokens of a TypeScript or JavaScript file: comments gone, strings and templates kept as text. TypeScript 7 has no
 * compiler API, so the gates read source with this. It needs no types and no grammar beyond what separates tokens.
 */
export interface Token {
  kind: 'word' | 'number' | 'string' | 'template' | 'regex' | 'mark';
  /** A string's value, a template's text with `${}` for each expression, else the characters as written. */
  text: string;
  /** From 1. */
  line: number;
  /** How many brackets, of all kinds, are open around it. */
  depth: number;
  startsLine: boolean;
}

export function tokenize(source: string): Token[] {
  const cursor: Cursor = {
    source,
    at: 0,
    line: 1,
    depth: 0,
    newLine: true,
    tokens: [],
    parens: [],
    closedCondition: false,
  };
  if (source.startsWith('#!')) skipLine(cursor);
  readTokens(cursor, null);
  return cursor.tokens;
}

interface Cursor {
  source: string;
  at: number;
  line: number;
  depth: number;
  newLine: boolean;
  tokens: Token[];
  /** For each open parenthesis: whether it belongs to `if (…)` and the like, after which a regular expression may stand. */
  parens: boolean[];
  closedCondition: boolean;
}

const wordStart = /[\p{ID_Start}$_#\\]/u;
const word = /(?:[\p{ID_Continue}$#\u200c\u200d]|\\u[0-9a-fA-F]{4}|\\u\{[0-9a-fA-F]+\})+/uy;
const longMarks = ['...', '=>', '?.', '++', '--'];
const regexAfterWords = new Set(
  'return typeof case in of do else void delete throw new instanceof await yield'.split(' '),
);

/** Reads up to the end, or up to the brace that closes a template's expression (`untilDepth`). */
function readTokens(cursor: Cursor, untilDepth: number | null): void {
  while (cursor.at < cursor.source.length) {
    const char = charAt(cursor);
    if (char === '}' && cursor.depth === untilDepth) return;
    if (char === '\n') newline(cursor);
    else if (/\s/.test(char)) cursor.at += 1;
    else if (cursor.source.startsWith('//', cursor.at)) skipLine(cursor);
    else if (cursor.source.startsWith('/*', cursor.at)) skipBlock(cursor);
    else if (char === '"' || char === "'") readString(cursor, char);
    else if (char === '`') readTemplate(cursor);
    else if (char === '/' && regexMayStand(cursor)) readRegex(cursor);
    else if (/[0-9]/.test(char) || /^\.[0-9]/.test(cursor.source.slice(cursor.at, cursor.at + 2))) readNumber(cursor);
    else if (wordStart.test(char)) readWord(cursor);
    else readMark(cursor, char);
  }
}

function charAt(cursor: Cursor): string {
  return String.fromCodePoint(cursor.source.codePointAt(cursor.at) ?? 0);
}

function newline(cursor: Cursor): void {
  cursor.at += 1;
  cursor.line += 1;
  cursor.newLine = true;
}

function skipLine(cursor: Cursor): void {
  const end = cursor.source.indexOf('\n', cursor.at);
  cursor.at = end === -1 ? cursor.source.length : end;
}

function skipBlock(cursor: Cursor): void {
  const found = cursor.source.indexOf('*/', cursor.at + 2);
  const end = found === -1 ? cursor.source.length : found + 2;
  const lines = cursor.source.slice(cursor.at, end).split('\n').length - 1;
  cursor.line += lines;
  if (lines > 0) cursor.newLine = true;
  cursor.at = end;
}

function push(cursor: Cursor, kind: Token['kind'], text: string, line = cursor.line): Token {
  const token = { kind, text, line, depth: cursor.depth, startsLine: cursor.newLine };
  cursor.tokens.push(token);
  cursor.newLine = false;
  return token;
}

function readString(cursor: Cursor, quote: string): void {
  const start = cursor.at + 1;
  let at = start;
  while (at < cursor.source.length && cursor.source[at] !== quote && cursor.source[at] !== '\n') {
    if (cursor.source[at] === '\\') at += 1;
    at += 1;
  }
  const text = cursor.source.slice(start, at);
  push(cursor, 'string', unescaped(text));
  cursor.line += text.split('\n').length - 1;
  cursor.at = cursor.source[at] === '\n' ? at : at + 1;
}

const escapes = /\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([\s\S]))/g;

/** So that `'\x70g'` is still read as `pg`. */
function unescaped(text: string): string {
  return text.replace(escapes, (_: string, braced?: string, four?: string, two?: string, plain?: string) => {
    const hex = braced ?? four ?? two;
    if (hex === undefined) return plain === 'n' ? '\n' : (plain ?? '');
    const code = Number.parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : '';
  });
}

function readTemplate(cursor: Cursor): void {
  const token = push(cursor, 'template', '');
  cursor.at += 1;
  let text = '';
  while (cursor.at < cursor.source.length && cursor.source[cursor.at] !== '`') {
    if (cursor.source.startsWith('${', cursor.at)) {
      text += '${}';
      readExpression(cursor);
      continue;
    }
    const length = cursor.source[cursor.at] === '\\' ? 2 : 1;
    const piece = cursor.source.slice(cursor.at, cursor.at + length);
    cursor.line += piece.split('\n').length - 1;
    text += piece;
    cursor.at += length;
  }
  cursor.at += 1;
  token.text = unescaped(text);
}

function readExpression(cursor: Cursor): void {
  cursor.at += 2;
  cursor.depth += 1;
  push(cursor, 'mark', '${');
  readTokens(cursor, cursor.depth);
  push(cursor, 'mark', '}');
  cursor.depth -= 1;
  cursor.at += 1;
}

function regexMayStand(cursor: Cursor): boolean {
  const previous = cursor.tokens.at(-1);
  if (!previous) return true;
  if (previous.kind === 'word') return regexAfterWords.has(previous.text) && cursor.tokens.at(-2)?.text !== '.';
  if (previous.kind !== 'mark') return false;
  if (previous.text === ')') return cursor.closedCondition;
  // A block's end or an object's: a division never starts a line in formatted code.
  if (previous.text === '}') return cursor.newLine;
  return ![']', '++', '--'].includes(previous.text);
}

function readRegex(cursor: Cursor): void {
  let at = cursor.at + 1;
  let inClass = false;
  while (at < cursor.source.length && cursor.source[at] !== '\n') {
    const char = cursor.source[at];
    if (char === '\\') at += 1;
    else if (char === '[') inClass = true;
    else if (char === ']') inClass = false;
    else if (char === '/' && !inClass) break;
    at += 1;
  }
  at += 1;
  while (/[a-z]/.test(cursor.source[at] ?? '')) at += 1;
  push(cursor, 'regex', cursor.source.slice(cursor.at, at));
  cursor.at = at;
}

function readNumber(cursor: Cursor): void {
  const [text] = /^\.?[0-9](?:[0-9a-zA-Z_.]|(?<=[0-9_.][eE])[+-](?=[0-9]))*/.exec(cursor.source.slice(cursor.at)) ?? [
    '',
  ];
  push(cursor, 'number', text);
  cursor.at += text.length || 1;
}

function readWord(cursor: Cursor): void {
  word.lastIndex = cursor.at;
  // A lone backslash is no word, but it must be passed.
  const text = word.exec(cursor.source)?.[0] ?? charAt(cursor);
  push(cursor, 'word', unescaped(text));
  cursor.at += text.length;
}

function readMark(cursor: Cursor, char: string): void {
  const mark = longMarks.find((long) => cursor.source.startsWith(long, cursor.at)) ?? char;
  if (mark === '(') cursor.parens.push(/^(if|while|for|with)$/.test(cursor.tokens.at(-1)?.text ?? ''));
  if (mark === ')') cursor.closedCondition = cursor.parens.pop() ?? false;
  if ('([{'.includes(mark)) {
    push(cursor, 'mark', mark);
    cursor.depth += 1;
  } else if (')]}'.includes(mark)) {
    cursor.depth = Math.max(0, cursor.depth - 1);
    push(cursor, 'mark', mark);
  } else push(cursor, 'mark', mark);
  cursor.at += mark.length;
}
