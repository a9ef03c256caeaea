/**
 * Reads SQL the way PostgreSQL's own scanner does, as far as it takes to know where comments, quotes and statements end.
 * https://www.postgresql.org/docs/current/sql-syntax-lexical.html, with standard_conforming_strings on.
 */
export interface SqlToken {
  kind: 'word' | 'name' | 'string' | 'symbol' | 'line_comment' | 'block_comment';
  start: number;
  end: number;
  /** Words in lower case, as PostgreSQL folds them; quoted names without their quotes; the rest as written. */
  text: string;
}

export interface SqlScan {
  tokens: SqlToken[];
  /** Where something begins that never ends. */
  unterminatedAt: number | undefined;
}

export interface SqlStatement {
  start: number;
  end: number;
  /** Without comments. */
  tokens: SqlToken[];
}

export function scanSql(text: string): SqlScan {
  const tokens: SqlToken[] = [];
  let at = 0;
  while (at < text.length) {
    at = skipBlanks(text, at);
    if (at >= text.length) break;
    const token = readToken(text, at);
    if (!token) return { tokens, unterminatedAt: at };
    tokens.push(token);
    at = token.end;
  }
  return { tokens, unterminatedAt: undefined };
}

/** Splits at semicolons, but not inside parentheses or the BEGIN ATOMIC body of a SQL function. */
export function splitStatements(tokens: readonly SqlToken[]): SqlStatement[] {
  const statements: SqlStatement[] = [];
  let current: SqlToken[] = [];
  let depth = 0;
  let atomic = false;
  for (const token of tokens) {
    if (token.kind === 'line_comment' || token.kind === 'block_comment') continue;
    if (token.kind === 'symbol' && token.text === ';' && depth === 0) {
      statements.push(...statementOf(current));
      current = [];
      atomic = false;
      continue;
    }
    const entersAtomic = token.kind === 'word' && token.text === 'atomic' && current.at(-1)?.text === 'begin';
    atomic ||= entersAtomic;
    depth = Math.max(0, depth + (entersAtomic ? 1 : nesting(token, atomic)));
    current.push(token);
  }
  return [...statements, ...statementOf(current)];
}

/** The blanks of source files without a regular expression: every character of every revision comes through here at every start. */
function skipBlanks(text: string, from: number): number {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    const isBlank = code <= 32 ? code === 32 || (code >= 9 && code <= 13) : code >= 128 && /\s/.test(text.charAt(at));
    if (!isBlank) return at;
    at += 1;
  }
}

function readToken(text: string, at: number): SqlToken | undefined {
  const first = text.charAt(at);
  if (first === '-' && text.charAt(at + 1) === '-') return lineComment(text, at);
  if (first === '/' && text.charAt(at + 1) === '*') return blockComment(text, at);
  if (first === "'") return quoted(text, at, { quote: "'", from: at, backslash: false });
  if (first === '"') return quoted(text, at, { quote: '"', from: at, backslash: false });
  if (text.charAt(at + 1) === "'" && /[eEbBxXnN]/.test(first)) {
    return quoted(text, at, { quote: "'", from: at + 1, backslash: first === 'e' || first === 'E' });
  }
  const quote = text.charAt(at + 2);
  if (text.charAt(at + 1) === '&' && (first === 'u' || first === 'U') && (quote === "'" || quote === '"')) {
    return quoted(text, at, { quote, from: at + 2, backslash: false });
  }
  if (first === '$') return dollarQuoted(text, at);
  return word(text, at) ?? { kind: 'symbol', start: at, end: at + 1, text: first };
}

function lineComment(text: string, start: number): SqlToken {
  const newline = text.indexOf('\n', start);
  const end = newline === -1 ? text.length : newline;
  return { kind: 'line_comment', start, end, text: text.slice(start, end) };
}

/** Block comments nest, unlike in standard SQL. */
function blockComment(text: string, start: number): SqlToken | undefined {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = start;
  let depth = 0;
  for (let mark = marks.exec(text); mark; mark = marks.exec(text)) {
    depth += mark[0] === '/*' ? 1 : -1;
    if (depth === 0) {
      const end = mark.index + 2;
      return { kind: 'block_comment', start, end, text: text.slice(start, end) };
    }
  }
  return undefined;
}

interface QuoteForm {
  quote: "'" | '"';
  /** Where the opening quote is. */
  from: number;
  backslash: boolean;
}

function quoted(text: string, start: number, form: QuoteForm): SqlToken | undefined {
  let at = form.from + 1;
  while (at < text.length) {
    const character = text.charAt(at);
    if (form.backslash && character === '\\') at += 2;
    else if (character !== form.quote) at += 1;
    else if (text.charAt(at + 1) === form.quote) at += 2;
    else {
      const inner = text.slice(form.from + 1, at).replaceAll(form.quote + form.quote, form.quote);
      return { kind: form.quote === '"' ? 'name' : 'string', start, end: at + 1, text: inner };
    }
  }
  return undefined;
}

function dollarQuoted(text: string, start: number): SqlToken | undefined {
  const tag = /^\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/.exec(text.slice(start, start + 66))?.[0];
  if (tag === undefined) {
    const parameter = /^\$\d*/.exec(text.slice(start, start + 12))?.[0] ?? '$';
    return { kind: 'symbol', start, end: start + parameter.length, text: parameter };
  }
  const close = text.indexOf(tag, start + tag.length);
  if (close === -1) return undefined;
  const end = close + tag.length;
  return { kind: 'string', start, end, text: text.slice(start + tag.length, close) };
}

/** Identifiers may hold `$` after their first character, so that a$b$ opens no string. */
function word(text: string, start: number): SqlToken | undefined {
  letters.lastIndex = start;
  const found = letters.exec(text)?.[0];
  return found === undefined ? undefined : { kind: 'word', start, end: start + found.length, text: fold(found) };
}

const letters = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|\d[\w.]*/y;

/** The letters of ASCII only, as PostgreSQL does. */
function fold(text: string): string {
  return /[\u0080-\uffff]/.test(text) ? text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) : text.toLowerCase();
}

function nesting(token: SqlToken, inAtomic: boolean): number {
  if (token.kind === 'symbol') return token.text === '(' ? 1 : token.text === ')' ? -1 : 0;
  if (token.kind !== 'word' || !inAtomic) return 0;
  return token.text === 'case' ? 1 : token.text === 'end' ? -1 : 0;
}

function statementOf(tokens: SqlToken[]): SqlStatement[] {
  const first = tokens[0];
  const last = tokens.at(-1);
  return first && last ? [{ start: first.start, end: last.end, tokens }] : [];
}
