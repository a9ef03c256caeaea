import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isRecord } from '../src/json/record.ts';
import type { SerializationVector } from './serialization.ts';
import { classesOf, runSerialization } from './serialization.ts';
import type { Outcome, Vector } from './vectors.ts';
import { runVector } from './vectors.ts';

/** What one file of recorded cases came to. A schema that is not supported differs. */
export interface Score {
  group: string;
  cases: number;
  agree: number;
  differ: number;
  /** The recorded stack failed with a 500 and this package answers; by the rule that allows it. */
  waived: ReadonlyMap<string, number>;
  differences: readonly Difference[];
}

export interface Difference {
  id: string;
  expected: string;
  actual: string;
}

/** Scores every `*.jsonl` in a folder, in order. */
export function scoreFolder(folder: string): Score[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .toSorted()
    .map((name) => scoreFile(join(folder, name)));
}

/** Scores one file of requests or of answers. */
export function scoreFile(path: string): Score {
  const lines: unknown[] = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const answers = lines.filter(isAnswer);
  const classes = classesOf(answers);
  const outcomes = [
    ...answers.map((vector) => ({ vector, outcome: attempt(() => runSerialization(vector, classes)) })),
    ...lines.filter(isRequest).map((vector) => ({ vector, outcome: attempt(() => runVector(vector)) })),
  ];
  const waived = new Map<string, number>();
  const differences: Difference[] = [];
  for (const { vector, outcome } of outcomes) {
    if (outcome.kind === 'agrees') continue;
    const rule = outcome.kind === 'recorded-500' ? waiverOf(vector.exception ?? '') : undefined;
    if (rule !== undefined) waived.set(rule, (waived.get(rule) ?? 0) + 1);
    else differences.push({ id: vector.id, ...shown(outcome) });
  }
  const agree = outcomes.filter(({ outcome }) => outcome.kind === 'agrees').length;
  const group = basename(path, '.jsonl');
  return { group, cases: lines.length, agree, differ: lines.length - agree - total(waived), waived, differences };
}

/** Failures of the recorded stack that are answered instead; the exception tells which it was. */
const waivers: readonly { exception: RegExp; rule: string }[] = [
  { exception: /^ValueError: Out of range float/, rule: 'a number that is not finite is written as null' },
  { exception: /^UnicodeEncodeError/, rule: 'a lone surrogate is written as an escape' },
  { exception: /^UnicodeDecodeError/, rule: 'bytes that are not UTF-8 are read as U+FFFD' },
  { exception: /^ValueError: Circular reference/, rule: 'a value nested deeper than 255 levels is written' },
  { exception: /^OverflowError|^decimal\./, rule: 'a number beyond what Python can hold is refused or accepted' },
  { exception: /^ResponseValidationError/, rule: 'an answer that does not fit its schema fails as ResponseMismatch' },
];

function waiverOf(exception: string): string | undefined {
  return waivers.find((waiver) => waiver.exception.test(exception))?.rule;
}

/** A table as Markdown: one row a file, a last row for all. */
export function scoreTable(scores: readonly Score[]): string {
  const sum = (of: (score: Score) => number): number => scores.reduce((all, score) => all + of(score), 0);
  const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  return [
    row(['group', 'cases', 'agree', 'differ', 'waived']),
    row(['---', '--:', '--:', '--:', '--:']),
    ...scores.map((score) => row([score.group, score.cases, score.agree, score.differ, total(score.waived)])),
    row([
      'all',
      ...[sum((score) => score.cases), sum((score) => score.agree), sum((score) => score.differ)],
      sum((score) => total(score.waived)),
    ]),
  ].join('\n');
}

/** How often each waiver applied, most often first. */
export function waiverList(scores: readonly Score[]): string {
  const counts = new Map<string, number>();
  for (const { waived } of scores) {
    for (const [rule, count] of waived) counts.set(rule, (counts.get(rule) ?? 0) + count);
  }
  return [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([rule, count]) => `- ${count} × ${rule}`)
    .join('\n');
}

function total(waived: ReadonlyMap<string, number>): number {
  return [...waived.values()].reduce((sum, count) => sum + count, 0);
}

function attempt(run: () => Outcome): Outcome {
  try {
    return run();
  } catch (error) {
    return { kind: 'differs', expected: '', actual: error instanceof Error ? (error.stack ?? '') : String(error) };
  }
}

function shown(outcome: Outcome): { expected: string; actual: string } {
  if (outcome.kind === 'differs') return { expected: outcome.expected, actual: outcome.actual };
  if (outcome.kind === 'unsupported') return { expected: '', actual: `unsupported schema: ${outcome.reason}` };
  return { expected: 'a failure that a waiver names', actual: outcome.kind === 'recorded-500' ? outcome.actual : '' };
}

interface Recorded {
  exception?: string;
}

function isAnswer(line: unknown): line is SerializationVector & Recorded {
  return isRecord(line) && 'wire' in line;
}

function isRequest(line: unknown): line is Vector & Recorded {
  return isRecord(line) && 'where' in line;
}
