import { checksumOf } from './checksum.ts';
import { MigrationError, type MigrationFault } from './errors.ts';
import { type ReadRevision, wholeRevision } from './outline.ts';
import { countCharacters, countNewlines, type Directive, findDirectives } from './parse-directives.ts';
import { type Header, parseHeader } from './parse-header.ts';
import { parseStep } from './parse-step.ts';
import type { Check, Revision, Step } from './revision.ts';
import { type SqlToken, scanSql, splitStatements } from './sql-lexer.ts';

export interface RevisionSource {
  /** The file's name, without its folder. */
  file: string;
  text: string;
}

/**
 * Parses and checks one file without looking at others or at a database. A byte order mark and CRLF line ends are
 * accepted and change neither SQL nor checksum. Throws MigrationError with every fault of the file.
 */
export function parseRevision(source: RevisionSource): Revision {
  return wholeRevision(readRevision(source));
}

/** The same for `loadOutline`. Throws MigrationError for a file whose name or header has a fault. */
export function readRevision(source: RevisionSource): ReadRevision {
  const { file } = source;
  const text = normalise(source.text);
  const [, named] = /^([0-9a-f]{12})_[a-z0-9_]+\.sql$/.exec(file) ?? [];
  if (named === undefined) {
    const message = 'the name is not <revision>_<slug>.sql with a slug of a-z, 0-9 and _';
    throw new MigrationError({ code: 'bad_file_name', message, file });
  }
  if (text.includes('\0'))
    throw new MigrationError({ code: 'not_utf8', message: 'the file contains a NUL character', file });
  const { tokens, unterminatedAt } = scanSql(text);
  const faults: MigrationFault[] = [];
  const sections = splitSections(findDirectives(text, tokens), faults, file);
  const headerFaults: MigrationFault[] = [];
  const header = parseHeader(sections.header, headerFaults, file);
  if (header.id !== named && headerFaults.length === 0) {
    const message = `the file is named ${named}, its header says ${header.id}`;
    headerFaults.push({ code: 'bad_file_name', message, file, line: 1 });
  }
  const read = { header: { ...header, file }, checksum: () => checksumOf(text), headerFaults };
  if (unterminatedAt !== undefined) {
    const fault = unterminated(file, text, unterminatedAt);
    // Before a section begins nobody knows where the header ends.
    if (sections.marks.length === 0) throw new MigrationError(fault);
    return { ...read, faults: [fault], sections: { up: [], down: null } };
  }
  faults.push(...headerFaults);
  const steps = parseSections({ file, text, tokens, sections }, faults);
  checkAdoptable(header, steps.up, faults, file);
  return { ...read, faults, sections: steps };
}

function normalise(text: string): string {
  return text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
}

function unterminated(file: string, text: string, at: number): MigrationFault {
  const line = 1 + countNewlines(text, 0, at);
  const column = 1 + countCharacters(text.slice(text.lastIndexOf('\n', at - 1) + 1, at));
  const message = 'what begins here is never closed';
  return { code: 'unterminated_sql', message, file, line, column };
}

interface Sections {
  header: Directive[];
  up: Directive[];
  down: Directive[] | null;
  checks: Record<'up' | 'down', Directive[]>;
  /** Where a section's line is; steps and SQL follow it. */
  marks: Directive[];
}

function splitSections(directives: readonly Directive[], faults: MigrationFault[], file: string): Sections {
  const sections: Sections = { header: [], up: [], down: null, checks: { up: [], down: [] }, marks: [] };
  for (const directive of directives) {
    if (directive.name === 'up' || directive.name === 'down') {
      const expected = sections.marks.length === 0 ? 'up' : 'down';
      if (directive.name !== expected || sections.marks.length > 1) {
        fail(directive, 'a file has one "stanchion:up" and, after it, at most one "stanchion:down"');
      }
      sections.marks.push(directive);
      if (directive.name === 'down') sections.down ??= [];
    } else if (sections.marks.length === 0) sections.header.push(directive);
    else if (directive.name === 'step') (sections.down ?? sections.up).push(directive);
    else if (directive.name === 'check') sections.checks[sections.down ? 'down' : 'up'].push(directive);
    else fail(directive, `"stanchion:${directive.name}" does not belong into a section; "step" and "check" do`);
  }
  return sections;

  function fail(directive: Directive, message: string): void {
    faults.push({ code: 'bad_header', message, file, line: directive.line });
  }
}

interface ParsedFile {
  file: string;
  text: string;
  tokens: readonly SqlToken[];
  sections: Sections;
}

function parseSections(
  parsed: ParsedFile,
  faults: MigrationFault[],
): { up: Step[]; down: Step[] | null; checks: Record<'up' | 'down', Check[]> } {
  const { file, sections } = parsed;
  checkStraySql(parsed, faults);
  if (sections.up.length === 0) {
    faults.push({ code: 'bad_step', message: 'there is no step in a section "stanchion:up"', file, line: 1 });
  }
  if (sections.down?.length === 0) {
    const message = 'the section "stanchion:down" has no step; leave it out when the revision cannot be reverted';
    faults.push({ code: 'bad_step', message, file, ...lineOf(sections.marks[1]) });
  }
  const up = parseSteps(parsed, sections.up, faults);
  const down = sections.down && parseSteps(parsed, sections.down, faults);
  checkUndoes({ up, down }, faults, file);
  const [upChecks, downChecks] = [
    parseChecks(parsed, sections.checks.up, faults),
    parseChecks(parsed, sections.checks.down, faults),
  ];
  return { up, down, checks: { up: upChecks, down: downChecks } };
}

/** `-- stanchion:check <name> message=<the rest of the line>`, and a query behind it. */
function parseChecks(parsed: ParsedFile, directives: readonly Directive[], faults: MigrationFault[]): Check[] {
  const { file } = parsed;
  return directives.flatMap((directive): Check[] => {
    const [, name, message] = /^([a-z][a-z0-9_]*)\s+message=(\S.*)$/.exec(directive.value) ?? [];
    const { sql, tokens } = behind(parsed, directive);
    const [query, more] = splitStatements(tokens);
    const first = query?.tokens[0]?.text;
    if (name !== undefined && message !== undefined && query && !more && (first === 'select' || first === 'with')) {
      return [{ name, message, sql, line: directive.line }];
    }
    const problem =
      'a check is "check <name> message=<what is behind the number>", and one query behind it that counts';
    faults.push({ code: 'bad_step', message: problem, file, line: directive.line });
    return [];
  });
}

function marksOf({ marks, up, down, checks }: Sections): Directive[] {
  return [...marks, ...up, ...(down ?? []), ...checks.up, ...checks.down];
}

/** Until the next step, check or section. */
function behind(
  { text, tokens, sections }: ParsedFile,
  directive: Directive,
): { sql: string; tokens: readonly SqlToken[] } {
  const from = directive.next;
  const starts = marksOf(sections).map((mark) => mark.start);
  const to = Math.min(text.length, ...starts.filter((start) => start > directive.start));
  // A directive stands outside of strings and comments, so that what is behind it reads the same alone.
  const own = tokens.filter(({ start }) => start >= from && start < to);
  return {
    sql: text.slice(from, to),
    tokens: own.map((token) => ({ ...token, start: token.start - from, end: token.end - from })),
  };
}

function checkUndoes({ up, down }: { up: Step[]; down: Step[] | null }, faults: MigrationFault[], file: string): void {
  const fail = (step: Step, message: string): void => {
    faults.push({ code: 'bad_step', message, file, line: step.line - 1 });
  };
  for (const step of up) if (step.undoes) fail(step, '"undoes" belongs to steps of the down section');
  for (const step of down ?? []) {
    for (const name of step.undoes ?? []) {
      if (!up.some((one) => one.name === name)) fail(step, `undoes=${name}: the up section has no such step`);
    }
  }
}

/** SQL before the first step of a section belongs to nothing and would silently not run. */
function checkStraySql(parsed: ParsedFile, faults: MigrationFault[]): void {
  const { sections, text, file } = parsed;
  const marks = marksOf(sections).toSorted((a, b) => a.start - b.start);
  let passed = 0;
  let reported = -1;
  for (const token of parsed.tokens) {
    while ((marks[passed]?.start ?? Number.POSITIVE_INFINITY) <= token.start) passed += 1;
    if (token.kind === 'line_comment' || token.kind === 'block_comment') continue;
    if (['step', 'check'].includes(marks[passed - 1]?.name ?? '') || reported === passed) continue;
    reported = passed;
    const line = 1 + countNewlines(text, 0, token.start);
    faults.push({ code: 'bad_step', message: 'SQL stands outside of a step', file, line });
  }
}

function parseSteps(parsed: ParsedFile, directives: readonly Directive[], faults: MigrationFault[]): Step[] {
  const { file } = parsed;
  const steps: Step[] = [];
  const names = new Set<string>();
  for (const directive of directives) {
    const step = parseStep({ directive, file, ...behind(parsed, directive) }, faults);
    if (!step) continue;
    if (names.has(step.name)) {
      faults.push({ code: 'bad_step', message: `step "${step.name}" stands here twice`, file, line: directive.line });
    }
    names.add(step.name);
    steps.push(step);
  }
  return steps;
}

function checkAdoptable(header: Header, up: readonly Step[], faults: MigrationFault[], file: string): void {
  if (header.adoptTables.length === 0) return;
  const step = up.find((one) => one.mode !== 'tx');
  if (!step) return;
  const message = 'a baseline with adopt_when has only mode=tx steps: they are tried out in a transaction to compare';
  faults.push({ code: 'bad_step', message, file, line: step.line - 1 });
}

function lineOf(directive: Directive | undefined): { line?: number } {
  return directive ? { line: directive.line } : {};
}
