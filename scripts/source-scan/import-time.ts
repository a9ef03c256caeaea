import { importEffects, type SourceEffect, scanEffects } from './effects.ts';
import type { SourceImport } from './imports.ts';
import type { Token } from './tokens.ts';

/** Something that happens because the file is imported. */
export interface ImportTimeWork {
  evidence: string;
  line: number;
}

/**
 * Work at import time, as far as tokens show it: statements that are no declarations, effects outside every function and
 * calls of imported functions that have effects. A call of a local function that hides an effect isn't seen.
 */
export function scanImportTimeWork(tokens: readonly Token[], imports: readonly SourceImport[]): ImportTimeWork[] {
  const deferred = deferredTokens(tokens);
  const outside = tokens.filter((_, at) => !deferred[at]);
  return [
    ...looseStatements(tokens),
    ...outsideEffects(outside),
    ...effectfulCalls(outside, imports),
    ...waits(outside),
  ].toSorted((a, b) => a.line - b.line);
}

const declarations = new Set(
  'import export const let var function async class abstract interface type declare enum namespace'.split(' '),
);
const endsWithBlock = new Set(
  'function async class abstract interface enum namespace if for while try do switch'.split(' '),
);

function looseStatements(tokens: readonly Token[]): ImportTimeWork[] {
  const found: ImportTimeWork[] = [];
  let at = 0;
  while (at < tokens.length) {
    const first = tokens[at];
    if (first && first.text !== ';' && !(first.kind === 'word' && declarations.has(first.text))) {
      found.push({ evidence: `the statement that begins with '${first.text}'`, line: first.line });
    }
    at = afterStatement(tokens, at);
  }
  return found;
}

function afterStatement(tokens: readonly Token[], start: number): number {
  const keyword =
    tokens.slice(start, start + 3).find((token) => !['export', 'default', 'declare'].includes(token.text))?.text ?? '';
  const block = endsWithBlock.has(keyword) || tokens[start]?.text === '{';
  for (let at = start; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token?.depth !== 0) continue;
    if (token.text === ';' && token.kind === 'mark') return at + 1;
    if (
      block &&
      token.text === '}' &&
      token.kind === 'mark' &&
      !/^([{>)[|&]|else|catch|finally|while)$/.test(tokens[at + 1]?.text ?? '')
    )
      return at + 1;
  }
  return tokens.length;
}

const atImport = new Set(['env', 'console', 'stdio', 'exit', 'signal', 'net', 'timer', 'clock', 'random', 'eval']);

function outsideEffects(outside: readonly Token[]): ImportTimeWork[] {
  return scanEffects(outside, [])
    .filter(({ effect }: SourceEffect) => atImport.has(effect))
    .map(({ evidence, line }) => ({ evidence, line }));
}

function effectfulCalls(outside: readonly Token[], imports: readonly SourceImport[]): ImportTimeWork[] {
  const names = new Set(
    imports
      .filter(
        (item) =>
          !item.typeOnly &&
          (isPool(item) || importEffects(item).some(({ effect }) => !['crypto', 'sql', 'token'].includes(effect))),
      )
      .flatMap((item) =>
        item.names.filter((name) => !name.typeOnly && !isHarmless(name.imported)).map((name) => name.local),
      ),
  );
  return outside.flatMap((token, at) => {
    if (token.kind !== 'word' || !names.has(token.text) || outside[at - 1]?.text === '.') return [];
    const member = outside[at + 1]?.text === '.' ? outside[at + 2] : undefined;
    const call = outside[at + (member ? 3 : 1)]?.text === '(';
    const evidence = member ? `${token.text}.${member.text}()` : `${token.text}()`;
    return call ? [{ evidence, line: token.line }] : [];
  });
}

function isPool(item: SourceImport): boolean {
  return item.specifier === 'pg';
}

/** Of effectful modules, what only computes. */
function isHarmless(imported: string): boolean {
  return /^(createHash|timingSafeEqual|constants|isIP|isIPv[46]|BlockList|createRequire|isBuiltin|isMainThread|createSecretKey)$/.test(
    imported,
  );
}

function waits(outside: readonly Token[]): ImportTimeWork[] {
  return outside
    .filter((token) => token.kind === 'word' && token.text === 'await')
    .map(({ line }) => ({ evidence: 'await', line }));
}

interface Region {
  /** The depth of the brackets inside which the region lies. */
  depth: number;
  kind: 'body' | 'arrow';
}

/** Whether each token stands in a function's or a class's body, which runs later or never. */
function deferredTokens(tokens: readonly Token[]): boolean[] {
  const regions: Region[] = [];
  let classDepth: number | null = null;
  let resultDepth: number | null = null;
  return tokens.map((token, at) => {
    const { text, depth } = token;
    if (token.kind === 'word' && text === 'class' && tokens[at - 1]?.text !== '.') classDepth = depth;
    if (token.kind === 'mark') {
      while (regions.at(-1)?.kind === 'arrow' && endsArrow(token, regions.at(-1)?.depth ?? 0)) regions.pop();
      if (text === ':' && tokens[at - 1]?.text === ')') resultDepth = depth;
      if ((text === ';' || text === '=>') && depth === resultDepth) resultDepth = null;
      if (text === '{' && (opensBody(tokens, at) || depth === classDepth || depth === resultDepth)) {
        regions.push({ depth, kind: 'body' });
        if (depth === classDepth) classDepth = null;
      } else if (text === '=>' && tokens[at + 1]?.text !== '{') regions.push({ depth, kind: 'arrow' });
    }
    const inside = regions.length > 0;
    if (token.kind === 'mark' && text === '}' && regions.at(-1)?.kind === 'body' && regions.at(-1)?.depth === depth) {
      regions.pop();
      if (depth === resultDepth && !/^[{>[|&]$/.test(tokens[at + 1]?.text ?? '')) resultDepth = null;
    }
    return inside;
  });
}

function opensBody(tokens: readonly Token[], at: number): boolean {
  const before = tokens[at - 1]?.text;
  return before === '=>' || before === ')';
}

function endsArrow(token: Token, depth: number): boolean {
  if (token.text === ',' || token.text === ';') return token.depth <= depth;
  return /^[)\]}]$/.test(token.text) && token.depth < depth;
}
