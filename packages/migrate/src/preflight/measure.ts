import { archiveSchemaOf } from '../archive/install.ts';
import type { Session } from '../connection.ts';
import { quoteName, quoteText } from '../sql-names.ts';
import type { Concern } from './concern.ts';
import type { ArchiveEntry, Source, Sources } from './sources.ts';

/** Rows that a statement would lose or could not represent. */
export interface Loss {
  concern: Concern;
  schema: string;
  table: string;
  /** The column that a fill would write; null: none would help. */
  column: string | null;
  rows: number;
  /** Continues "12 rows of orders.ref". */
  what: string;
  /** For a statement on the table as it is now: which rows. Undefined: they cannot be moved. */
  rowsOf: { relation: string; condition: string } | undefined;
  /** The column's name now, which differs while it is set aside. */
  physicalColumn: string | undefined;
  /** The statement itself takes them away; else they stand in its way. */
  lost: boolean;
}

export interface Measuring {
  session: Session;
  sources: Sources;
  journalSchema: string;
}

/** Empty as well where the table is not there yet: the same is asked again when its step is reached. */
export async function measure(measuring: Measuring, concern: Concern): Promise<Loss[]> {
  if (concern.kind === 'drop_schema') return measureSchema(measuring, concern);
  if (concern.kind === 'restore_column' || concern.kind === 'restore_table') return measureRestore(measuring, concern);
  const source = await measuring.sources.find(concern.table);
  if (!source) return [];
  switch (concern.kind) {
    case 'drop_column':
      return count(
        measuring,
        { concern, source, column: concern.column },
        {
          condition: `${columnOf(source, concern.column)} IS NOT NULL`,
          what: 'have a value that the drop takes away',
          lost: true,
        },
      );
    case 'drop_table':
    case 'truncate':
      return count(measuring, { concern, source, column: null }, { condition: 'true', what: 'would go', lost: true });
    case 'not_null':
      return measureNulls(measuring, { concern, source, column: concern.column });
    case 'unique':
      return measureDuplicates(measuring, { concern, source, column: null }, concern);
    case 'foreign_key':
      return measureOrphans(
        measuring,
        { concern, source, column: concern.columns.length === 1 ? (concern.columns[0] ?? null) : null },
        concern,
      );
    case 'check':
      return count(
        measuring,
        { concern, source, column: null },
        { condition: `NOT (${concern.expression})`, what: `break CHECK ${concern.expression}`, lost: false },
      );
    case 'type':
      return measureNarrowed(measuring, { concern, source, column: concern.column }, concern);
    default:
      return [];
  }
}

interface Subject {
  concern: Concern;
  source: Source;
  column: string | null;
}

async function count(
  { session }: Measuring,
  { concern, source, column }: Subject,
  { condition, what, lost }: { condition: string; what: string; lost: boolean },
): Promise<Loss[]> {
  if (column !== null && !source.columns.has(column)) return [];
  const alias = quoteName(source.table);
  const [row] = await session.query<{ rows: string }>(
    `SELECT count(*) AS rows FROM ${source.from} AS ${alias} WHERE ${condition}`,
  );
  const rows = Number(row?.rows ?? 0);
  if (rows === 0) return [];
  const { schema, table, relation } = source;
  // A condition in the author's words speaks of columns that are not back yet.
  const isThere = relation !== undefined && (source.from === relation || !condition.startsWith('NOT ('));
  return [
    {
      ...{ concern, schema, table, column, rows, what, lost },
      physicalColumn: column === null ? undefined : source.columns.get(column),
      rowsOf: isThere ? { relation, condition } : undefined,
    },
  ];
}

async function measureNulls(measuring: Measuring, subject: Subject): Promise<Loss[]> {
  const condition = `${columnOf(subject.source, subject.column ?? '')} IS NULL`;
  return count(measuring, subject, { condition, what: 'have no value, and NOT NULL comes back', lost: false });
}

async function measureDuplicates(
  measuring: Measuring,
  subject: Subject,
  { columns, where }: { columns: readonly string[]; where?: string | undefined },
): Promise<Loss[]> {
  const { source } = subject;
  if (columns.some((column) => !source.columns.has(column)) || source.relation === undefined) return [];
  const names = columns.map((column) => columnOf(source, column));
  // All but the first of each group.
  const condition = `ctid IN (SELECT d.ctid FROM (
    SELECT ctid, row_number() OVER (PARTITION BY ${names.join(', ')} ORDER BY ctid) AS nth FROM ${source.relation} AS ${quoteName(source.table)}
     WHERE ${names.map((name) => `${name} IS NOT NULL`).join(' AND ')} ${where === undefined ? '' : `AND (${where})`}) AS d WHERE d.nth > 1)`;
  return count(
    measuring,
    { ...subject, source: { ...source, from: source.relation } },
    { condition, what: `repeat (${columns.join(', ')}), which is to be unique`, lost: false },
  );
}

async function measureOrphans(
  measuring: Measuring,
  subject: Subject,
  key: {
    columns: readonly string[];
    other: { schema: string | undefined; name: string };
    otherColumns: readonly string[];
  },
): Promise<Loss[]> {
  const { source } = subject;
  const other = await measuring.sources.find(key.other);
  if (!other || key.columns.some((column) => !source.columns.has(column))) return [];
  const referred = key.otherColumns.length > 0 ? key.otherColumns : await primaryKeyOf(measuring.session, other);
  const alias = quoteName(source.table);
  const pairs = key.columns.map(
    (column, at) => `o.${quoteName(referred[at] ?? '')} = ${alias}.${columnOf(source, column)}`,
  );
  const present = key.columns.map((column) => `${alias}.${columnOf(source, column)} IS NOT NULL`);
  const condition = `${present.join(' AND ')} AND NOT EXISTS (SELECT FROM ${other.from} AS o WHERE ${pairs.join(' AND ')})`;
  return count(measuring, subject, {
    condition,
    what: `refer to a row of ${other.table} that is not there`,
    lost: false,
  });
}

async function measureNarrowed(
  measuring: Measuring,
  subject: Subject,
  { column, type, using }: { column: string; type: string; using: string | undefined },
): Promise<Loss[]> {
  const { source } = subject;
  if (source.relation === undefined || columnOf(source, column) !== quoteName(column)) return [];
  const call = `${quoteName(measuring.journalSchema)}.narrowed_rows(${[source.relation, column, type].map(quoteText).join(', ')}, ${using === undefined ? 'NULL' : quoteText(using)})`;
  const condition = `ctid = ANY (ARRAY(SELECT ${call}))`;
  return count(measuring, subject, { condition, what: `do not fit ${type} unchanged`, lost: using !== undefined });
}

async function measureRestore(
  measuring: Measuring,
  concern: Extract<Concern, { kind: 'restore_column' | 'restore_table' }>,
): Promise<Loss[]> {
  const entry = await measuring.sources.findEntry(concern);
  // A revision that the plan reverts first may set it aside; restore_…() refuses by itself when nothing is there.
  if (!entry) return [];
  measuring.sources.bringBack(entry);
  if (concern.kind === 'restore_column' && concern.bare) return [];
  const source = await measuring.sources.find({ schema: entry.schema, name: entry.table });
  if (!source) return [];
  const subject = { concern, source, column: entry.column };
  const nulls = entry.facts.notNull === true ? await measureNulls(measuring, subject) : [];
  return [...nulls, ...(await measureKept(measuring, subject, entry))];
}

/** The constraints that come back with it. */
async function measureKept(measuring: Measuring, subject: Subject, { facts }: ArchiveEntry): Promise<Loss[]> {
  const losses: Loss[] = [];
  for (const { columns, table, otherColumns } of facts.foreignKeys ?? []) {
    const [schema, name] = splitQualified(table);
    losses.push(...(await measureOrphans(measuring, subject, { columns, other: { schema, name }, otherColumns })));
  }
  for (const { columns } of facts.uniques ?? [])
    losses.push(...(await measureDuplicates(measuring, subject, { columns })));
  // What a CHECK says of a type that is set aside too means nothing until that is back; its VALIDATE refuses then.
  const checks = (await hasTypeAside(measuring, subject.source)) ? [] : (facts.checks ?? []);
  for (const { expression } of checks) {
    losses.push(
      ...(await count(measuring, subject, {
        condition: `NOT (${expression})`,
        what: `break CHECK ${expression}`,
        lost: false,
      })),
    );
  }
  return losses;
}

async function hasTypeAside({ session, journalSchema }: Measuring, { relation }: Source): Promise<boolean> {
  const rows = await session.query(
    `SELECT FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type e ON e.oid = t.typelem
      WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
        AND to_regnamespace($2) IN (t.typnamespace, e.typnamespace) LIMIT 1`,
    [relation ?? null, quoteName(archiveSchemaOf(journalSchema))],
  );
  return rows.length > 0;
}

async function measureSchema(
  measuring: Measuring,
  concern: Extract<Concern, { kind: 'drop_schema' }>,
): Promise<Loss[]> {
  const tables = await measuring.session.query<{ name: string }>(
    `SELECT c.relname::text AS name FROM pg_class c WHERE c.relnamespace = to_regnamespace($1) AND c.relkind = 'r' ORDER BY 1`,
    [quoteName(concern.schema)],
  );
  const losses: Loss[] = [];
  for (const { name } of tables) {
    const source = await measuring.sources.find({ schema: concern.schema, name });
    if (source)
      losses.push(
        ...(await count(
          measuring,
          { concern, source, column: null },
          { condition: 'true', what: 'would go', lost: true },
        )),
      );
  }
  return losses;
}

async function primaryKeyOf(session: Session, { schema, table }: Source): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `SELECT a.attname::text AS name FROM pg_index i CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k(num, at)
       JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num
      WHERE i.indrelid = to_regclass($1) AND i.indisprimary ORDER BY k.at`,
    [`${quoteName(schema)}.${quoteName(table)}`],
  );
  return rows.map((row) => row.name);
}

function columnOf(source: Source, column: string): string {
  return quoteName(source.columns.get(column) ?? column);
}

/** As regclass prints it under an empty search_path. */
function splitQualified(name: string): [string | undefined, string] {
  const parts = [...name.matchAll(/"((?:[^"]|"")*)"|([^."]+)/g)].map((part) =>
    (part[1] ?? part[2] ?? '').replaceAll('""', '"'),
  );
  const [first = '', second] = parts;
  return second === undefined ? [undefined, first] : [first, second];
}
