import type { Session } from '../connection.ts';
import { type LockMode, lockModes } from '../lint/operation.ts';
import { type OutsideSessions, runOutside } from './outside.ts';
import type { MeasuredStatement } from './report.ts';
import { type Relations, readLocks, readRelations, readScans } from './snapshot.ts';

export type StatementFacts = Omit<MeasuredStatement, 'revision' | 'direction' | 'step' | 'statement'>;

/** Runs it in the transaction that is open, and says what it did to the relations of `before`. */
export async function measureStatement(session: Session, sql: string, before: Relations): Promise<StatementFacts> {
  const { facts } = await measureWork(session, async () => session.execute(sql), before);
  return facts;
}

/** The same for whatever the work sends. */
export async function measureWork<Result>(
  session: Session,
  work: () => Promise<Result>,
  before: Relations,
): Promise<{ result: Result; facts: StatementFacts }> {
  const start = await take(session);
  const result = await work();
  return { result, facts: compare(before, start, await take(session)) };
}

/** The same for a statement that no transaction may hold. Scans are not seen. */
export async function measureOutside(
  sessions: OutsideSessions,
  sql: string,
  before: Relations,
): Promise<StatementFacts> {
  const start = { relations: await readRelations(sessions.worker), locks: new Map(), scans: new Map() };
  const locks = await runOutside(sessions, sql, before);
  return compare(before, start, { relations: await readRelations(sessions.worker), locks, scans: new Map() });
}

interface Moment {
  readonly relations: Relations;
  readonly locks: ReadonlyMap<string, ReadonlySet<LockMode>>;
  readonly scans: ReadonlyMap<string, number>;
}

async function take(session: Session): Promise<Moment> {
  const [locks, scans] = [await readLocks(session, undefined), await readScans(session)];
  return { locks, scans, relations: await readRelations(session) };
}

/** Only of what was there before the section: what it makes itself nobody else knows. */
function compare(before: Relations, start: Moment, end: Moment): StatementFacts {
  const tables = [...before].filter(([, { kind }]) => kind !== 'i' && kind !== 'I');
  const locks = tables.flatMap(([oid, { name }]) => {
    const had = start.locks.get(oid);
    const taken = lockModes.filter((mode) => end.locks.get(oid)?.has(mode) && !had?.has(mode));
    const lock = taken.at(-1);
    return lock === undefined ? [] : [{ table: name, lock }];
  });
  const rewritten = tables.filter(([oid]) => {
    const storage = end.relations.get(oid)?.storage;
    return storage !== undefined && storage !== start.relations.get(oid)?.storage;
  });
  const indexed = new Set<string>();
  // A changed type may give an index another oid and leave it its storage: that is no build.
  const storages = new Set([...start.relations.values()].map(({ storage }) => storage));
  for (const { table, storage, kind } of end.relations.values()) {
    const isBuilt = kind === 'i' && table !== null && !storages.has(storage);
    const name = isBuilt ? before.get(table)?.name : undefined;
    if (name !== undefined) indexed.add(name);
  }
  const scanned = tables.filter(([oid]) => (end.scans.get(oid) ?? 0) > (start.scans.get(oid) ?? 0));
  return { locks, rewritten: namesOf(rewritten), scanned: namesOf(scanned), indexed: [...indexed].toSorted() };
}

function namesOf(relations: readonly (readonly [string, { readonly name: string }])[]): string[] {
  return relations.map(([, { name }]) => name).toSorted();
}
