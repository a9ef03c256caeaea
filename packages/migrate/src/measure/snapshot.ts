import type { Session } from '../connection.ts';
import { type LockMode, lockModes } from '../lint/operation.ts';

/** Tables, views and indexes outside of the system's schemas, by oid. */
export type Relations = ReadonlyMap<string, Relation>;

export interface Relation {
  readonly name: string;
  readonly kind: string;
  /** Another one after a rewrite. 0: it has no storage. */
  readonly storage: string;
  /** Of an index: its table. */
  readonly table: string | null;
}

/** Without what lies in `exceptSchema`. */
export async function readRelations(session: Session, exceptSchema = ''): Promise<Relations> {
  const rows = await session.query<Relation & { oid: string }>(
    `SELECT c.oid::text, n.nspname || '.' || c.relname AS name, c.relkind::text AS kind, c.relfilenode::text AS storage,
            i.indrelid::text AS table
       FROM pg_class c
       JOIN pg_namespace n ON n.oid = c.relnamespace
       LEFT JOIN pg_index i ON i.indexrelid = c.oid
      WHERE c.relkind IN ('r', 'p', 'm', 'v', 'f', 'i', 'I') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND n.nspname <> $1`,
    [exceptSchema],
  );
  return new Map(rows.map(({ oid, ...relation }) => [oid, relation]));
}

/** Locks on relations by oid, of one backend; `waits` also those that it asks for and does not have. */
export async function readLocks(session: Session, pid: number | undefined): Promise<Map<string, Set<LockMode>>> {
  const rows = await session.query<{ oid: string; mode: string }>(
    `SELECT relation::text AS oid, mode FROM pg_locks
      WHERE locktype = 'relation' AND pid = coalesce($1::int, pg_backend_pid())
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [pid ?? null],
  );
  const locks = new Map<string, Set<LockMode>>();
  for (const { oid, mode } of rows) {
    const known = modeOf(mode);
    if (known) locks.set(oid, (locks.get(oid) ?? new Set()).add(known));
  }
  return locks;
}

/** How often this transaction has begun to read each table from its start. */
export async function readScans(session: Session): Promise<Map<string, number>> {
  const rows = await session.query<{ oid: string; scans: string }>(
    'SELECT relid::text AS oid, coalesce(seq_scan, 0)::text AS scans FROM pg_stat_xact_user_tables WHERE seq_scan > 0',
  );
  return new Map(rows.map(({ oid, scans }) => [oid, Number(scans)]));
}

/** `ShareUpdateExclusiveLock` is how pg_locks spells SHARE UPDATE EXCLUSIVE. */
function modeOf(mode: string): LockMode | undefined {
  const words = mode
    .replace(/Lock$/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase();
  return lockModes.find((one) => one === words);
}
