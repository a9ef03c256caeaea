import type { Claim } from '../claims.ts';
import { claimSection, formatMedian, table } from '../report.ts';
import { median, spreadOf } from '../statistics.ts';
import type { MigrateRounds, Rounds, UpgradeTime } from './measure.ts';
import type { ProcessTime } from './timed-process.ts';

export interface MigrateMeasured extends MigrateRounds {
  readonly revisions: number;
  readonly statements: number;
  /** Whole processes over the same files. */
  readonly lint: Rounds<ProcessTime>;
  /** lintRevisions() in one process, the files being read: CPU of the thread. */
  readonly lintCalls: { readonly firstMs: number; readonly laterMs: readonly number[] };
}

export interface MigrateReport {
  readonly measured: MigrateMeasured;
  readonly circumstances: readonly string[];
  readonly missing: readonly string[];
}

/** Nobody's time is longer than the fastest of the others'. */
const target = 1;

export function formatMigrateReport({ measured, circumstances, missing }: MigrateReport): string {
  const { revisions, statements, upgrade, current, lint, lintCalls } = measured;
  return [
    ...circumstances.map((line) => `- ${line}`),
    ...missing.map((line) => `- **Not measured:** ${line}`),
    '',
    ...section(`### ${revisions} revisions on an empty database`, upgrade, databaseColumn),
    ...section('### Start-up: where is the database?', current),
    ...section(`### Lint of ${statements} statements, as processes`, lint),
    `Inside a process: the first \`lintRevisions()\` takes ${lintCalls.firstMs.toFixed(0)} ms of CPU, which loads the parser; ` +
      `a later one ${median(lintCalls.laterMs).toFixed(0)} ms.`,
    '',
    ...claimSection(makeMigrateClaims(measured)),
  ].join('\n');
}

/** Ours against the fastest of the others, in the time that a user waits and in CPU. */
export function makeMigrateClaims({ revisions, statements, upgrade, current, lint }: MigrateMeasured): Claim[] {
  return [
    ...claimsOf(`upgrade of ${revisions} revisions`, upgrade, 'ours'),
    ...claimsOf('current', current, 'ours'),
    ...claimsOf('current by ./stanchion', current, './stanchion'),
    ...claimsOf(`lint of ${statements} statements`, lint, 'ours'),
  ];
}

const ownNames = new Set(['ours', './stanchion']);

function claimsOf(what: string, rounds: Rounds<ProcessTime>, name: string): Claim[] {
  const ours = rounds.get(name) ?? [];
  const others = [...rounds].filter(([other]) => !ownNames.has(other));
  if (ours.length === 0 || others.length === 0) return [];
  const claim = (measure: string, pick: (time: ProcessTime) => number | undefined): Claim[] => {
    const fastest = others.toSorted(([, a], [, b]) => middle(a, pick) - middle(b, pick))[0];
    if (!fastest || !Number.isFinite(middle(ours, pick))) return [];
    const [other, times] = fastest;
    // Within a round, because the machine's speed drifts.
    const ratios = ours.map((time, index) => (pick(time) ?? Number.NaN) / (pick(times[index] ?? time) ?? Number.NaN));
    return [{ name: `${what}, ${measure}: ours ÷ ${other}`, ratio: spreadOf(ratios), bound: 'at most', target }];
  };
  return [...claim('time', (time) => time.wallMs), ...claim('CPU', (time) => time.cpuMs)];
}

function middle<Time>(times: readonly Time[], pick: (time: Time) => number | undefined): number {
  return median(times.map((time) => pick(time) ?? Number.NaN));
}

type Column<Time> = readonly [head: string, pick: (time: Time) => number | undefined];
const databaseColumn: Column<UpgradeTime> = ['PostgreSQL CPU ms', (time) => time.databaseMs];

function section<Time extends ProcessTime>(
  title: string,
  rounds: Rounds<Time>,
  ...more: readonly Column<Time>[]
): string[] {
  if (rounds.size === 0) return [];
  const columns: readonly Column<Time>[] = [['CPU ms', (time) => time.cpuMs], ...more];
  const rows = [...rounds].map(([name, times]) => {
    const wall = times.map((time) => time.wallMs);
    const spread = `${Math.min(...wall).toFixed(0)}–${Math.max(...wall).toFixed(0)}`;
    return [name, median(wall).toFixed(0), spread, ...columns.map(([, pick]) => formatMedian(times.map(pick), 0))];
  });
  return [title, '', ...table(['', 'ms', 'min–max', ...columns.map(([head]) => head)], rows), ''];
}
