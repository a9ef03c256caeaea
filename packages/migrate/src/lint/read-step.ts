import type { Node } from 'libpg-query';
import type { Step } from '../revision.ts';
import { type SqlToken, scanSql } from '../sql-lexer.ts';
import type { Operation, OperationBody } from './operation.ts';
import { textOf } from './read-names.ts';
import { textConstants } from './read-rows.ts';
import { readStatement } from './read-statement.ts';
import { type SqlParser, SqlSyntaxError, type SyntaxStatement } from './syntax.ts';

/** A step as operations, in order; or where its SQL cannot be read. */
export interface ReadStep {
  readonly operations: readonly StepOperation[];
  readonly statements: number;
  readonly fault: SqlSyntaxError | undefined;
}

export interface StepOperation {
  readonly operation: Operation;
  /** Which statement of the step, from 0. */
  readonly statement: number;
  readonly constants: () => readonly string[];
}

export function readStep(parser: SqlParser, step: Pick<Step, 'sql'>): ReadStep {
  const { sql } = step;
  try {
    const statements = parser.parse(sql);
    const operations = statements.flatMap((syntax, statement) => {
      const constants = (): string[] => textConstants(syntax.node);
      return readSyntax(parser, sql, syntax).map((operation) => ({ operation, statement, constants }));
    });
    return { operations, statements: statements.length, fault: undefined };
  } catch (error) {
    if (!(error instanceof SqlSyntaxError)) throw error;
    return { operations: [], statements: 0, fault: error };
  }
}

function readSyntax(parser: SqlParser, sql: string, syntax: SyntaxStatement): Operation[] {
  const { node, start, end } = syntax;
  if ('DoStmt' in node) return readBlock(parser, { text: sql.slice(start, end), start }, node.DoStmt.args ?? []);
  const lists = readStatement(node);
  const starts = lists.length > 1 ? actionStarts(sql, syntax) : [];
  return lists.flatMap((list, index) => list.map((body) => ({ ...body, at: starts[index] ?? start })));
}

/** Where each action of an ALTER TABLE begins: the tree does not say it for all of them. Commas within brackets are not meant. */
function actionStarts(sql: string, { start, end }: SyntaxStatement): number[] {
  const { tokens } = scanSql(sql.slice(start, end));
  const starts = [start];
  let depth = 0;
  for (const [index, token] of tokens.entries()) {
    depth += token.kind === 'symbol' ? nesting(token) : 0;
    const next = tokens.slice(index + 1).find(isCode);
    if (depth === 0 && token.kind === 'symbol' && token.text === ',' && next) starts.push(start + next.start);
  }
  return starts;
}

function nesting({ text }: SqlToken): number {
  return text === '(' || text === '[' ? 1 : text === ')' || text === ']' ? -1 : 0;
}

function isCode({ kind }: SqlToken): boolean {
  return kind !== 'line_comment' && kind !== 'block_comment';
}

/** The statements that stand in a DO block count as if they stood alone; what it composes is opaque. */
function readBlock(parser: SqlParser, block: { text: string; start: number }, options: readonly Node[]): Operation[] {
  const opaque = (what: string): Operation => ({ kind: 'opaque', what, at: block.start });
  const language = options.flatMap((one) =>
    'DefElem' in one && one.DefElem.defname === 'language' ? [textOf(one.DefElem.arg)] : [],
  );
  if (language.some((name) => name !== 'plpgsql')) return [opaque(`a DO block in ${language.join()}`)];
  const content = parser.parseBlock(block.text);
  if (!content) return [opaque('a DO block that cannot be read')];
  const inner = content.statements.flatMap(({ sql, line }) => {
    const at = block.start + lineStart(block.text, line);
    return readInner(parser, sql, at) ?? [opaque('a statement of a DO block that cannot be read')];
  });
  return content.isDynamic ? [...inner, opaque('EXECUTE in a DO block')] : inner;
}

function readInner(parser: SqlParser, sql: string, at: number): Operation[] | undefined {
  try {
    return parser
      .parse(sql)
      .flatMap(({ node }) => readStatement(node).flat())
      .map((body: OperationBody) => ({ ...body, at }));
  } catch (error) {
    if (error instanceof SqlSyntaxError) return undefined;
    throw error;
  }
}

/** PL/pgSQL counts lines from the opening quote of its body; a line break right behind it is not a line. */
function lineStart(text: string, line: number): number {
  const open = Math.max(0, text.search(/\$|'/));
  const body = text.indexOf('\n', open);
  let at = line <= 1 || body === -1 ? open : body + 1;
  for (let current = 2; current < line; current += 1) {
    const next = text.indexOf('\n', at);
    if (next === -1) break;
    at = next + 1;
  }
  const blank = /\s*/y;
  blank.lastIndex = at;
  blank.exec(text);
  return line <= 1 ? 0 : blank.lastIndex;
}
