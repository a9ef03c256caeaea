import { readFile, writeFile } from 'node:fs/promises';
import { type Claim, judge, type Measured, makeClaims, roundRatios, slowdown } from './claims.ts';
import { median, percentile } from './statistics.ts';
import type { LatencyLevel } from './suites/latency.ts';
import type { ThroughputRound, ThroughputRounds } from './suites/throughput.ts';

export interface Report {
  readonly measured: Measured;
  /** Machine, versions and settings, one a line. */
  readonly circumstances: readonly string[];
  /** What was left out and why. */
  readonly missing: readonly string[];
}

/** Markdown that also reads well in a terminal. */
export function formatReport({ measured, circumstances, missing }: Report): string {
  const claims = makeClaims(measured);
  return [
    ...circumstances.map((line) => `- ${line}`),
    ...missing.map((line) => `- **Not measured:** ${line}`),
    '',
    ...throughputSection(`\`GET /api/tasks?limit=20\``, measured.list),
    ...throughputSection('`POST /api/tasks`', measured.create),
    ...latencySection(measured),
    ...claimSection(claims),
  ].join('\n');
}

/** Replaces what stands between the two marks of the servers' suites. Throws when they are missing. */
export function replaceMeasured(page: string, report: string): string {
  return replaceBlock(page, { name: 'measured', command: 'npm run bench -- --write' }, report);
}

export async function writeReadme(report: string): Promise<void> {
  const file = new URL('./README.md', import.meta.url);
  await writeFile(file, replaceMeasured(await readFile(file, 'utf8'), report));
}

/** The same for a suite that is called by its name: `npm run bench -- <name> --write`. */
export async function writeBlock(name: string, report: string): Promise<void> {
  const file = new URL('./README.md', import.meta.url);
  const block = { name, command: `npm run bench -- ${name} --write` };
  await writeFile(file, replaceBlock(await readFile(file, 'utf8'), block, report));
}

function replaceBlock(page: string, { name, command }: { name: string; command: string }, report: string): string {
  const begin = `<!-- ${name}: begin (written by \`${command}\`) -->`;
  const end = `<!-- ${name}: end -->`;
  const start = page.indexOf(begin);
  const stop = page.indexOf(end);
  if (start < 0 || stop < start) throw new Error(`the page has no ${begin} … ${end}`);
  return `${page.slice(0, start + begin.length)}\n${report.trim()}\n${page.slice(stop)}`;
}

function throughputSection(title: string, processes: readonly ThroughputRounds[]): string[] {
  const lanes = [...(processes[0]?.keys() ?? [])];
  if (lanes.length === 0) return [];
  const rows = lanes.map((lane) => {
    const rounds = processes.flatMap((process) => process.get(lane) ?? []);
    const of = (pick: (round: ThroughputRound) => number | undefined, digits: number) =>
      formatMedian(rounds.map(pick), digits);
    return [
      lane,
      of((round) => round.perSecond, 0),
      formatRatios(processes, lane, 'bare'),
      formatRatios(processes, lane, 'fastapi'),
      of((round) => round.cpuMicros, 0),
      of((round) => round.databaseMicros, 0),
      [of((r) => r.p50Ms, 1), of((r) => r.p95Ms, 1), of((r) => r.p99Ms, 1)].join(' / '),
    ];
  });
  const head = [
    '',
    'req/s',
    '÷ bare (min–max)',
    '÷ FastAPI (min–max)',
    'CPU µs',
    'PostgreSQL µs',
    'p50 / p95 / p99 ms',
  ];
  return [`### ${title}`, '', ...table(head, rows), ''];
}

function refusedOf(levels: readonly LatencyLevel[]): string {
  return String(levels.reduce((sum, level) => sum + level.refused, 0));
}

function latencySection({ logins }: Measured): string[] {
  const levels = logins[0] ?? [];
  if (levels.length === 0) return [];
  const routes = [...(levels[0]?.latenciesMs.keys() ?? [])];
  const rows = levels.map((level) => {
    const same = logins.flatMap((process) => process.filter((other) => other.logins === level.logins));
    const cells = routes.map((route) =>
      [50, 95, 99]
        .map((rank) => median(same.map((one) => percentile(one.latenciesMs.get(route) ?? [], rank))).toFixed(2))
        .join(' / '),
    );
    const rates = [same.map((one) => one.loginsPerSecond), same.map((one) => one.refusedPerSecond)];
    return [nameOfLevel(level), ...rates.map((values) => median(values).toFixed(0)), ...cells, refusedOf(same)];
  });
  const head = [
    ...['logins under way', 'logins or hashes/s', 'refused/s'],
    ...routes.map((route) => `${route} p50 / p95 / p99 ms`),
    'its 503',
  ];
  const ratios = levels
    .filter((level) => level.logins !== 0)
    .map((level) => [
      nameOfLevel(level),
      ...routes.map((route) => median(logins.map((process) => slowdown(process, route, level.logins))).toFixed(2)),
    ]);
  const tables = [...table(head, rows), '', ...table(['p99 ÷ without logins', ...routes], ratios)];
  return ['### Cheap routes beside logins', '', ...tables, ''];
}

/** The control: what the machine does to the routes when nobody logs in and as much is hashed. */
function nameOfLevel({ logins }: LatencyLevel): string {
  return logins === 'elsewhere' ? 'control: none, hashing in another process' : String(logins);
}

export function claimSection(claims: readonly Claim[]): string[] {
  if (claims.length === 0) return [];
  const rows = claims.map((claim) => {
    const { name, ratio, bound, target } = claim;
    const sign = bound === 'at least' ? '≥' : '≤';
    const spread = `${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)}`;
    return [name, ratio.median.toFixed(2), spread, `${sign} ${target}`, judge(claim)];
  });
  return ['### Claims', '', ...table(['ratio', 'median', 'over processes', 'target', ''], rows), ''];
}

export function formatMedian(values: readonly (number | undefined)[], digits: number): string {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? '–' : median(known).toFixed(digits);
}

function formatRatios(processes: readonly ThroughputRounds[], lane: string, base: string): string {
  const ratios = processes.flatMap((rounds) => roundRatios(rounds, lane, base));
  if (ratios.length === 0) return '–';
  const range = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
  return lane === base ? '1' : `${median(ratios).toFixed(2)} (${range})`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((cell, column) => Math.max(3, cell.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}
