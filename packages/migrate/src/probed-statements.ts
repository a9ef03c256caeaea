import type { SqlStatement, SqlToken } from './sql-lexer.ts';
import { parseName, type QualifiedName } from './sql-statements.ts';

/** A statement that runs outside of transactions, by what tells its outcome after a crash. */
export type ProbedStatement =
  | { kind: 'create_index'; index: string; table: QualifiedName; unique: boolean }
  | { kind: 'drop_index'; index: QualifiedName }
  | { kind: 'reindex'; what: 'index' | 'table'; name: QualifiedName }
  | { kind: 'validate_constraint'; table: QualifiedName; constraint: string }
  | { kind: 'detach_partition'; table: QualifiedName; partition: QualifiedName }
  | { kind: 'add_enum_value'; type: QualifiedName; value: string }
  /** Running it again does no harm: REFRESH, VACUUM, ANALYZE, and what its author calls safe. */
  | { kind: 'rerun' }
  /** The author's query answers true when it is done. */
  | { kind: 'query'; probe: string };

export type ParsedStatement = { statement: ProbedStatement } | { problem: string } | { statement: undefined };

/** Understands each typed form well enough to look for its outcome. A `problem` is a form that cannot be settled after a crash. */
export function parseProbed({ tokens }: SqlStatement): ParsedStatement {
  const [first, second, third] = tokens.map(wordOf);
  const isConcurrently = tokens.some((token) => isWord(token, 'concurrently'));
  if (first === 'create' && isConcurrently) return parseCreateIndex(tokens);
  if (first === 'drop' && second === 'index' && isConcurrently) return parseDropIndex(tokens);
  if (first === 'reindex') return parseReindex(tokens);
  if (first === 'alter' && second === 'table') return parseAlterTable(tokens);
  if (first === 'alter' && second === 'type') return parseAddValue(tokens);
  if (first === 'refresh' && second === 'materialized' && third === 'view') return { statement: { kind: 'rerun' } };
  if (first === 'vacuum' || first === 'analyze' || first === 'analyse') return { statement: { kind: 'rerun' } };
  return { statement: undefined };
}

/** What concerns the whole server belongs to who runs it, and is no part of one database's history. */
export function isServerStatement({ tokens }: SqlStatement): boolean {
  const [first, second] = tokens.map(wordOf);
  if (first === 'alter') return second === 'system';
  return (first === 'create' || first === 'drop') && (second === 'database' || second === 'tablespace');
}

function parseCreateIndex(tokens: readonly SqlToken[]): ParsedStatement {
  const unique = isWord(tokens[1], 'unique');
  let at = unique ? 2 : 1;
  if (!isWord(tokens[at], 'index') || !isWord(tokens[at + 1], 'concurrently')) return { statement: undefined };
  at += 2;
  if (isWord(tokens[at], 'if')) {
    return { problem: 'IF NOT EXISTS would accept an index that an earlier attempt left invalid; leave it out' };
  }
  const index = tokens[at];
  if (!index || isWord(index, 'on')) return { problem: 'the index needs a name, so that it can be found again' };
  at += 2;
  if (isWord(tokens[at], 'only')) at += 1;
  const table = parseName(tokens, at);
  if (!table) return { problem: 'the table of the index could not be read' };
  return { statement: { kind: 'create_index', index: index.text, table: table.name, unique } };
}

function parseDropIndex(tokens: readonly SqlToken[]): ParsedStatement {
  const index = parseName(tokens, isWord(tokens[3], 'if') ? 5 : 3);
  if (!index) return { problem: 'the name of the index could not be read' };
  if (tokens[index.next]?.text === ',') return { problem: 'one index a step' };
  return { statement: { kind: 'drop_index', index: index.name } };
}

function parseReindex(tokens: readonly SqlToken[]): ParsedStatement {
  let at = 1;
  // REINDEX (VERBOSE, CONCURRENTLY) INDEX …
  if (tokens[at]?.text === '(') at = tokens.findIndex((token) => token.text === ')') + 1;
  const what = (['index', 'table'] as const).find((one) => isWord(tokens[at], one));
  if (!what) return { statement: undefined };
  if (isWord(tokens[at + 1], 'concurrently')) at += 1;
  const name = parseName(tokens, at + 1);
  if (!name) return { problem: 'the name could not be read' };
  return { statement: { kind: 'reindex', what, name: name.name } };
}

function parseAlterTable(tokens: readonly SqlToken[]): ParsedStatement {
  let at = 2;
  if (isWord(tokens[at], 'if')) at += 2;
  if (isWord(tokens[at], 'only')) at += 1;
  const table = parseName(tokens, at);
  if (!table) return { statement: undefined };
  const [action, object] = tokens.slice(table.next, table.next + 2).map(wordOf);
  const name = parseName(tokens, table.next + 2);
  if (action === 'validate' && object === 'constraint' && name && name.next === tokens.length) {
    return { statement: { kind: 'validate_constraint', table: table.name, constraint: name.name.name } };
  }
  if (action === 'detach' && object === 'partition' && name) {
    if (isWord(tokens[name.next], 'finalize'))
      return { problem: 'write CONCURRENTLY; the runner finalizes where it must' };
    return { statement: { kind: 'detach_partition', table: table.name, partition: name.name } };
  }
  return { statement: undefined };
}

function parseAddValue(tokens: readonly SqlToken[]): ParsedStatement {
  const type = parseName(tokens, 2);
  if (!type || !isWord(tokens[type.next], 'add') || !isWord(tokens[type.next + 1], 'value'))
    return { statement: undefined };
  const at = type.next + (isWord(tokens[type.next + 2], 'if') ? 5 : 2);
  const value = tokens[at];
  if (value?.kind !== 'string') return { problem: 'the value could not be read' };
  return { statement: { kind: 'add_enum_value', type: type.name, value: value.text } };
}

function wordOf(token: SqlToken | undefined): string | undefined {
  return token?.kind === 'word' ? token.text : undefined;
}

function isWord(token: SqlToken | undefined, text: string): boolean {
  return wordOf(token) === text;
}
