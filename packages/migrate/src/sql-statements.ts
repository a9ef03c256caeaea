import type { SqlStatement, SqlToken } from './sql-lexer.ts';

/** A statement that runs outside of transactions and whose outcome the catalog shows afterwards. */
export type ConcurrentIndexStatement =
  | { kind: 'create_index'; index: string; table: QualifiedName; unique: boolean }
  | { kind: 'drop_index'; index: QualifiedName };

export interface QualifiedName {
  schema: string | undefined;
  name: string;
}

const transactionWords = new Set(['begin', 'commit', 'end', 'rollback', 'abort', 'savepoint', 'release']);

/** BEGIN, COMMIT, ROLLBACK, SAVEPOINT and their variants, which belong to the runner. */
export function isTransactionControl(statement: SqlStatement): boolean {
  const [first, second] = words(statement);
  if (first === undefined) return false;
  return transactionWords.has(first) || ((first === 'start' || first === 'prepare') && second === 'transaction');
}

/** PostgreSQL refuses these inside a transaction; REFRESH … CONCURRENTLY is the one that it allows. */
export function isConcurrent(statement: SqlStatement): boolean {
  const list = words(statement);
  return list[0] !== 'refresh' && list.includes('concurrently');
}

export type ParsedIndexStatement =
  | { statement: ConcurrentIndexStatement }
  | { problem: string }
  | { statement: undefined };

/**
 * Understands CREATE and DROP INDEX CONCURRENTLY well enough to look for their outcome. A `problem` is a form of them
 * that cannot be settled after a crash.
 */
export function parseConcurrentIndex(statement: SqlStatement): ParsedIndexStatement {
  const list = words(statement);
  if (!list.includes('concurrently')) return { statement: undefined };
  if (list[0] === 'create') return parseCreate(statement.tokens);
  if (list[0] === 'drop' && list[1] === 'index') return parseDrop(statement.tokens);
  return { statement: undefined };
}

function parseCreate(tokens: readonly SqlToken[]): ParsedIndexStatement {
  const unique = tokens[1]?.text === 'unique';
  let at = unique ? 2 : 1;
  if (tokens[at]?.text !== 'index' || tokens[at + 1]?.text !== 'concurrently') return { statement: undefined };
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

function parseDrop(tokens: readonly SqlToken[]): ParsedIndexStatement {
  let at = 3;
  if (isWord(tokens[at], 'if')) at += 2;
  const index = parseName(tokens, at);
  if (!index) return { problem: 'the name of the index could not be read' };
  if (tokens[index.next]?.text === ',') return { problem: 'one index a step' };
  return { statement: { kind: 'drop_index', index: index.name } };
}

function parseName(tokens: readonly SqlToken[], at: number): { name: QualifiedName; next: number } | undefined {
  const first = tokens[at];
  if (!first || (first.kind !== 'word' && first.kind !== 'name')) return undefined;
  const second = tokens[at + 2];
  if (tokens[at + 1]?.text === '.' && second) {
    return { name: { schema: first.text, name: second.text }, next: at + 3 };
  }
  return { name: { schema: undefined, name: first.text }, next: at + 1 };
}

function words(statement: SqlStatement): string[] {
  return statement.tokens.filter((token) => token.kind === 'word').map((token) => token.text);
}

function isWord(token: SqlToken | undefined, text: string): boolean {
  return token?.kind === 'word' && token.text === text;
}
