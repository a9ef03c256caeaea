import { checksumOf } from './checksum.ts';
import type { MigrationErrorCode, MigrationFault } from './errors.ts';
import { countNewlines, type Directive } from './parse-directives.ts';
import { isServerStatement, type ProbedStatement, parseProbed } from './probed-statements.ts';
import type { AcceptedRule, BatchStep, Step } from './revision.ts';
import { type SqlStatement, type SqlToken, scanSql, splitStatements } from './sql-lexer.ts';
import { isConcurrent, isTransactionControl } from './sql-statements.ts';

/** Names go into application_name, which PostgreSQL cuts at 63 bytes. */
const stepName = /^[a-z][a-z0-9_]{0,39}$/;
const parametersOf: Record<Step['mode'], readonly string[]> = {
  tx: ['undoes', 'accept'],
  notx: ['rerun', 'probe', 'undoes', 'accept'],
  batch: ['undoes', 'accept', 'table', 'key', 'size', 'pause'],
};
const maxBatchSize = 100_000;
/** NAMEDATALEN - 1: https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS */
const maxNameBytes = 63;

export interface StepSource {
  directive: Directive;
  file: string;
  sql: string;
  /** Of the SQL, with places in it. */
  tokens: readonly SqlToken[];
}

/** Undefined when something is wrong with it, which is then among the faults. */
export function parseStep(source: StepSource, faults: MigrationFault[]): Step | undefined {
  const { directive, sql, tokens } = source;
  // A query has spaces: it takes the rest of its line.
  const [line = '', probe] = splitProbe(directive.value);
  const [name = '', ...rest] = line.match(/[a-z_]+="(?:[^"]|"")*"|\S+/g) ?? [];
  const statements = splitStatements(tokens);
  const context: StepContext = {
    source,
    name,
    statements,
    parameters: new Map(),
    accepts: [],
    faults,
    before: faults.length,
  };
  if (!stepName.test(name)) fail(context, 'a step needs a name of a-z, 0-9 and _, at most 40 characters');
  for (const part of rest) addParameter(context, part);
  if (probe !== undefined) context.parameters.set('probe', probe);
  if (statements.length === 0) fail(context, `step "${name}" is empty`);
  for (const token of statements.flatMap((statement) => statement.tokens)) checkName(context, token);
  for (const statement of statements.filter(isTransactionControl)) {
    const message = 'the runner begins and ends transactions; split what must commit apart into steps';
    failAt(context, statement, { code: 'transaction_control', message });
  }
  for (const statement of statements.filter(isServerStatement)) {
    const message =
      'this concerns the whole server, which is no part of one database’s history; do it apart from revisions';
    failAt(context, statement, { code: 'server_statement', message });
  }
  const undoes = context.parameters.get('undoes')?.split(',');
  const base = {
    name,
    sql,
    line: directive.line + 1,
    ...(undoes === undefined ? {} : { undoes }),
    ...(context.accepts.length === 0 ? {} : { accepts: context.accepts }),
  };
  const step = parseMode(context, base);
  if (!step || faults.length > context.before) return undefined;
  return {
    ...step,
    get checksum() {
      return checksumOf(`${directive.value}\n${sql}`);
    },
  };
}

/** Without what is worked out only where it is asked for. */
type StepParts<Of extends Step = Step> = Of extends Step ? Omit<Of, 'checksum'> : never;

interface StepContext {
  source: StepSource;
  name: string;
  statements: readonly SqlStatement[];
  parameters: Map<string, string>;
  accepts: AcceptedRule[];
  faults: MigrationFault[];
  /** How many faults there were before this step. */
  before: number;
}

/** PostgreSQL cuts a longer one, with a notice: two names may become one, and nobody finds the other again. */
function checkName(context: StepContext, { kind, text, start }: SqlToken): void {
  // Of so few characters none has more bytes: most names end here.
  if (text.length * 3 <= maxNameBytes) return;
  if (kind !== 'name' && (kind !== 'word' || /^\d/.test(text))) return;
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxNameBytes) return;
  const { file, directive, sql } = context.source;
  const lineStart = sql.lastIndexOf('\n', start - 1) + 1;
  context.faults.push({
    ...{ code: 'name_too_long', message: `the name "${text}" has ${bytes} bytes; PostgreSQL keeps ${maxNameBytes}` },
    ...{ file, line: directive.line + 1 + countNewlines(sql, 0, start) },
    column: 1 + Array.from(sql.slice(lineStart, start)).length,
  });
}

function addParameter(context: StepContext, part: string): void {
  const [, key, written] = /^([a-z_]+)=([\s\S]+)$/.exec(part) ?? [];
  const value = written?.replace(/^"([\s\S]*)"$/, (_, inner: string) => inner.replaceAll('""', '"'));
  if (key === undefined || value === undefined) fail(context, `"${part}" is not name=value`);
  else if (key === 'accept') addAccepted(context, value);
  else if (context.parameters.has(key)) fail(context, `"${key}" stands here twice`);
  else context.parameters.set(key, value);
}

/** `ST019:a-word`, `"ST019: a reason"`, and for several rules `"ST019,ST022: a reason"`. */
function addAccepted(context: StepContext, value: string): void {
  const [, rules = '', reason] = /^([A-Za-z][\w-]*(?:,\s*[A-Za-z][\w-]*)*):\s*(\S[\s\S]*)$/.exec(value) ?? [];
  if (reason === undefined) {
    fail(context, `accept="${value}" is not accept="<rule>: <reason>"; without a reason nothing is accepted`);
    return;
  }
  for (const rule of rules.split(',').map((one) => one.trim())) {
    if (context.accepts.some((one) => one.rule === rule)) fail(context, `"${rule}" is accepted here twice`);
    context.accepts.push({ rule, reason });
  }
}

function parseMode(context: StepContext, base: Omit<StepParts, 'mode'>): StepParts | undefined {
  const mode = (['tx', 'notx', 'batch'] as const).find((one) => one === context.parameters.get('mode'));
  if (!mode) {
    fail(context, `step "${context.name}" needs mode=tx, mode=notx or mode=batch`);
    return undefined;
  }
  for (const key of context.parameters.keys()) {
    if (key !== 'mode' && !parametersOf[mode].includes(key)) fail(context, `mode=${mode} has no parameter "${key}"`);
  }
  if (mode === 'notx') {
    const concurrent = context.statements.some(isConcurrent);
    return { ...base, mode, probed: parseNotx(context) ?? { kind: 'rerun' }, isConcurrent: concurrent };
  }
  for (const statement of context.statements.filter(isConcurrent)) {
    const message = 'CONCURRENTLY cannot run in a transaction; give it a step of its own with mode=notx';
    failAt(context, statement, { code: 'concurrent_in_transaction', message });
  }
  return mode === 'tx' ? { ...base, mode } : { ...base, mode, ...parseBatch(context) };
}

/** Undefined when something is wrong with it. */
function parseNotx(context: StepContext): ProbedStatement | undefined {
  const [statement, second] = context.statements;
  if (!statement) return undefined;
  const refuse = (place: SqlStatement, message: string): undefined => {
    failAt(context, place, { code: 'unsafe_notx', message });
  };
  if (second) {
    return refuse(
      second,
      'a non-transactional step holds one statement: after a crash nobody knew which of several ran',
    );
  }
  const rerun = context.parameters.get('rerun');
  const probe = context.parameters.get('probe');
  if (rerun !== undefined && rerun !== 'safe') return refuse(statement, 'rerun=safe is the only value of "rerun"');
  if (rerun !== undefined && probe !== undefined) return refuse(statement, 'rerun=safe needs no probe');
  if (probe !== undefined) return parseProbe(context, probe);
  const parsed = parseProbed(statement);
  if ('problem' in parsed) return refuse(statement, parsed.problem);
  if (parsed.statement) return parsed.statement;
  if (rerun === 'safe') return { kind: 'rerun' };
  return refuse(
    statement,
    'after a crash the outcome of this statement could not be told. Say probe=<a query that answers true when it is done>, ' +
      'or rerun=safe where running it again does no harm; else use mode=tx',
  );
}

function parseProbe(context: StepContext, probe: string): ProbedStatement | undefined {
  const [query, more] = splitStatements(scanSql(probe).tokens);
  const first = query?.tokens[0]?.text;
  if (query && !more && (first === 'select' || first === 'with' || first === 'values')) return { kind: 'query', probe };
  fail(context, 'probe takes the rest of its line: one query whose first column is true when the step is done');
  return undefined;
}

function splitProbe(value: string): string[] {
  const at = value.search(/\sprobe=/);
  return at === -1 ? [value] : [value.slice(0, at), value.slice(at).replace(/^\s+probe=/, '')];
}

function parseBatch(context: StepContext): Pick<BatchStep, 'table' | 'key' | 'size' | 'pauseMs'> {
  const { parameters } = context;
  const table = parameters.get('table') ?? '';
  if (!/^[^\s.]+(?:\.[^\s.]+)?$/.test(table)) fail(context, 'mode=batch needs table=<name> or table=<schema>.<name>');
  const key = (parameters.get('key') ?? '').split(',');
  if (key.includes('')) fail(context, 'mode=batch needs key=<column> or key=<column>,<column>');
  if (new Set(key).size < key.length) fail(context, 'key names a column twice');
  const size = Number(parameters.get('size') ?? 1000);
  if (!Number.isInteger(size) || size < 1 || size > maxBatchSize)
    fail(context, `size is a number from 1 to ${maxBatchSize}`);
  const [, amount, unit] = /^(\d{1,6})(ms|s)$/.exec(parameters.get('pause') ?? '0ms') ?? [];
  if (amount === undefined) fail(context, 'pause is a time such as 50ms or 1s');
  return { table, key, size, pauseMs: Number(amount ?? 0) * (unit === 's' ? 1000 : 1) };
}

function fail(context: StepContext, message: string): void {
  const { file, directive } = context.source;
  context.faults.push({ code: 'bad_step', message, file, line: directive.line });
}

function failAt(context: StepContext, place: SqlStatement, fault: { code: MigrationErrorCode; message: string }): void {
  const { file, directive, sql } = context.source;
  const line = directive.line + 1 + countNewlines(sql, 0, place.start);
  context.faults.push({ ...fault, file, line });
}
