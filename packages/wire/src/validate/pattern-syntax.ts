/** A pattern taken apart. An atom is the source of a JavaScript pattern that matches one code point. */
export type Syntax =
  | { readonly kind: 'atom'; readonly source: string }
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Syntax[] }
  | { readonly kind: 'repeat'; readonly part: Syntax; readonly min: number; readonly max: number }
  | { readonly kind: 'start' | 'end' };

/** Undefined: it has something that is not told here (word edges, flags inside). */
export function parsePattern(source: string): Syntax | undefined {
  const cursor: Cursor = { source, at: 0 };
  try {
    const syntax = readAlternatives(cursor);
    return cursor.at === source.length ? syntax : undefined;
  } catch (error) {
    if (error instanceof NotTold) return undefined;
    throw error;
  }
}

/**
 * Whether a backtracking engine may need more than linear time: something without end inside a repetition, two of them
 * that can share a text, or one that may begin anywhere.
 */
export function canBacktrack(syntax: Syntax): boolean {
  const endless = countEndless(syntax);
  const isAnchored = syntax.kind === 'all' && syntax.parts[0]?.kind === 'start';
  return endless > 1 || (endless === 1 && !isAnchored);
}

/** A repetition of a few is no danger by itself. */
const few = 8;

function countEndless(syntax: Syntax): number {
  if (syntax.kind === 'repeat') {
    const inside = countEndless(syntax.part);
    if (syntax.max <= few) return inside * Math.max(1, syntax.max);
    return syntax.part.kind === 'atom' ? 1 : inside + 2;
  }
  if (syntax.kind === 'all' || syntax.kind === 'any') {
    return syntax.parts.reduce((sum, part) => sum + countEndless(part), 0);
  }
  return 0;
}

class NotTold extends Error {}

interface Cursor {
  readonly source: string;
  at: number;
}

function readAlternatives(cursor: Cursor): Syntax {
  const parts = [readSequence(cursor)];
  while (cursor.source[cursor.at] === '|') {
    cursor.at += 1;
    parts.push(readSequence(cursor));
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'any', parts };
}

function readSequence(cursor: Cursor): Syntax {
  const parts: Syntax[] = [];
  for (;;) {
    const next = cursor.source[cursor.at];
    if (next === undefined || next === '|' || next === ')') return { kind: 'all', parts };
    parts.push(readRepeated(cursor));
  }
}

function readRepeated(cursor: Cursor): Syntax {
  let part = readOne(cursor);
  for (;;) {
    const match = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})/.exec(cursor.source.slice(cursor.at, cursor.at + 24));
    if (match === null) return part;
    const [token, low = '', comma, high = ''] = match;
    cursor.at += token.length;
    // Lazy or not: whether it matches stays the same.
    if (cursor.source[cursor.at] === '?') cursor.at += 1;
    const [min, max] = boundsOf(token, { low, isRange: comma === ',', high });
    part = { kind: 'repeat', part, min, max };
  }
}

function boundsOf(
  token: string,
  { low, isRange, high }: { low: string; isRange: boolean; high: string },
): [number, number] {
  if (token === '*') return [0, Number.POSITIVE_INFINITY];
  if (token === '+') return [1, Number.POSITIVE_INFINITY];
  if (token === '?') return [0, 1];
  if (!isRange) return [Number(low), Number(low)];
  return [Number(low), high === '' ? Number.POSITIVE_INFINITY : Number(high)];
}

function readOne(cursor: Cursor): Syntax {
  const rest = cursor.source.slice(cursor.at);
  if (rest.startsWith('(')) return readGroup(cursor);
  if (rest.startsWith('^') || rest.startsWith('$')) {
    cursor.at += 1;
    return { kind: rest.startsWith('^') ? 'start' : 'end' };
  }
  const token =
    /^(?:\[(?:[^\]\\]|\\.)*\]|\\[pP]\{[^}]*\}|\\u\{[^}]*\}|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\.|[^()[\]{}*+?|])/su.exec(
      rest,
    )?.[0];
  if (token === undefined) throw new NotTold();
  cursor.at += token.length;
  return { kind: 'atom', source: token };
}

function readGroup(cursor: Cursor): Syntax {
  const open = /^\((?:\?:|\?<\w+>)?/.exec(cursor.source.slice(cursor.at))?.[0] ?? '';
  cursor.at += open.length;
  // Anything else after a question mark is an assertion or a flag.
  if (open === '(' && cursor.source[cursor.at] === '?') throw new NotTold();
  const inside = readAlternatives(cursor);
  if (cursor.source[cursor.at] !== ')') throw new NotTold();
  cursor.at += 1;
  return inside;
}
