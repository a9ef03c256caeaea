import { countNewlines } from '../parse-directives.ts';
import { isWord, wordAt } from '../preflight/reading.ts';
import type { Revision, Step } from '../revision.ts';
import { scanSql, splitStatements } from '../sql-lexer.ts';
import { parseName, type QualifiedName } from '../sql-statements.ts';

/** A statement that changes rows, and where it stands. */
export interface Write {
  revision: Revision;
  step: Step;
  line: number;
  table: QualifiedName;
  event: 'insert' | 'update' | 'delete';
}

/** What the up sections write outside of functions and DO blocks. */
export function readWrites(revisions: readonly Revision[]): Write[] {
  return revisions.flatMap((revision) =>
    revision.up.flatMap((step) =>
      splitStatements(scanSql(step.sql).tokens).flatMap(({ tokens, start }): Write[] => {
        const event = wordAt(tokens, 0);
        if (event !== 'insert' && event !== 'update' && event !== 'delete') return [];
        const at = event === 'update' ? 1 : 2;
        const table = parseName(tokens, isWord(tokens, at, 'only') ? at + 1 : at)?.name;
        return table ? [{ revision, step, line: step.line + countNewlines(step.sql, 0, start), table, event }] : [];
      }),
    ),
  );
}
