import type { SqlToken } from './sql-lexer.ts';

/** One `-- stanchion:<name> <value>` that stands at the start of a line, outside of strings and block comments. */
export interface Directive {
  name: string;
  value: string;
  /** Of the file, from 1. */
  line: number;
  /** Where its line begins and where the next one does, as offsets into the text. */
  start: number;
  next: number;
}

/** Several directives may share a line in the header; `summary` always takes the rest of its line. */
export function findDirectives(text: string, tokens: readonly SqlToken[]): Directive[] {
  const directives: Directive[] = [];
  let line = 1;
  let counted = 0;
  for (const token of tokens) {
    if (token.kind !== 'line_comment' || !/^--[ \t]*stanchion:/.test(token.text)) continue;
    if (text.slice(text.lastIndexOf('\n', token.start) + 1, token.start).trim() !== '') continue;
    line += countNewlines(text, counted, token.start);
    counted = token.start;
    const place = { line, start: token.start, next: Math.min(text.length, token.end + 1) };
    directives.push(...split(token.text).map((part) => ({ ...part, ...place })));
  }
  return directives;
}

export function countNewlines(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at !== -1 && at < to; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

/** Code points, as PostgreSQL and editors count them; not UTF-16 units. */
export function countCharacters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

function split(comment: string): { name: string; value: string }[] {
  const parts: { name: string; value: string }[] = [];
  let rest = comment.replace(/^--[ \t]*/, '');
  while (rest !== '') {
    const [, name = '', after = ''] = /^stanchion:(\S*)\s*([\s\S]*)$/.exec(rest) ?? [];
    const following = name === 'summary' ? -1 : after.search(/(?:^|\s)stanchion:/);
    parts.push({ name, value: (following === -1 ? after : after.slice(0, following)).trim() });
    rest = following === -1 ? '' : after.slice(following).trim();
  }
  return parts;
}
