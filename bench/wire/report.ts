import { median } from '../statistics.ts';

export interface WireMeasured {
  readonly names: readonly string[];
  /** Repetitions a second of CPU, by work and contender, one a round. */
  readonly perSecond: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;
  readonly hostile: readonly { readonly name: string; readonly msPerMegabyte: number }[];
  readonly rounds: number;
}

export interface WireReport {
  readonly measured: WireMeasured;
  readonly circumstances: readonly string[];
  readonly missing: readonly string[];
}

/** What an issue of a route costs: reading its body and writing its answer. */
const both = 'validate + serialize one';
const aims: Readonly<Record<string, number>> = { 'Ajv + fast-json-stringify': 0.5, Zod: 1, Pydantic: 1 };
const mostMsPerMegabyte = 50;

export function formatWireReport({ measured, circumstances, missing }: WireReport): string {
  const rows = worksOf(measured).map((work) => [
    work,
    ...measured.names.map((name) => format(rate(measured, work, name))),
    ...measured.names.slice(1).map((name) => ratio(measured, work, name).toFixed(2)),
  ]);
  const head = ['CPU-seconds', ...measured.names, ...measured.names.slice(1).map((name) => `÷ ${name}`)];
  const hostile = measured.hostile.map(({ name, msPerMegabyte }) => [name, msPerMegabyte.toFixed(1)]);
  return [
    ...circumstances.map((line) => `- ${line}`),
    `- medians of ${measured.rounds} interleaved rounds, per second of CPU`,
    ...missing.map((line) => `- **Not measured:** ${line}`),
    '',
    ...table(head, rows),
    '',
    ...table(['1 MB of', 'ms of CPU per MB'], hostile),
  ].join('\n');
}

/** The aims that were not reached, in words. */
export function missedAims(measured: WireMeasured): string[] {
  const slower = measured.names.slice(1).flatMap((name) => {
    const aim = aims[name] ?? 1;
    return worksOf(measured)
      .filter((work) => ratio(measured, work, name) < aim)
      .map((work) => `${work}: ${ratio(measured, work, name).toFixed(2)} of ${name}, not ${aim}`);
  });
  const slow = measured.hostile.filter(({ msPerMegabyte }) => msPerMegabyte > mostMsPerMegabyte);
  return [...slower, ...slow.map(({ name, msPerMegabyte }) => `${name}: ${msPerMegabyte.toFixed(1)} ms per MB`)];
}

const begin = '<!-- wire: begin (written by `npm run bench -- wire --write`) -->';
const end = '<!-- wire: end -->';

/** Replaces what stands between the two marks. Throws when they are missing. */
export function replaceBlock(page: string, report: string): string {
  const start = page.indexOf(begin);
  const stop = page.indexOf(end);
  if (start < 0 || stop < start) throw new Error(`the page has no ${begin} … ${end}`);
  return `${page.slice(0, start + begin.length)}\n${report.trim()}\n${page.slice(stop)}`;
}

function worksOf({ perSecond }: WireMeasured): string[] {
  return [...Object.keys(perSecond), both];
}

function rate({ perSecond }: WireMeasured, work: string, name: string): number {
  if (work !== both) return median([...(perSecond[work]?.[name] ?? [])]);
  const parts = ['validate', 'serialize one'].map((part) => median([...(perSecond[part]?.[name] ?? [])]));
  return 1 / parts.reduce((sum, part) => sum + 1 / part, 0);
}

function ratio(measured: WireMeasured, work: string, name: string): number {
  return rate(measured, work, measured.names[0] ?? '') / rate(measured, work, name);
}

function format(value: number): string {
  return String(Math.round(value / 100) * 100);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '--:'))), ...rows.map(line)];
}
