import type { Step } from '../revision.ts';

const calls = /\b(?:take_back|restore)_[a-z]+\s*\(([^;]*)/gi;

/**
 * Whether an up section may bring back what is called so from the archive. Read from the text, not from the statements: the call
 * may stand in the condition of a block, which holds no statement. A step in code may do anything.
 */
export function mayTakeBack(up: readonly Step[], name: string): boolean {
  const wanted = wordsOf(name);
  return up.some(({ code, sql }) => {
    if (code) return true;
    return [...sql.matchAll(calls)].some(([, behind = '']) => {
      const words = wordsOf(behind);
      return wanted.every((word) => words.includes(word));
    });
  });
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}_$]+/gu) ?? [];
}
