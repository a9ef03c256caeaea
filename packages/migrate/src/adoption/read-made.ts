import { countNewlines } from '../parse-directives.ts';
import { isWord, wordAt } from '../preflight/reading.ts';
import type { Revision, Step } from '../revision.ts';
import { type SqlToken, scanSql, splitStatements } from '../sql-lexer.ts';
import { parseName, type QualifiedName } from '../sql-statements.ts';

/** Something with a name of its own that a revision makes, and where it says so. */
export interface Made extends Named {
  revision: Revision;
  step: Step;
  line: number;
}

interface Named {
  /** Tables, indexes, views and sequences share one set of names. */
  kind: 'relation' | 'type' | 'function' | 'column' | 'constraint' | 'trigger';
  /** Undefined: the first of the search_path; of what belongs to a table, the table's. */
  schema: string | undefined;
  name: string;
  table?: QualifiedName;
}

/** What the up sections make outside of functions and DO blocks, in order. */
export function readMade(revisions: readonly Revision[]): Made[] {
  return revisions.flatMap((revision) =>
    revision.up.flatMap((step) =>
      splitStatements(scanSql(step.sql).tokens).flatMap(({ tokens, start }) =>
        readStatement(tokens).map((made) => ({
          ...made,
          revision,
          step,
          line: step.line + countNewlines(step.sql, 0, start),
        })),
      ),
    ),
  );
}

function readStatement(tokens: readonly SqlToken[]): Named[] {
  const first = wordAt(tokens, 0);
  if (first === 'alter' && isWord(tokens, 1, 'table')) return readAlterTable(tokens);
  return first === 'create' ? readCreate(tokens) : [];
}

const adjectives = new Set(['or', 'replace', 'unlogged', 'unique', 'materialized', 'recursive', 'constraint']);
const kinds: Readonly<Record<string, Named['kind']>> = {
  ...{ table: 'relation', index: 'relation', view: 'relation', sequence: 'relation' },
  ...{ type: 'type', domain: 'type', function: 'function', procedure: 'function', trigger: 'trigger' },
};

function readCreate(tokens: readonly SqlToken[]): Named[] {
  let at = 1;
  while (adjectives.has(wordAt(tokens, at) ?? '')) at += 1;
  const kind = kinds[wordAt(tokens, at) ?? ''];
  if (kind === undefined) return [];
  const isIndex = isWord(tokens, at, 'index');
  at = skipGuard(tokens, isWord(tokens, at + 1, 'concurrently') ? at + 2 : at + 1);
  // An index may go without a name, and then PostgreSQL finds one that is free.
  const found = isIndex && isWord(tokens, at, 'on') ? undefined : parseName(tokens, at);
  if (!found) return [];
  if (kind !== 'trigger' && !isIndex) return [{ kind, ...found.name }];
  const on = tokens.findIndex((token, place) => place >= found.next && token.kind === 'word' && token.text === 'on');
  const table = parseName(tokens, isWord(tokens, on + 1, 'only') ? on + 2 : on + 1)?.name;
  if (on === -1 || !table) return [];
  return [{ kind, schema: table.schema, name: found.name.name, table }];
}

/** IF NOT EXISTS. */
function skipGuard(tokens: readonly SqlToken[], at: number): number {
  return isWord(tokens, at, 'if') && isWord(tokens, at + 1, 'not') ? at + 3 : at;
}

/** `ADD [COLUMN] name …` and `ADD CONSTRAINT name …`, as often as they stand there. */
function readAlterTable(tokens: readonly SqlToken[]): Named[] {
  let at = isWord(tokens, 2, 'if') ? 4 : 2;
  if (isWord(tokens, at, 'only')) at += 1;
  const table = parseName(tokens, at);
  if (!table) return [];
  const made: Named[] = [];
  let depth = 0;
  for (let place = table.next; place < tokens.length; place += 1) {
    const text = tokens[place]?.kind === 'symbol' ? tokens[place]?.text : undefined;
    depth += text === '(' ? 1 : text === ')' ? -1 : 0;
    const begins = place === table.next || (depth === 0 && tokens[place - 1]?.text === ',');
    if (!begins || !isWord(tokens, place, 'add')) continue;
    const added = readAdded(tokens, place + 1);
    if (added) made.push({ ...added, schema: table.name.schema, table: table.name });
  }
  return made;
}

const unnamed = new Set(['check', 'unique', 'primary', 'foreign', 'exclude', 'not']);

function readAdded(tokens: readonly SqlToken[], at: number): Pick<Named, 'kind' | 'name'> | undefined {
  const isConstraint = isWord(tokens, at, 'constraint');
  const hasWord = isConstraint || isWord(tokens, at, 'column');
  if (!hasWord && unnamed.has(wordAt(tokens, at) ?? '')) return undefined;
  const name = parseName(tokens, skipGuard(tokens, hasWord ? at + 1 : at))?.name.name;
  return name === undefined ? undefined : { kind: isConstraint ? 'constraint' : 'column', name };
}
