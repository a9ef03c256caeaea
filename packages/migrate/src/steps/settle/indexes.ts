import type { Session } from '../../connection.ts';
import type { ProbedStatement } from '../../probed-statements.ts';
import { quoteName } from '../../sql-names.ts';
import { qualified, type Settler } from './settler.ts';

type Kind<Name> = Extract<ProbedStatement, { kind: Name }>;

/** A failed build leaves an index that slows every write, and a unique one goes on refusing rows: it is dropped. */
export function createIndexSettler({ table, index }: Kind<'create_index'>): Settler {
  const find = async (session: Session): Promise<{ schema: string; valid: boolean } | undefined> => {
    // An index lives in the schema of its table. One of another table is somebody else's: PostgreSQL says that the name is taken.
    const [found] = await session.query<{ schema: string; valid: boolean }>(
      `SELECT n.nspname::text AS schema, i.indisvalid AS valid
         FROM pg_class t
         JOIN pg_class c ON c.relnamespace = t.relnamespace AND c.relname = $2
         JOIN pg_namespace n ON n.oid = c.relnamespace
         JOIN pg_index i ON i.indexrelid = c.oid AND i.indrelid = t.oid
        WHERE t.oid = to_regclass($1)`,
      [qualified(table), index],
    );
    return found;
  };
  const drop = async (session: Session): Promise<void> => {
    const found = await find(session);
    if (found) await session.execute(`DROP INDEX CONCURRENTLY ${quoteName(found.schema)}.${quoteName(index)}`);
  };
  return {
    async probe(session) {
      const found = await find(session);
      if (!found) return { state: 'absent' };
      return found.valid
        ? { state: 'done' }
        : { state: 'half', object: `${quoteName(found.schema)}.${quoteName(index)}` };
    },
    async repair(session) {
      await drop(session);
      return 'absent';
    },
    undo: drop,
  };
}

/** Killed in the middle, the index is there and INVALID: dropping it again ends the work. */
export function dropIndexSettler({ index }: Kind<'drop_index'>): Settler {
  return {
    async probe(session) {
      const [row] = await session.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [
        qualified(index),
      ]);
      return { state: row?.there === true ? 'absent' : 'done' };
    },
    undo: 'a dropped index is only brought back by building it: the revision that made it says how',
  };
}

/**
 * A concurrent rebuild puts a new index, with a new oid, in the place of each old one. What it leaves when it is killed is
 * an INVALID index named …_ccnew (not in place yet) or …_ccold (already replaced).
 */
export function reindexSettler({ what, name }: Kind<'reindex'>): Settler {
  const scope =
    what === 'table'
      ? 'i.indrelid = to_regclass($1)'
      : 'i.indrelid = (SELECT s.indrelid FROM pg_index s WHERE s.indexrelid = to_regclass($1))';
  const leftovers = async (session: Session): Promise<string[]> => {
    const rows = await session.query<{ name: string }>(
      `SELECT format('%I.%I', n.nspname, c.relname) AS name
         FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE ${scope} AND NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$' ORDER BY 1`,
      [qualified(name)],
    );
    return rows.map((row) => row.name);
  };
  const remember = async (session: Session): Promise<string[]> => {
    const wanted = what === 'table' ? 'i.indrelid = to_regclass($1)' : 'i.indexrelid = to_regclass($1)';
    const rows = await session.query<{ oid: string }>(
      `SELECT i.indexrelid::oid::text AS oid FROM pg_index i WHERE ${wanted} AND i.indisvalid ORDER BY i.indexrelid`,
      [qualified(name)],
    );
    return rows.map((row) => row.oid);
  };
  const clean = async (session: Session): Promise<void> => {
    for (const left of await leftovers(session)) await session.execute(`DROP INDEX CONCURRENTLY ${left}`);
  };
  return {
    async probe(session, memory) {
      const left = await leftovers(session);
      if (left.length > 0) return { state: 'half', object: left.join(', ') };
      const now = await remember(session);
      return {
        state:
          memory !== null && memory.length > 0 && now.length > 0 && now.every((oid) => !memory.includes(oid))
            ? 'done'
            : 'absent',
      };
    },
    async repair(session) {
      await clean(session);
      return 'absent';
    },
    remember,
    undo: clean,
  };
}
