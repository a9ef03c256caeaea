import type { Session } from '../connection.ts';
import { quoteName } from '../sql-names.ts';
import { parseServerError } from '../sqlstate.ts';
import { type FillColumn, type FillKey, type FillTable, readFillTables } from './tables.ts';
import { candidatesOf, guessesOf } from './values.ts';

export interface FillOptions {
  /** How many rows each table is to have. */
  readonly rows: number;
  readonly ignoreSchemas: readonly string[];
}

/** A table that could not be filled, and what PostgreSQL said last. */
export interface Unfilled {
  readonly table: string;
  readonly reason: string;
}

export interface FillResult {
  readonly inserted: number;
  readonly unfilled: readonly Unfilled[];
}

/**
 * Fills every table up to a number of rows, the tables that others refer to first. Each row is tried with the likeliest values; what
 * a constraint refuses turns the values of its columns, as long as there are others. Foreign keys that form a circle stay
 * null until all tables have rows.
 */
export async function fillRows(session: Session, options: FillOptions): Promise<FillResult> {
  const tables = sortByParents(await readFillTables(session, options.ignoreSchemas));
  const unfilled: Unfilled[] = [];
  let inserted = 0;
  for (const { table, later } of tables) {
    const outcome = await fillTable(session, { table, later, rows: options.rows });
    inserted += outcome.inserted;
    if (outcome.reason !== undefined) unfilled.push({ table: table.name, reason: outcome.reason });
  }
  for (const { table, later } of tables) for (const key of later) await closeCircle(session, table, key);
  return { inserted, unfilled };
}

interface Sorted {
  readonly table: FillTable;
  /** Foreign keys to tables that come later, or to itself. */
  readonly later: readonly FillKey[];
}

function sortByParents(tables: readonly FillTable[]): Sorted[] {
  const sorted: Sorted[] = [];
  const done = new Set<string>();
  let left = [...tables];
  while (left.length > 0) {
    const waiting = (table: FillTable): FillKey[] =>
      table.keys.filter(({ parent }) => !done.has(parent) && left.some((one) => one.oid === parent));
    // One whose parents are all done; of a circle one that can wait for its parents; else the first.
    const next =
      left.find((table) => waiting(table).length === 0) ??
      left.find((table) => waiting(table).every((key) => isNullable(table, key))) ??
      left[0];
    if (!next) break;
    sorted.push({ table: next, later: waiting(next) });
    done.add(next.oid);
    left = left.filter((one) => one !== next);
  }
  return sorted;
}

function isNullable(table: FillTable, key: FillKey): boolean {
  return key.columns.some((name) => table.columns.find((one) => one.name === name)?.notNull === false);
}

const maxAttempts = 300;

/** What is known of a table while it is filled. */
interface Filling extends Sorted {
  /** Per column: values for its CHECKs that its type takes. */
  readonly tested: ReadonlyMap<string, readonly string[]>;
  /** Per column: which of its candidates is taken. What helped one row helps the next. */
  readonly turns: Map<string, number>;
  /** Per constraint: how often it refused. */
  readonly refusals: Map<string, number>;
}

async function fillTable(
  session: Session,
  { table, later, rows }: Sorted & { rows: number },
): Promise<{ inserted: number; reason?: string }> {
  const [count] = await session.query<{ count: string }>(`SELECT count(*)::text AS count FROM ${table.name}`);
  const there = Number(count?.count ?? 0);
  if (there >= rows) return { inserted: 0 };
  const filling = { table, later, tested: await testGuesses(session, table), turns: new Map(), refusals: new Map() };
  let inserted = 0;
  // Beyond what is there, so that unique values differ.
  for (let row = there; row < rows; row += 1) {
    const reason = await insertRow(session, filling, row);
    if (reason !== undefined) return { inserted, ...(there + inserted === 0 ? { reason } : {}) };
    inserted += 1;
  }
  return { inserted };
}

/** A value that the type or its domain refuses says only so, and not which column it was for. */
async function testGuesses(session: Session, table: FillTable): Promise<Map<string, string[]>> {
  const tested = new Map<string, string[]>();
  for (const column of table.columns) {
    const taken: string[] = [];
    for (const guess of guessesOf(column, table.checks)) {
      if ((await attempt(session, `SELECT ${guess}`)) === undefined) taken.push(guess);
    }
    tested.set(column.name, taken);
  }
  return tested;
}

/** Undefined: it worked. Else what PostgreSQL said; the transaction goes on. */
async function attempt(session: Session, sql: string): Promise<Refusal | undefined> {
  await session.execute('SAVEPOINT fill');
  try {
    await session.execute(sql);
    await session.execute('RELEASE SAVEPOINT fill');
    return undefined;
  } catch (error) {
    const server = parseServerError(error);
    if (!server) throw error;
    await session.execute('ROLLBACK TO SAVEPOINT fill');
    const fields: Record<string, unknown> = Object.fromEntries(Object.entries(error instanceof Error ? error : {}));
    const text = (name: string): string => (typeof fields[name] === 'string' ? fields[name] : '');
    return {
      sqlstate: server.sqlstate,
      message: server.message,
      constraint: text('constraint'),
      column: text('column'),
    };
  }
}

interface Refusal {
  readonly sqlstate: string;
  readonly message: string;
  readonly constraint: string;
  readonly column: string;
}

/** Undefined: it is there. */
async function insertRow(session: Session, filling: Filling, row: number): Promise<string | undefined> {
  let number = row;
  let reason = 'no values were found';
  for (let tried = 0; tried < maxAttempts; tried += 1) {
    const refusal = await attempt(session, await insertSql(session, filling, number));
    if (!refusal) return undefined;
    reason = refusal.message;
    const isTaken = refusal.sqlstate === '23505' || refusal.sqlstate === '23P01';
    if (isTaken) number += 100 + tried;
    if (!isTaken || tried > 20) turn(filling, refusal, number);
  }
  return reason;
}

/**
 * The constraint that refused says whose values to change; without a name all may be meant. They are turned like the wheels of a
 * counter, so that every pair is met.
 */
function turn({ table, tested, turns, refusals }: Filling, refusal: Refusal, row: number): void {
  const checks = table.checks.filter(({ name }) => name === refusal.constraint);
  const named = [...new Set(checks.flatMap(({ columns }) => columns))];
  const all = table.columns.map(({ name }) => name);
  const names = named.length > 0 ? named : refusal.column === '' ? all : [refusal.column];
  const times = (refusals.get(refusal.constraint) ?? 0) + 1;
  refusals.set(refusal.constraint, times);
  let radix = 1;
  for (const column of table.columns.filter(({ name }) => names.includes(name))) {
    turns.set(column.name, Math.floor(times / radix));
    radix *= Math.max(1, candidatesOf(column, row, tested.get(column.name) ?? []).length);
  }
}

async function insertSql(session: Session, filling: Filling, row: number): Promise<string> {
  const { table, later, tested, turns } = filling;
  const values = new Map<string, string>();
  for (const column of table.columns) {
    if (column.isNumbered) continue;
    const candidates = candidatesOf(column, row, tested.get(column.name) ?? []);
    const turned = candidates[(turns.get(column.name) ?? 0) % Math.max(1, candidates.length)];
    values.set(column.name, turned ?? 'NULL');
  }
  for (const key of table.keys)
    await takeParent(session, { table, key, isLater: later.includes(key) }, { row, values });
  const names = [...values.keys()];
  if (names.length === 0) return `INSERT INTO ${table.name} DEFAULT VALUES`;
  return `INSERT INTO ${table.name} (${names.map(quoteName).join(', ')}) VALUES (${[...values.values()].join(', ')})`;
}

/** The values of some row of the parent; where there is none yet, null, or for a table that refers to itself its own. */
async function takeParent(
  session: Session,
  { table, key, isLater }: { table: FillTable; key: FillKey; isLater: boolean },
  { row, values }: { row: number; values: Map<string, string> },
): Promise<void> {
  const typeOf = (name: string): FillColumn | undefined => table.columns.find((one) => one.name === name);
  if (isLater && isNullable(table, key)) {
    for (const name of key.columns) if (typeOf(name)?.notNull === false) values.set(name, 'NULL');
    return;
  }
  if (row % 5 === 4 && isNullable(table, key)) return setNull();
  const list = key.parentColumns.map((name, index) => `${quoteName(name)}::text AS v${index}`).join(', ');
  const parents = await session.query<Record<string, string | null>>(
    `SELECT ${list} FROM ${key.parentName} WHERE ${key.parentColumns.map((name) => `${quoteName(name)} IS NOT NULL`).join(' AND ')} ORDER BY 1 LIMIT 50`,
  );
  const parent = parents[row % Math.max(1, parents.length)];
  if (!parent) {
    if (isNullable(table, key)) return setNull();
    if (key.parent === table.oid) key.columns.forEach((name, index) => copyOwn(name, key.parentColumns[index]));
    return;
  }
  key.columns.forEach((name, index) => {
    const value = parent[`v${index}`];
    if (typeof value === 'string')
      values.set(name, `'${value.replaceAll("'", "''")}'::${typeOf(name)?.type ?? 'text'}`);
  });

  function setNull(): void {
    for (const name of key.columns) if (typeOf(name)?.notNull === false) values.set(name, 'NULL');
  }
  function copyOwn(name: string, from: string | undefined): void {
    const own = from === undefined ? undefined : values.get(from);
    if (own !== undefined) values.set(name, own);
  }
}

/** Every other row of what had to stay null gets a parent after all. A refusal leaves it as it is. */
async function closeCircle(session: Session, table: FillTable, key: FillKey): Promise<void> {
  const names = key.columns.map(quoteName);
  const parents = key.parentColumns.map(quoteName);
  await attempt(
    session,
    `UPDATE ${table.name} AS t SET (${names.join(', ')}) = (SELECT ${parents.join(', ')} FROM ${key.parentName}
        WHERE ${parents.map((name) => `${name} IS NOT NULL`).join(' AND ')} ORDER BY ${parents.join(', ')} LIMIT 1)
      WHERE ${names.map((name) => `t.${name} IS NULL`).join(' AND ')} AND t.ctid IN (
        SELECT ctid FROM (SELECT ctid, row_number() OVER (ORDER BY ctid) AS n FROM ${table.name}) AS r WHERE n % 2 = 0)`,
  );
}
