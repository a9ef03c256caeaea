import type { Token } from './tokens.ts';

export interface SourceImport {
  /** `file`: a module named by `new URL('…', import.meta.url)`, as workers are. */
  kind: 'static' | 're-export' | 'dynamic' | 'require' | 'resolve' | 'file';
  /** Null when the module's name is computed: nobody can say what it loads. */
  specifier: string | null;
  /** Nothing of it remains when the types are stripped. */
  typeOnly: boolean;
  names: ImportedName[];
  line: number;
}

export interface ImportedName {
  /** `default`, `*`, or the exported name. */
  imported: string;
  local: string;
  typeOnly: boolean;
}

/** Every way in which a file names another module: static, type-only, re-export, dynamic, require, resolve, worker file. */
export function scanImports(tokens: readonly Token[]): SourceImport[] {
  const found: SourceImport[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token?.kind !== 'word' || isProperty(tokens, at)) continue;
    const item = importAt(tokens, at, token);
    if (item) found.push(item);
  }
  return found;
}

/** The tokens without import declarations, in which a name is not yet a use. */
export function withoutImports(tokens: readonly Token[]): Token[] {
  const kept: Token[] = [];
  let skipping = false;
  for (const [at, token] of tokens.entries()) {
    const next = tokens[at + 1]?.text;
    if (token.kind === 'word' && token.text === 'import' && token.depth === 0 && next !== '(' && next !== '.')
      skipping = true;
    if (!skipping) kept.push(token);
    if (skipping && (token.kind === 'string' || token.text === ';')) skipping = false;
  }
  return kept;
}

function isProperty(tokens: readonly Token[], at: number): boolean {
  const before = tokens[at - 1]?.text;
  return tokens[at - 1]?.kind === 'mark' && (before === '.' || before === '?.');
}

function importAt(tokens: readonly Token[], at: number, token: Token): SourceImport | undefined {
  const next = tokens[at + 1]?.text;
  if (token.text === 'import' && next === '(') return call(tokens, at, 'dynamic');
  if (token.text === 'import' && next === '.') return metaResolve(tokens, at);
  if (token.text === 'import' && next !== ':') return declaration(tokens, at, 'static');
  if (token.text === 'export' && startsReExport(tokens, at)) return declaration(tokens, at, 're-export');
  if (token.text === 'require' && next === '(') return call(tokens, at, 'require');
  if (token.text === 'require' && next === '.' && tokens[at + 2]?.text === 'resolve')
    return call(tokens, at + 2, 'resolve');
  if (token.text === 'URL' && tokens[at - 1]?.text === 'new' && next === '(') return moduleFile(tokens, at);
  return undefined;
}

/** A name that is one literal is known; anything else (a variable, a sum, a template with expressions) is not. */
function call(tokens: readonly Token[], at: number, kind: SourceImport['kind']): SourceImport {
  const argument = tokens[at + 2];
  const end = tokens[at + 3]?.text;
  const plain = argument?.kind === 'string' || (argument?.kind === 'template' && !argument.text.includes('${}'));
  const known = plain && (end === ')' || end === ',');
  const names = [{ imported: '*', local: '', typeOnly: false }];
  return { kind, specifier: known ? argument.text : null, typeOnly: false, names, line: tokens[at]?.line ?? 1 };
}

function metaResolve(tokens: readonly Token[], at: number): SourceImport | undefined {
  const isResolve =
    tokens[at + 2]?.text === 'meta' && tokens[at + 4]?.text === 'resolve' && tokens[at + 5]?.text === '(';
  return isResolve ? call(tokens, at + 4, 'resolve') : undefined;
}

function moduleFile(tokens: readonly Token[], at: number): SourceImport | undefined {
  const argument = tokens[at + 2];
  if (argument?.kind !== 'string' || !/\.[cm]?[jt]s$/.test(argument.text) || tokens[at + 4]?.text !== 'import')
    return undefined;
  const specifier = /^\.{0,2}\//.test(argument.text) ? argument.text : `./${argument.text}`;
  return { kind: 'file', specifier, typeOnly: false, names: [], line: argument.line };
}

function startsReExport(tokens: readonly Token[], at: number): boolean {
  let start = at + 1;
  if (tokens[start]?.text === 'type') start += 1;
  if (tokens[start]?.text === '*') return true;
  if (tokens[start]?.text !== '{') return false;
  const depth = tokens[start]?.depth;
  const end = tokens.findIndex((token, index) => index > start && token.text === '}' && token.depth === depth);
  return tokens[end + 1]?.text === 'from' && tokens[end + 2]?.kind === 'string';
}

function declaration(tokens: readonly Token[], at: number, kind: 'static' | 're-export'): SourceImport | undefined {
  const clause: Token[] = [];
  let end = at + 1;
  for (; end < tokens.length && tokens[end]?.kind !== 'string'; end += 1) {
    const token = tokens[end];
    // `import x = require('y')` ends in a call that is found on its own.
    if (!token || token.text === ';' || token.text === '=') return undefined;
    clause.push(token);
  }
  const specifier = tokens[end];
  if (!specifier) return undefined;
  const typeOnly = isTypeOnly(clause);
  const names = importedNames(typeOnly ? clause.slice(1) : clause, typeOnly);
  return { kind, specifier: specifier.text, typeOnly, names, line: tokens[at]?.line ?? 1 };
}

/** `import type from 'x'` imports a default named type; `import type, { a } from 'x'` too. */
function isTypeOnly(clause: readonly Token[]): boolean {
  if (clause[0]?.text !== 'type') return false;
  const second = clause[1]?.text;
  return second !== ',' && (second !== 'from' || clause.length > 2);
}

function importedNames(clause: readonly Token[], typeOnly: boolean): ImportedName[] {
  const names: ImportedName[] = [];
  const words = clause.filter((token, index) => !(token.text === 'from' && index === clause.length - 1));
  for (const part of parts(words)) {
    const type = part.length > 1 && part[0] === 'type' && part[1] !== 'as';
    const [imported, as, local] = type ? part.slice(1) : part;
    if (imported !== undefined)
      names.push({ imported, local: as === 'as' && local ? local : imported, typeOnly: typeOnly || type });
  }
  return names;
}

/** The clause cut at its commas; what stands outside the braces and is no star is the default export. */
function parts(clause: readonly Token[]): string[][] {
  const found: string[][] = [[]];
  let braces = 0;
  for (const { text } of clause) {
    if (text === '{') braces += 1;
    if (text === '}') braces -= 1;
    if (text === ',') found.push([]);
    else if (text === '*') found.at(-1)?.push('*');
    else if (text !== '{' && text !== '}')
      found.at(-1)?.push(...(braces === 0 && found.at(-1)?.length === 0 ? ['default', 'as', text] : [text]));
  }
  return found.filter((part) => part.length > 0);
}
