import { archiveSchemaOf } from '../archive/install.ts';
import type { Session } from '../connection.ts';
import { quoteName } from '../sql-names.ts';
import type { QualifiedName } from '../sql-statements.ts';
import type { Concern } from './concern.ts';

/** Where the rows of a table are now, with the columns that the plan will have brought back by then. */
export interface Source {
  /** To stand behind FROM, without an alias. */
  from: string;
  /** The table itself, when that is what `from` names: only there rows can be moved or filled. */
  relation: string | undefined;
  schema: string;
  table: string;
  /** Each column with the name that it has now. */
  columns: ReadonlyMap<string, string>;
}

export interface ArchiveEntry {
  schema: string;
  table: string;
  column: string | null;
  keptAs: string;
  facts: {
    notNull?: boolean;
    checks?: { name: string; expression: string }[];
    foreignKeys?: { name: string; columns: string[]; table: string; otherColumns: string[] }[];
    uniques?: { name: string; columns: string[] }[];
  };
}

export interface Sources {
  /** Undefined: it is not there yet. */
  find: (table: QualifiedName) => Promise<Source | undefined>;
  /** Undefined: nothing is kept. */
  findEntry: (
    concern: Extract<Concern, { kind: 'restore_column' | 'restore_table' }>,
  ) => Promise<ArchiveEntry | undefined>;
  /** From here on the plan has it back. */
  bringBack: (entry: ArchiveEntry) => void;
}

export function createSources(session: Session, journalSchema: string): Sources {
  const columnsBack: ArchiveEntry[] = [];
  const tablesBack: ArchiveEntry[] = [];
  const archive = archiveSchemaOf(journalSchema);
  return {
    async find(name) {
      const kept = tablesBack.findLast((entry) => entry.table === name.name);
      const where = kept ? { schema: archive, name: kept.keptAs } : name;
      const found = await findTable(session, where);
      if (!found) return undefined;
      const columns = new Map(found.columns.map((column) => [column, column]));
      const back = columnsBack.filter((entry) => entry.table === found.table && entry.schema === found.schema);
      for (const entry of back) if (columns.has(entry.keptAs)) columns.set(entry.column ?? '', entry.keptAs);
      const relation = `${quoteName(found.schema)}.${quoteName(found.table)}`;
      const extra = back.map((entry) => `${quoteName(entry.keptAs)} AS ${quoteName(entry.column ?? '')}`);
      // The step may call away what has the name until then.
      const own = found.columns.filter((column) => !back.some((entry) => entry.column === column)).map(quoteName);
      return {
        from: extra.length === 0 ? relation : `(SELECT ${[...own, ...extra].join(', ')} FROM ${relation})`,
        relation: kept ? undefined : relation,
        ...{ schema: kept?.schema ?? found.schema, table: kept?.table ?? found.table, columns },
      };
    },
    async findEntry(concern) {
      // What was set aside of a table went with it.
      const kept = tablesBack.findLast((entry) => entry.table === concern.table.name);
      const at = concern.kind === 'restore_column' && kept ? { schema: archive, name: kept.keptAs } : concern.table;
      const [kind, column] = concern.kind === 'restore_column' ? ['column', concern.column] : ['table', null];
      const [entry] = await session.query<ArchiveEntry & { facts: ArchiveEntry['facts'] }>(
        `SELECT schema_name AS schema, relation_name AS "table", column_name AS "column", kept_as AS "keptAs", facts
           FROM ${quoteName(journalSchema)}.archive
          WHERE kind = $1 AND relation_name = $2 AND column_name IS NOT DISTINCT FROM $3 AND revision = $4
            AND ($5::text IS NULL OR schema_name = $5) AND restored_at IS NULL AND purged_at IS NULL
          ORDER BY id DESC LIMIT 1`,
        [kind, at.name, column, concern.from, at.schema ?? null],
      );
      return entry;
    },
    bringBack(entry) {
      (entry.column === null ? tablesBack : columnsBack).push(entry);
    },
  };
}

async function findTable(
  session: Session,
  name: QualifiedName,
): Promise<{ schema: string; table: string; columns: string[] } | undefined> {
  const called = name.schema === undefined ? quoteName(name.name) : `${quoteName(name.schema)}.${quoteName(name.name)}`;
  const [found] = await session.query<{ schema: string; table: string; columns: string[] | null }>(
    `SELECT n.nspname::text AS schema, c.relname::text AS "table",
            (SELECT array_agg(a.attname::text) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1) AND c.relkind IN ('r', 'p')`,
    [called],
  );
  return found && { ...found, columns: found.columns ?? [] };
}
