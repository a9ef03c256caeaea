import type { Session } from '../connection.ts';

/**
 * pg_depend between the objects that were read. `oids` maps `class/oid/part` to keys; a dependency on a column counts for
 * its table as well, and one on what only belongs to an object (an array type, a rule) for that object.
 */
export async function readNeeds(
  session: Session,
  oids: ReadonlyMap<string, string>,
): Promise<Map<string, ReadonlySet<string>>> {
  const rows = await session.query<{ from: string; to: string }>(
    `SELECT d.classid::regclass || '/' || d.objid || '/' || d.objsubid AS from,
            d.refclassid::regclass || '/' || coalesce(nullif(t.typelem, 0), d.refobjid) || '/' || d.refobjsubid AS to
       FROM pg_depend d
       LEFT JOIN pg_type t ON d.refclassid = 'pg_type'::regclass AND t.oid = d.refobjid AND t.typcategory = 'A'
      WHERE d.deptype IN ('n', 'a', 'i') AND d.objid >= 16384`,
  );
  const needs = new Map<string, Set<string>>();
  for (const { from, to } of rows) {
    const user = keyOf(from, oids);
    const used = keyOf(to, oids);
    if (user === undefined) continue;
    const set = needs.get(user) ?? new Set();
    needs.set(user, set);
    for (const one of [used, keyOf(to.replace(/\/\d+$/, '/0'), oids)]) {
      if (one !== undefined && one !== user) set.add(one);
    }
  }
  return needs;
}

function keyOf(address: string, oids: ReadonlyMap<string, string>): string | undefined {
  return oids.get(address);
}
