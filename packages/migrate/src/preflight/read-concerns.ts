import type { Revision, Step } from '../revision.ts';
import { type SqlToken, scanSql, splitStatements } from '../sql-lexer.ts';
import { parseName, type QualifiedName } from '../sql-statements.ts';
import { type Concern, type ConcernBody, losing } from './concern.ts';
import { readAlterTable } from './read-alter-table.ts';
import { isWord, namesInParentheses, type Reading, wordAt } from './reading.ts';

/**
 * What the steps could lose, from their text alone. What stands inside of functions and DO blocks is not seen; a revision
 * says that itself, with `stanchion:check`.
 */
export function readConcerns(work: readonly { revision: Revision; steps: readonly Step[] }[]): Concern[] {
  const unvalidated: Reading['unvalidated'] = new Map();
  const earlier = noChanges();
  const concerns: Concern[] = [];
  for (const { revision, steps } of work) {
    for (const step of steps) {
      const own = noChanges();
      for (const { tokens, start } of splitStatements(scanSql(step.sql).tokens)) {
        for (const body of readStatement({ tokens, text: step.sql, unvalidated })) {
          concerns.push({ ...body, revision, step, at: start, deferred: isDeferred(body, earlier, own) });
        }
        note(own, tokens);
      }
      // It may have written anything.
      own.opaque ||= step.code !== undefined;
      earlier.opaque ||= own.opaque;
      for (const kind of ['written', 'deletedFrom', 'emptied'] as const)
        for (const name of own[kind]) earlier[kind].add(name);
    }
  }
  return concerns;
}

/** What statements have changed so far, by the name of the table. */
interface Changes {
  written: Set<string>;
  deletedFrom: Set<string>;
  /** By a DELETE without a condition. */
  emptied: Set<string>;
  opaque: boolean;
}

function noChanges(): Changes {
  return { written: new Set(), deletedFrom: new Set(), emptied: new Set(), opaque: false };
}

/**
 * Of what an earlier step changes, only that step's end tells. Within one step there is no such moment: what PostgreSQL itself would
 * refuse is left to it, what it would do without a word is counted as it is before the step.
 */
function isDeferred(body: ConcernBody, earlier: Changes, own: Changes): boolean {
  const table = tableOf(body);
  if (losing.has(body.kind)) return earlier.deletedFrom.has(table) || own.emptied.has(table);
  const isChanged = earlier.opaque || earlier.written.has(table);
  if (body.kind === 'type' && body.using !== undefined) return isChanged;
  return isChanged || own.opaque || own.written.has(table);
}

function note(changes: Changes, tokens: readonly SqlToken[]): void {
  changes.opaque ||= isOpaque(tokens);
  const target = writtenTable(tokens);
  if (!target) return;
  changes.written.add(target.name);
  if (wordAt(tokens, 0) !== 'delete') return;
  changes.deletedFrom.add(target.name);
  if (!tokens.some((token) => token.kind === 'word' && (token.text === 'where' || token.text === 'using')))
    changes.emptied.add(target.name);
}

function readStatement(reading: Reading): ConcernBody[] {
  const { tokens } = reading;
  const [first, second] = [wordAt(tokens, 0), wordAt(tokens, 1)];
  if (first === 'alter' && second === 'table') return readAlterTable(reading);
  if (first === 'drop' && second === 'table')
    return readNames(tokens, 2).map((table) => ({ kind: 'drop_table', table }));
  if (first === 'drop' && second === 'schema')
    return readNames(tokens, 2).map(({ name }) => ({ kind: 'drop_schema', schema: name }));
  if (first === 'truncate')
    return readNames(tokens, second === 'table' ? 2 : 1).map((table) => ({ kind: 'truncate', table }));
  if (first === 'create' && second === 'unique') return readUniqueIndex(reading);
  if (first === 'select') return readRestore(tokens);
  return [];
}

function readNames(tokens: readonly SqlToken[], from: number): QualifiedName[] {
  const names: QualifiedName[] = [];
  let at = isWord(tokens, from, 'if') ? from + 2 : from;
  for (;;) {
    if (isWord(tokens, at, 'only')) at += 1;
    const name = parseName(tokens, at);
    if (!name) return names;
    names.push(name.name);
    at = name.next;
    if (tokens[at]?.text === '*') at += 1;
    if (tokens[at]?.text !== ',') return names;
    at += 1;
  }
}

function readUniqueIndex({ tokens, text }: Reading): ConcernBody[] {
  const on = tokens.findIndex((token) => token.kind === 'word' && token.text === 'on');
  const table = parseName(tokens, isWord(tokens, on + 1, 'only') ? on + 2 : on + 1);
  if (on === -1 || !table) return [];
  const open = tokens.findIndex((token, at) => at >= table.next && token.text === '(');
  const columns = namesInParentheses(tokens, open);
  if (!columns || tokens.some((token) => token.text === 'nulls' && token.kind === 'word')) return [];
  const where = tokens.findIndex((token, at) => at >= columns.next && token.kind === 'word' && token.text === 'where');
  const condition = where === -1 ? undefined : text.slice(tokens[where + 1]?.start ?? 0, tokens.at(-1)?.end ?? 0);
  return [{ kind: 'unique', table: table.name, columns: columns.names, where: condition }];
}

/** `SELECT stanchion.restore_column('orders', 'ref', '7f3a9c21d0be')`. */
function readRestore(tokens: readonly SqlToken[]): ConcernBody[] {
  const call = wordAt(tokens, 3);
  if (tokens[2]?.text !== '.' || tokens[4]?.text !== '(') return [];
  const [name, second, third] = [5, 7, 9].map((at) => (tokens[at]?.kind === 'string' ? tokens[at]?.text : undefined));
  const parsed = name === undefined ? undefined : parseName(scanSql(name).tokens, 0);
  if (!parsed || second === undefined) return [];
  if (call === 'restore_table') return [{ kind: 'restore_table', table: parsed.name, from: second }];
  if (call !== 'restore_column' || third === undefined) return [];
  // Without its constraints: the steps behind it make them, and are read themselves.
  const bare = tokens.some((token) => token.kind === 'word' && token.text === 'bare');
  return [{ kind: 'restore_column', table: parsed.name, column: second, from: third, bare }];
}

function tableOf(body: ConcernBody): string {
  return 'table' in body ? body.table.name : '';
}

function writtenTable(tokens: readonly SqlToken[]): QualifiedName | undefined {
  const [first, second] = [wordAt(tokens, 0), wordAt(tokens, 1)];
  const at =
    first === 'update'
      ? 1
      : (first === 'insert' && second === 'into') ||
          (first === 'delete' && second === 'from') ||
          (first === 'merge' && second === 'into')
        ? 2
        : -1;
  return at === -1 ? undefined : parseName(tokens, isWord(tokens, at, 'only') ? at + 1 : at)?.name;
}

const setAside = /^(?:soft_(?:drop|change)|restore|take_back)_(?:column|table|type|type_of)$/;

/** It may write anything: nothing that comes later can be counted before. */
function isOpaque(tokens: readonly SqlToken[]): boolean {
  const first = wordAt(tokens, 0);
  if (first === 'do' || first === 'call' || first === 'with') return true;
  return first === 'select' && !setAside.test(wordAt(tokens, 3) ?? '');
}
