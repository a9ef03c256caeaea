import type { SqlToken } from '../sql-lexer.ts';
import { parseName, type QualifiedName } from '../sql-statements.ts';
import type { ConcernBody } from './concern.ts';
import { isWord, namesInParentheses, type Reading, wordAt } from './reading.ts';

/** Each action of an ALTER TABLE, as far as it may lose or refuse rows. */
export function readAlterTable(reading: Reading): ConcernBody[] {
  const { tokens } = reading;
  let at = 2;
  if (isWord(tokens, at, 'if')) at += 2;
  if (isWord(tokens, at, 'only')) at += 1;
  const table = parseName(tokens, at);
  if (!table) return [];
  return splitActions(tokens.slice(table.next)).flatMap((action) =>
    readAction({ ...reading, tokens: action }, table.name),
  );
}

function splitActions(tokens: readonly SqlToken[]): SqlToken[][] {
  const actions: SqlToken[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (token.kind === 'symbol' && (token.text === '(' || token.text === '[')) depth += 1;
    if (token.kind === 'symbol' && (token.text === ')' || token.text === ']')) depth -= 1;
    if (token.kind === 'symbol' && token.text === ',' && depth === 0) actions.push([]);
    else actions.at(-1)?.push(token);
  }
  return actions;
}

function readAction(reading: Reading, table: QualifiedName): ConcernBody[] {
  const first = wordAt(reading.tokens, 0);
  if (first === 'drop') return readDrop(reading, table);
  if (first === 'alter') return readAlterColumn(reading, table);
  if (first === 'add') return readAdd(reading, table);
  if (first === 'validate') return reading.unvalidated.get(reading.tokens[2]?.text ?? '') ?? [];
  return [];
}

function readDrop({ tokens }: Reading, table: QualifiedName): ConcernBody[] {
  if (isWord(tokens, 1, 'constraint')) return [];
  let at = isWord(tokens, 1, 'column') ? 2 : 1;
  if (isWord(tokens, at, 'if')) at += 2;
  const column = tokens[at]?.text;
  return column === undefined ? [] : [{ kind: 'drop_column', table, column }];
}

function readAlterColumn({ tokens, text }: Reading, table: QualifiedName): ConcernBody[] {
  let at = isWord(tokens, 1, 'column') ? 2 : 1;
  const column = tokens[at]?.text;
  if (column === undefined) return [];
  at += 1;
  if (isWord(tokens, at, 'set') && isWord(tokens, at + 1, 'not')) return [{ kind: 'not_null', table, column }];
  if (isWord(tokens, at, 'set') && isWord(tokens, at + 1, 'data')) at += 2;
  if (!isWord(tokens, at, 'type')) return [];
  const rest = tokens.slice(at + 1);
  const end = rest.findIndex((token) => token.kind === 'word' && ['using', 'collate'].includes(token.text));
  const using = rest.findIndex((token) => token.kind === 'word' && token.text === 'using');
  const type = slice(text, end === -1 ? rest : rest.slice(0, end));
  return [{ kind: 'type', table, column, type, using: using === -1 ? undefined : slice(text, rest.slice(using + 1)) }];
}

function readAdd(reading: Reading, table: QualifiedName): ConcernBody[] {
  const { tokens, text, unvalidated } = reading;
  const named = isWord(tokens, 1, 'constraint');
  const at = named ? 3 : 1;
  const body = readConstraint(tokens.slice(at), { table, text });
  const last = tokens.slice(-2).map((token) => token.text);
  if (!body || last.join(' ') !== 'not valid') return body ? [body] : [];
  // It binds new rows only. Old rows matter when it is validated.
  if (named) unvalidated.set(tokens[2]?.text ?? '', [body]);
  return [];
}

function readConstraint(
  tokens: readonly SqlToken[],
  { table, text }: { table: QualifiedName; text: string },
): ConcernBody | undefined {
  const [first, second] = [wordAt(tokens, 0), wordAt(tokens, 1)];
  const open = tokens.findIndex((token) => token.text === '(');
  const columns = namesInParentheses(tokens, open);
  if (first === 'not' && second === 'null') {
    const column = tokens[2]?.text;
    return column === undefined ? undefined : { kind: 'not_null', table, column };
  }
  if ((first === 'unique' || (first === 'primary' && second === 'key')) && columns) {
    return { kind: 'unique', table, columns: columns.names, where: undefined };
  }
  if (first === 'foreign' && second === 'key' && columns) {
    const other = parseName(tokens, columns.next + 1);
    if (!other) return undefined;
    const referred = namesInParentheses(tokens, other.next);
    return {
      kind: 'foreign_key',
      table,
      columns: columns.names,
      other: other.name,
      otherColumns: referred?.names ?? [],
    };
  }
  if (first === 'check' && open === 1) {
    const close = closing(tokens, open);
    return { kind: 'check', table, expression: slice(text, tokens.slice(open, close + 1)) };
  }
  return undefined;
}

function closing(tokens: readonly SqlToken[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at += 1) {
    if (tokens[at]?.text === '(' && tokens[at]?.kind === 'symbol') depth += 1;
    if (tokens[at]?.text === ')' && tokens[at]?.kind === 'symbol') depth -= 1;
    if (depth === 0) return at;
  }
  return tokens.length - 1;
}

function slice(text: string, tokens: readonly SqlToken[]): string {
  return text.slice(tokens[0]?.start ?? 0, tokens.at(-1)?.end ?? 0);
}
