import { type SqlToken, scanSql } from '../sql-lexer.ts';

/**
 * SQL as psql sends it unchanged, ended by a semicolon. psql puts its variables in for `:NAME`, `:'NAME'` and `:"NAME"` outside
 * of literals; after a space it does not, and to PostgreSQL the space says nothing.
 */
export function psqlText(sql: string): string {
  const { tokens } = scanSql(sql);
  let text = '';
  let at = 0;
  for (const [index, token] of tokens.entries()) {
    if (!isVariable(tokens, index)) continue;
    text += `${sql.slice(at, token.end)} `;
    at = token.end;
  }
  return endStatement((text + sql.slice(at)).trim());
}

function isVariable(tokens: readonly SqlToken[], index: number): boolean {
  const [before, colon, after] = [tokens[index - 1], tokens[index], tokens[index + 1]];
  if (colon?.kind !== 'symbol' || colon.text !== ':' || after?.start !== colon.end) return false;
  const isCast = before?.text === ':' && before.kind === 'symbol' && before.end === colon.start;
  return !isCast && (after.kind === 'word' || after.kind === 'name' || after.kind === 'string');
}

function endStatement(sql: string): string {
  const last = scanSql(sql).tokens.findLast(({ kind }) => kind !== 'line_comment' && kind !== 'block_comment');
  if (last?.kind === 'symbol' && last.text === ';') return sql;
  // On a line of its own: the last one may be a comment.
  return `${sql}\n;`;
}
