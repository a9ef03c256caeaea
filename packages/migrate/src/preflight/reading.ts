import type { SqlToken } from '../sql-lexer.ts';
import type { ConcernBody } from './concern.ts';

/** One statement, and what statements before it have said. */
export interface Reading {
  tokens: readonly SqlToken[];
  /** The step's SQL, which the tokens are places of. */
  text: string;
  /** Constraints added NOT VALID, by name: they count when they are validated. */
  unvalidated: Map<string, ConcernBody[]>;
}

export function wordAt(tokens: readonly SqlToken[], at: number): string | undefined {
  const token = tokens[at];
  return token?.kind === 'word' ? token.text : undefined;
}

export function isWord(tokens: readonly SqlToken[], at: number, text: string): boolean {
  return wordAt(tokens, at) === text;
}

/** `(a, "B" DESC)`; undefined where something else than columns stands there. */
export function namesInParentheses(
  tokens: readonly SqlToken[],
  open: number,
): { names: string[]; next: number } | undefined {
  if (tokens[open]?.text !== '(') return undefined;
  const names: string[] = [];
  let at = open + 1;
  for (;;) {
    const name = tokens[at];
    if (!name || (name.kind !== 'word' && name.kind !== 'name')) return undefined;
    names.push(name.text);
    at += 1;
    if (isWord(tokens, at, 'asc') || isWord(tokens, at, 'desc')) at += 1;
    const mark = tokens[at]?.text;
    at += 1;
    if (mark === ')') return { names, next: at };
    if (mark !== ',') return undefined;
  }
}
