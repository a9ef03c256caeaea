/** One token of a Python file, as far as it takes to read literal assignments. */
export interface PythonToken {
  kind: 'name' | 'string' | 'symbol';
  /** Of a string its value; undefined when it is computed (an f-string with a field) or not text (bytes). */
  text: string | undefined;
  /** From 1; columns count characters of the file. */
  line: number;
  column: number;
}

/** A logical line: brackets and backslashes join physical ones, semicolons split them. */
export interface PythonStatement {
  tokens: PythonToken[];
  /** It stands at the start of its line: a statement of the module itself. */
  isTopLevel: boolean;
}

export class PythonSyntaxError extends Error {
  override readonly name = 'PythonSyntaxError';
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

/** https://docs.python.org/3/reference/lexical_analysis.html, without what cannot occur before or in such assignments. */
export function scanPython(text: string): PythonStatement[] {
  const state: Scan = { text: text.replaceAll(/\r\n?/g, '\n'), at: 0, line: 1, lineStart: 0 };
  const statements: PythonStatement[] = [];
  let tokens: PythonToken[] = [];
  let isTopLevel = true;
  let depth = 0;
  const end = (): void => {
    if (tokens.length > 0) statements.push({ tokens, isTopLevel });
    tokens = [];
  };
  while (state.at < state.text.length) {
    const character = state.text.charAt(state.at);
    if (character === '\n') {
      newline(state);
      if (depth === 0) end();
    } else if (character === '#') skipComment(state);
    else if (character === '\\' && state.text.charAt(state.at + 1) === '\n') {
      state.at += 1;
      newline(state);
    } else if (/\s/.test(character)) state.at += 1;
    else if (character === ';' && depth === 0) {
      state.at += 1;
      end();
    } else {
      // After a semicolon the next statement belongs to where the line began.
      if (tokens.length === 0 && isFirstOfLine(state)) isTopLevel = state.at === state.lineStart;
      const token = readToken(state);
      if (token.kind === 'symbol' && '([{'.includes(token.text ?? '')) depth += 1;
      if (token.kind === 'symbol' && ')]}'.includes(token.text ?? '')) depth = Math.max(0, depth - 1);
      tokens.push(token);
    }
  }
  end();
  return statements;
}

interface Scan {
  text: string;
  at: number;
  line: number;
  lineStart: number;
}

function newline(state: Scan): void {
  state.at += 1;
  state.line += 1;
  state.lineStart = state.at;
}

function isFirstOfLine(state: Scan): boolean {
  return state.text.slice(state.lineStart, state.at).trim() === '';
}

function skipComment(state: Scan): void {
  const end = state.text.indexOf('\n', state.at);
  state.at = end === -1 ? state.text.length : end;
}

function readToken(state: Scan): PythonToken {
  const place = { line: state.line, column: state.at - state.lineStart + 1 };
  const [prefix, quote] =
    /^([A-Za-z]{0,2})('''|"""|'|")/.exec(state.text.slice(state.at, state.at + 5))?.slice(1) ?? [];
  if (prefix !== undefined && quote !== undefined && /^(?:[rubft]|br|rb|fr|rf|tr|rt)?$/i.test(prefix)) {
    state.at += prefix.length + quote.length;
    return { kind: 'string', text: readString(state, prefix.toLowerCase(), quote), ...place };
  }
  const [word] = /^[\p{L}_][\p{L}\p{N}_]*/u.exec(state.text.slice(state.at)) ?? [];
  const text = word ?? String.fromCodePoint(state.text.codePointAt(state.at) ?? 0);
  state.at += text.length;
  return { kind: word === undefined ? 'symbol' : 'name', text, ...place };
}

/** Begins behind the opening quote and ends behind the closing one. */
function readString(state: Scan, prefix: string, quote: string): string | undefined {
  const startLine = state.line;
  const isFormatted = /[ft]/.test(prefix);
  let value = '';
  let isLiteral = !prefix.includes('b');
  while (!state.text.startsWith(quote, state.at)) {
    const character = state.text.charAt(state.at);
    if (character === '' || (character === '\n' && quote.length === 1)) {
      throw new PythonSyntaxError('a string is never closed', startLine);
    }
    if (character === '\n') {
      newline(state);
      value += character;
    } else if (character === '\\') {
      const escape = readEscape(state, prefix.includes('r'));
      isLiteral &&= escape !== undefined;
      value += escape ?? '';
    } else if (isFormatted && character === '{' && state.text.charAt(state.at + 1) !== '{') {
      isLiteral = false;
      skipField(state);
    } else {
      const doubled = isFormatted && '{}'.includes(character) && state.text.charAt(state.at + 1) === character;
      value += character;
      state.at += doubled ? 2 : 1;
    }
  }
  state.at += quote.length;
  return isLiteral ? value : undefined;
}

const simpleEscapes = new Map([
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['v', '\v'],
]);

/** Undefined: one that this does not read, a name of Unicode for one. */
function readEscape(state: Scan, isRaw: boolean): string | undefined {
  const next = state.text.charAt(state.at + 1);
  state.at += 1;
  if (next === '\n') {
    newline(state);
    return isRaw ? '\\\n' : '';
  }
  if (isRaw) {
    state.at += 1;
    return `\\${next}`;
  }
  const [numeric] =
    /^(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{1,3})/.exec(state.text.slice(state.at, state.at + 9)) ??
    [];
  if (numeric !== undefined) {
    state.at += numeric.length;
    const isOctal = /^[0-7]/.test(numeric);
    return String.fromCodePoint(Number.parseInt(isOctal ? numeric : numeric.slice(1), isOctal ? 8 : 16));
  }
  state.at += 1;
  return next === 'N' ? undefined : (simpleEscapes.get(next) ?? `\\${next}`);
}

/** A replacement field, strings in it included: since Python 3.12 they may have the outer quotes. */
function skipField(state: Scan): void {
  const startLine = state.line;
  let depth = 0;
  do {
    const character = state.text.charAt(state.at);
    if (character === '') throw new PythonSyntaxError('a string is never closed', startLine);
    if (character === '{') depth += 1;
    if (character === '}') depth -= 1;
    if (character === '\n') newline(state);
    else if (character === '"' || character === "'") {
      const quote = state.text.startsWith(character.repeat(3), state.at) ? character.repeat(3) : character;
      state.at += quote.length;
      readString(state, '', quote);
    } else state.at += 1;
  } while (depth > 0);
}
