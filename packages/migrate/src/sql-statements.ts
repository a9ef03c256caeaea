import type { SqlStatement, SqlToken } from './sql-lexer.ts';

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

/** A name at a token, with or without its schema, and where the statement goes on behind it. */
export function parseName(tokens: readonly SqlToken[], at: number): { name: QualifiedName; next: number } | undefined {
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
