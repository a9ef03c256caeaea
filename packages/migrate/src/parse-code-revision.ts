import { createHash } from 'node:crypto';
import { MigrationError, type MigrationFault } from './errors.ts';
import type { ReadRevision } from './outline.ts';
import { countNewlines } from './parse-directives.ts';
import { type Header, parseHeader } from './parse-header.ts';
import { parseStep } from './parse-step.ts';
import type { Direction, Step, StepCode } from './revision.ts';
import { scanSql } from './sql-lexer.ts';

export interface CodeSource {
  /** The file's name, without its folder. */
  file: string;
  text: string;
  /** Its default export. */
  definition: unknown;
}

/**
 * Checks what a TypeScript revision exports, by the rules of SQL files: the same names, the same statements. Faults point at
 * the file's lines where its text shows them. Throws MigrationError for a file that exports no revision.
 */
export function readCodeRevision(source: CodeSource): ReadRevision {
  const { file, text, definition } = source;
  const faults: MigrationFault[] = [];
  const parts = asRecord(definition);
  if (!parts) {
    const message = 'it has no default export that is an object: export default defineRevision({ … })';
    throw new MigrationError({ code: 'bad_code', message, file });
  }
  const context: CodeContext = { file, text, faults, seen: new Map() };
  for (const key of Object.keys(parts)) {
    if (!known.has(key)) fail(context, key, `unknown property "${key}"; known are ${[...known].join(', ')}`);
  }
  const headerFaults: MigrationFault[] = [];
  const header = headerOf({ ...context, faults: headerFaults }, parts);
  if (header.id !== file.slice(0, 12) && headerFaults.length === 0) {
    const message = `the file is named ${file.slice(0, 12)}, its revision is ${header.id}`;
    headerFaults.push({ code: 'bad_file_name', message, file, line: 1 });
  }
  faults.push(...headerFaults);
  const up = stepsOf(context, parts['up'], 'up');
  const down = parts['down'] === undefined ? null : stepsOf(context, parts['down'], 'down');
  const checksum = (): string => createHash('sha256').update(text).digest('hex');
  return { header: { ...header, file }, checksum, sections: { up, down }, headerFaults, faults };
}

interface CodeContext {
  file: string;
  text: string;
  faults: MigrationFault[];
  /** How often a step's name was looked for: up and down may share it. */
  seen: Map<string, number>;
}

const known = new Set(['revision', 'downRevision', 'labels', 'dependsOn', 'phase', 'summary', 'up', 'down']);
const stepKeys = [
  'name',
  'mode',
  'sql',
  'run',
  'rerun',
  'probe',
  'table',
  'key',
  'size',
  'pauseMs',
  'undoes',
  'accept',
];

/** Written as a SQL file would have it, and read as one. */
function headerOf(context: CodeContext, parts: Record<string, unknown>): Header {
  const names = {
    revision: 'revision',
    down_revision: 'downRevision',
    labels: 'labels',
    depends_on: 'dependsOn',
    phase: 'phase',
    summary: 'summary',
  };
  const directives = Object.entries(names).flatMap(([name, key]) => {
    const value = parts[key];
    if (value === undefined) return [];
    const isList = Array.isArray(value) && value.every((one) => typeof one === 'string');
    const wantsList = key === 'downRevision' || key === 'labels' || key === 'dependsOn';
    if (wantsList ? !isList : typeof value !== 'string') {
      fail(context, key, `"${key}" is ${wantsList ? 'a list of texts' : 'a text'}`);
      return [];
    }
    const text = isList ? `[${value.join(', ')}]` : textOf(value).trim().replaceAll(/\s+/g, ' ');
    return [{ name, value: text, line: lineOf(context, key), start: 0, next: 0 }];
  });
  return parseHeader(directives, context.faults, context.file);
}

function stepsOf(context: CodeContext, list: unknown, direction: Direction): Step[] {
  if (!Array.isArray(list) || list.length === 0) {
    fail(
      context,
      direction,
      `"${direction}" is a list of steps, at least one${direction === 'down' ? '; leave it out when the revision cannot be reverted' : ''}`,
    );
    return [];
  }
  const names = new Set<string>();
  return list.flatMap((one: unknown) => {
    const parts = asRecord(one);
    const name = parts?.['name'];
    if (!parts || typeof name !== 'string') {
      fail(context, direction, 'a step is an object with a name');
      return [];
    }
    const line = lineOfStep(context, name);
    if (names.has(name)) failAt(context, line, `step "${name}" stands here twice`);
    names.add(name);
    return stepOf(context, { ...parts, name }, line);
  });
}

function stepOf(context: CodeContext, parts: Record<string, unknown> & { name: string }, line: number): Step[] {
  const { sql, run } = parts;
  for (const key of Object.keys(parts)) {
    if (!stepKeys.includes(key))
      failAt(context, line, `step "${parts.name}" has an unknown property "${key}"; known are ${stepKeys.join(', ')}`);
  }
  if ((typeof sql === 'string') === (typeof run === 'function')) {
    failAt(context, line, `step "${parts.name}" has either sql, a text, or run, a function`);
    return [];
  }
  const value = lineText(parts);
  const text = typeof sql === 'string' ? sql : 'SELECT 1';
  const place = typeof sql === 'string' ? placeOf(context, sql) : undefined;
  // The step's line is the one above its SQL; here it is wherever the SQL begins, or where the step is named.
  const directive = { name: 'step', value, line: (place?.line ?? line) - 1, start: 0, next: 0 };
  const found: MigrationFault[] = [];
  const step = parseStep({ directive, file: context.file, sql: text, tokens: scanSql(text).tokens }, found);
  const hint = "Give the step sql: '…', or run: async (tx) => { … }.";
  context.faults.push(...found.map((fault) => (fault.code === 'bad_step' ? { ...fault, line, hint } : fault)));
  if (!step) return [];
  if (typeof run !== 'function') return [{ ...step, column: place?.column ?? null }];
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a function; what it takes and answers only its run can show
  const code = run as StepCode;
  const checksum = createHash('sha256')
    .update(`${value}\n${String(code).replaceAll(/\s+/g, ' ')}`)
    .digest('hex');
  return [{ ...step, sql: '', code, checksum, line, column: null }];
}

/** The step's line as a SQL file would have it. */
function lineText(parts: Record<string, unknown> & { name: string }): string {
  const words: string[] = [parts.name];
  for (const key of ['mode', 'rerun', 'table', 'key', 'undoes', 'size']) {
    const value = parts[key];
    if (value !== undefined) words.push(`${key}=${Array.isArray(value) ? value.join(',') : textOf(value)}`);
  }
  if (parts['pauseMs'] !== undefined) words.push(`pause=${textOf(parts['pauseMs'])}ms`);
  for (const [rule, reason] of Object.entries(asRecord(parts['accept']) ?? {})) {
    words.push(`accept="${rule}: ${textOf(reason).replaceAll('"', '""')}"`);
  }
  if (parts['probe'] !== undefined) words.push(`probe=${textOf(parts['probe'])}`);
  return words.join(' ');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function asRecord(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : undefined;
}

/** Where a text stands in the file as it is; computed, escaped and indented ones do not. */
function placeOf({ text }: CodeContext, sql: string): { line: number; column: number } | undefined {
  const at = sql === '' ? -1 : text.indexOf(sql);
  if (at === -1) return undefined;
  const lineStart = text.lastIndexOf('\n', at - 1) + 1;
  return { line: 1 + countNewlines(text, 0, at), column: 1 + Array.from(text.slice(lineStart, at)).length };
}

function lineOf({ text }: CodeContext, key: string): number {
  const at = text.search(new RegExp(`\\b${key}\\b\\s*[:,(]`));
  return at === -1 ? 1 : 1 + countNewlines(text, 0, at);
}

function lineOfStep(context: CodeContext, name: string): number {
  const seen = context.seen.get(name) ?? 0;
  context.seen.set(name, seen + 1);
  const quoted = name.replaceAll(/[^\w]/g, String.raw`\$&`);
  const found = [...context.text.matchAll(new RegExp(`\\bname\\s*:\\s*(['"\`])${quoted}\\1`, 'g'))];
  const at = (found[seen] ?? found.at(-1))?.index;
  return at === undefined ? 1 : 1 + countNewlines(context.text, 0, at);
}

function fail(context: CodeContext, key: string, message: string): void {
  failAt(context, lineOf(context, key), message);
}

function failAt({ file, faults }: CodeContext, line: number, message: string): void {
  faults.push({ code: 'bad_code', message, file, line });
}
