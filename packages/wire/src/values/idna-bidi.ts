import { codePointsOf, reprOfText } from './python-text.ts';

// RFC 5893 as Python's `idna` package checks it. JavaScript has no bidirectional classes: these are those of the
// characters that a label may hold at all.
const rightToLeft =
  /[\p{Script=Hebrew}\p{Script=Nko}\p{Script=Samaritan}\p{Script=Mandaic}\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const arabicLetter = /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Hanifi_Rohingya}]/u;
const arabicNumber = /[\u0600-\u0605\u0660-\u0669\u066b\u066c\u06dd\u08e2\u{10d30}-\u{10d39}]/u;
const europeanNumber = /[0-9\u06f0-\u06f9]/u;
/** Marks and digits that read from the left, and letters that have no direction. */
const leftToRight = /[\u0cbf\u0cc6\u{11a07}\u{11a08}\u{11c3f}\u0f0b\u3007]/u;
const neutralLetter = /[\u02b9\u02ba\u02c6-\u02cf\u02ec\u2e2f\ua67f\ua717-\ua71f\ua788]/u;

type Direction = 'L' | 'R' | 'AN' | 'EN' | 'NSM' | 'neutral';

/** What is wrong with the order of reading in a label; undefined when nothing is, or nothing in it reads from the right. */
export function bidiProblem(label: string): string | undefined {
  const directions = codePointsOf(label).map(directionOf);
  const [first] = directions;
  if (!directions.some((direction) => direction === 'R' || direction === 'AN')) return undefined;
  if (first !== 'L' && first !== 'R') {
    return `First codepoint in label ${reprOfText(label)} must be directionality L, R or AL`;
  }
  return first === 'R' ? rightToLeftProblem(directions) : leftToRightProblem(directions);
}

function rightToLeftProblem(directions: readonly Direction[]): string | undefined {
  const wrong = directions.indexOf('L');
  const numbers = new Set<Direction>();
  for (const [index, direction] of directions.entries()) {
    if (index === wrong) return `Invalid direction for codepoint at position ${index + 1} in a right-to-left label`;
    if (direction === 'AN' || direction === 'EN') numbers.add(direction);
    if (numbers.size > 1) return 'Can not mix numeral types in a right-to-left label';
  }
  return endingProblem(directions, ['R', 'EN', 'AN']);
}

function leftToRightProblem(directions: readonly Direction[]): string | undefined {
  const wrong = directions.findIndex((direction) => direction === 'R' || direction === 'AN');
  if (wrong !== -1) return `Invalid direction for codepoint at position ${wrong + 1} in a left-to-right label`;
  return endingProblem(directions, ['L', 'EN']);
}

function endingProblem(directions: readonly Direction[], valid: readonly Direction[]): string | undefined {
  const last = directions.findLast((direction) => direction !== 'NSM');
  return last !== undefined && valid.includes(last) ? undefined : 'Label ends with illegal codepoint directionality';
}

function directionOf(character: string): Direction {
  if (arabicNumber.test(character)) return 'AN';
  if (europeanNumber.test(character)) return 'EN';
  if (leftToRight.test(character)) return 'L';
  if (neutralLetter.test(character)) return 'neutral';
  if (/[\p{Mn}\p{Me}]/u.test(character)) return 'NSM';
  if (rightToLeft.test(character) || arabicLetter.test(character)) return 'R';
  return /[\p{L}\p{Mc}\p{Nd}]/u.test(character) ? 'L' : 'neutral';
}
