import type { Session } from '../connection.ts';
import { quoteName } from '../sql-names.ts';
import { readFillTables } from './tables.ts';

/** Rows of each table as text, by table and in no order of theirs; only the named columns. */
export type Rows = ReadonlyMap<string, TableRows>;

export interface TableRows {
  readonly columns: readonly string[];
  readonly rows: readonly string[];
}

/** With `like`: the same columns of the same tables; a table or column that is gone counts as without rows. */
export async function readRows(session: Session, ignoreSchemas: readonly string[], like?: Rows): Promise<Rows> {
  const found = new Map<string, TableRows>();
  for (const table of await readFillTables(session, ignoreSchemas)) {
    const there = table.columns.map(({ name }) => name);
    const columns = like ? (like.get(table.name)?.columns ?? []) : there;
    if ((like && !like.has(table.name)) || columns.some((name) => !there.includes(name))) continue;
    const list = columns.map(quoteName).join(', ');
    const rows = await session.query<{ row: string }>(`SELECT ROW(${list})::text AS row FROM ${table.name} ORDER BY 1`);
    found.set(table.name, { columns, rows: rows.map(({ row }) => row) });
  }
  return found;
}

/** One sentence for each table whose rows are not those that it had. */
export function rowDifferences(wanted: Rows, found: Rows): string[] {
  return [...wanted].flatMap(([table, { rows }]) => {
    const others = found.get(table)?.rows;
    if (!others)
      return rows.length === 0 ? [] : [`the ${rows.length} rows of ${table}, or a column of theirs, are gone`];
    const left = [...others];
    const lost = rows.filter((row) => {
      const at = left.indexOf(row);
      if (at !== -1) left.splice(at, 1);
      return at === -1;
    });
    const example = lost[0] === undefined ? '' : `, the first of them ${lost[0]}`;
    const lostText =
      lost.length === 0 ? [] : [`${lost.length} of ${rows.length} rows of ${table} are gone or changed${example}`];
    return [
      ...lostText,
      ...(left.length > lost.length ? [`${table} has ${left.length - lost.length} rows more than before`] : []),
    ];
  });
}
