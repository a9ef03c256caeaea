import type { Node } from 'libpg-query';
import { countCharacters, countNewlines } from '../parse-directives.ts';
import { requireParser } from './require-parser.ts';

/** PostgreSQL's own parser, compiled to WebAssembly. Loaded only by what lints: it costs a start 10 ms and 14 MB. */
export interface SqlParser {
  /** Throws SqlSyntaxError. */
  parse(sql: string): SyntaxStatement[];
  /** The static SQL in a PL/pgSQL block; undefined when the block cannot be read. */
  parseBlock(statement: string): BlockContent | undefined;
}

export interface SyntaxStatement {
  readonly node: Node;
  /** Offsets into the text in UTF-16 units. Comments before a statement do not belong to it. */
  readonly start: number;
  readonly end: number;
  /** Turns a location of the tree, which counts bytes of UTF-8, into such an offset. */
  readonly offsetOf: (location: number) => number;
}

export interface BlockContent {
  readonly statements: readonly { readonly sql: string; readonly line: number }[];
  /** Has EXECUTE: what it runs is known only when it runs. */
  readonly isDynamic: boolean;
}

export class SqlSyntaxError extends Error {
  override readonly name = 'SqlSyntaxError';
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

export async function loadSqlParser(): Promise<SqlParser> {
  const library = requireParser();
  await library.loadModule();
  return {
    parse(sql) {
      if (sql.trim() === '') return [];
      const offsetOf = byteOffsets(sql);
      try {
        const { stmts = [] } = library.parseSync(sql);
        return stmts.flatMap(({ stmt, stmt_location: from = 0, stmt_len: length = 0 }) => {
          if (!stmt) return [];
          const end = length === 0 ? sql.length : offsetOf(from + length);
          return { node: stmt, start: skipBlank(sql, offsetOf(from)), end, offsetOf };
        });
      } catch (error) {
        const details = library.hasSqlDetails(error) ? error.sqlDetails : undefined;
        // It counts bytes here as well, from 0.
        throw new SqlSyntaxError(messageOf(error), offsetOf(details?.cursorPosition ?? 0));
      }
    },
    parseBlock(statement) {
      try {
        return readBlock(library.parsePlPgSQLSync(statement));
      } catch {
        return undefined;
      }
    },
  };
}

/** Where a statement's own text begins: the parser counts the comments before it as its own. */
function skipBlank(sql: string, from: number): number {
  const blank = /(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/y;
  blank.lastIndex = from;
  blank.exec(sql);
  return blank.lastIndex;
}

function byteOffsets(sql: string): (location: number) => number {
  if (Buffer.byteLength(sql) === sql.length) return (location) => location;
  const offsets: number[] = [];
  let unit = 0;
  for (const character of sql) {
    for (let byte = Buffer.byteLength(character); byte > 0; byte -= 1) offsets.push(unit);
    unit += character.length;
  }
  return (location) => offsets[location] ?? sql.length;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Every statement wherever it stands: in a branch, a loop, a handler. Lines count from the beginning of the block's text. */
function readBlock(tree: unknown): BlockContent {
  const statements: { sql: string; line: number }[] = [];
  let isDynamic = false;
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) visit(item);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, part] of Object.entries(value)) {
        if (key === 'PLpgSQL_stmt_dynexecute' || key === 'PLpgSQL_stmt_dynfors') isDynamic = true;
        if (key === 'PLpgSQL_stmt_execsql' || key === 'PLpgSQL_stmt_perform' || key === 'PLpgSQL_stmt_call') {
          const found = queryOf(part);
          if (found) statements.push(found);
        } else visit(part);
      }
    }
  };
  visit(tree);
  return { statements, isDynamic };
}

function queryOf(statement: unknown): { sql: string; line: number } | undefined {
  if (typeof statement !== 'object' || statement === null) return undefined;
  const fields: Record<string, unknown> = { ...statement };
  const expression: unknown = fields['sqlstmt'] ?? fields['expr'];
  if (typeof expression !== 'object' || expression === null || !('PLpgSQL_expr' in expression)) return undefined;
  const inner: unknown = expression.PLpgSQL_expr;
  if (typeof inner !== 'object' || inner === null || !('query' in inner)) return undefined;
  const line = typeof fields['lineno'] === 'number' ? fields['lineno'] : 1;
  return typeof inner.query === 'string' ? { sql: inner.query, line } : undefined;
}

/** Line from 1 and column from 1, in characters as editors count them. */
export function placeIn(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  return { line: 1 + countNewlines(text, 0, offset), column: 1 + countCharacters(before) };
}
