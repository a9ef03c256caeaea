import type { Session } from '../../connection.ts';
import type { StepRecord } from '../../journal.ts';
import { quoteName } from '../../sql-names.ts';
import type { QualifiedName } from '../../sql-statements.ts';

/**
 * What became of a statement. `half`: something is left that is neither before nor after, named by `object`.
 * `unclear`: only a person can tell.
 */
export type Outcome =
  | { state: 'absent' }
  | { state: 'done' }
  | { state: 'half'; object: string }
  | { state: 'unclear'; reason: string };

/** What a statement of one kind needs to be settled. Each call only looks, or mends; none runs the statement itself. */
export interface Settler {
  /** Of a statement that was begun. `memory` is what `remember` answered before it began. */
  probe(session: Session, memory: readonly string[] | null): Promise<Outcome>;
  /** From `half` to one of the other two. */
  repair?(session: Session): Promise<'absent' | 'done'>;
  /** What the catalog holds before the first attempt, where that is needed to tell afterwards. */
  remember?(session: Session): Promise<string[]>;
  /** Takes the statement back, done or half done; a string says why that cannot be. */
  undo: ((session: Session) => Promise<void>) | string;
}

/** PostgreSQL found the name taken or missing: nothing was begun, and what is there is somebody else's. */
export function wasRefused(record: StepRecord): boolean {
  return record.state === 'failed' && ['42P07', '42710', '42704', '42P01'].includes(record.sqlstate ?? '');
}

export function qualified(name: QualifiedName): string {
  return name.schema === undefined ? quoteName(name.name) : `${quoteName(name.schema)}.${quoteName(name.name)}`;
}
