import type { Session } from '../connection.ts';
import type { MigrationFault } from '../errors.ts';
import type { Settings } from '../options.ts';
import type { Revision } from '../revision.ts';
import { quoteName } from '../sql-names.ts';
import { readMade } from './read-made.ts';
import { readWrites, type Write } from './read-writes.ts';

export interface Adopting {
  /** What would run behind the baseline. */
  work: readonly Revision[];
  /** What is there already and is this graph's. */
  ours: readonly Revision[];
}

/**
 * What would stop the revisions half-way on tables that somebody else has made, or would be disturbed by them: a role without the
 * rights, rows that it cannot see, triggers and rules of the owner on what a backfill writes.
 */
export async function findHindrances(
  { session, settings }: { session: Session; settings: Settings },
  { work, ours, tables }: Adopting & { tables: readonly string[] },
): Promise<MigrationFault[]> {
  const schema = settings.searchPath[0] ?? 'public';
  const found = await session.query<TableFacts>(factsSql, [schema, tables]);
  const faults = found.flatMap((facts) => ofTable(facts, schema));
  const [first] = found;
  if (first && !first.mayCreate) {
    const role = quoteName(first.role);
    faults.push(
      hindered(
        `role ${first.role} may not create anything in schema ${schema}`,
        `As its owner: GRANT CREATE ON SCHEMA ${quoteName(schema)} TO ${role}.`,
      ),
    );
  }
  return [...faults, ...(await findWatchers(session, { schema, work, ours })), ...findUnwritable(session, work)];
}

interface TableFacts {
  table: string;
  owner: string;
  role: string;
  isOurs: boolean;
  mayCreate: boolean;
  hidesRows: boolean;
  refusesUpdates: boolean;
}

const factsSql = `
  SELECT c.relname::text AS "table", pg_get_userbyid(c.relowner)::text AS owner, current_user::text AS role,
         pg_has_role(c.relowner, 'USAGE') AS "isOurs", has_schema_privilege(n.oid, 'CREATE') AS "mayCreate",
         row_security_active(c.oid) AS "hidesRows",
         c.relreplident = 'n' AND EXISTS (
           SELECT FROM pg_publication_tables p JOIN pg_publication b ON b.pubname = p.pubname
            WHERE p.schemaname = n.nspname AND p.tablename = c.relname AND b.pubupdate) AS "refusesUpdates"
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = $1 AND c.relname::text = ANY ($2::text[]) AND c.relkind IN ('r', 'p') ORDER BY 1`;

function ofTable(facts: TableFacts, schema: string): MigrationFault[] {
  const { table, owner, role } = facts;
  const called = `${quoteName(schema)}.${quoteName(table)}`;
  const faults: MigrationFault[] = [];
  if (!facts.isOurs) {
    const hint = `Run migrations as ${owner}, or as a superuser: GRANT ${quoteName(owner)} TO ${quoteName(role)}.`;
    faults.push(
      hindered(`table ${called} belongs to ${owner}, and only its owner may add a column: this role is ${role}`, hint),
    );
  }
  if (facts.hidesRows) {
    const hint = `Run migrations as a role that sees all of it: its owner where the table is not FORCE ROW LEVEL SECURITY, or one with BYPASSRLS.`;
    faults.push(
      hindered(`row level security hides rows of ${called} from role ${role}: a backfill would leave them out`, hint),
    );
  }
  if (facts.refusesUpdates) {
    const hint = `Give it one (ALTER TABLE ${called} REPLICA IDENTITY DEFAULT), or take it out of the publication.`;
    faults.push(
      hindered(`${called} publishes updates and has no replica identity: PostgreSQL refuses every update of it`, hint),
    );
  }
  return faults;
}

function hindered(message: string, hint: string): MigrationFault {
  return { code: 'adoption_hindered', message, hint: `Nothing was changed. ${hint}` };
}

/** Those that a write sets off; a trigger on columns that the revisions only now add cannot be. */
const watchersSql = `
  SELECT c.relname::text AS "table", t.tgname::text AS name, 'trigger' AS kind,
         (t.tgtype & 4) <> 0 AS "insert", (t.tgtype & 8) <> 0 AS "delete", (t.tgtype & 16) <> 0 AS "update"
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = $1 AND c.relname::text = ANY ($2::text[]) AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND t.tgattr::text = ''
  UNION ALL
  SELECT c.relname::text, r.rulename::text, 'rule', r.ev_type = '3', r.ev_type = '4', r.ev_type = '2'
    FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = $1 AND c.relname::text = ANY ($2::text[]) AND c.relkind IN ('r', 'p') AND r.ev_enabled IN ('O', 'A')
   ORDER BY 1, 2`;

interface Watcher {
  table: string;
  name: string;
  kind: 'trigger' | 'rule';
  insert: boolean;
  delete: boolean;
  update: boolean;
}

async function findWatchers(
  session: Session,
  { schema, work, ours }: Adopting & { schema: string },
): Promise<MigrationFault[]> {
  const writes = readWrites(work).filter((write) => (write.table.schema ?? schema) === schema);
  if (writes.length === 0) return [];
  const tables = [...new Set(writes.map(({ table }) => table.name))];
  const made = readMade([...ours, ...work]).filter(({ kind }) => kind === 'trigger');
  const found = await session.query<Watcher>(watchersSql, [schema, tables]);
  return found
    .filter(({ name, table }) => !made.some((own) => own.name === name && own.table?.name === table))
    .flatMap((watcher) => {
      const write = writes.find(({ table, event }) => table.name === watcher.table && watcher[event]);
      return write ? [watched(watcher, { schema, write })] : [];
    });
}

function watched({ table, name, kind }: Watcher, { schema, write }: { schema: string; write: Write }): MigrationFault {
  const called = `${quoteName(schema)}.${quoteName(table)}`;
  const word = kind === 'trigger' ? 'TRIGGER' : 'RULE';
  const sql = (verb: string): string => `ALTER TABLE ${called} ${verb} ${word} ${quoteName(name)}`;
  const { revision, step, line } = write;
  return {
    code: 'adoption_hindered',
    message: `the owner's ${kind} ${quoteName(name)} would fire for each row of ${called} that step ${step.name} fills, and may change rows, write others or refuse`,
    ...{ file: revision.file, line, revision: revision.id, step: step.name },
    hint: `Nothing was changed. Switch it off for the upgrade (${sql('DISABLE')}), and on again behind it (${sql('ENABLE')}).`,
  };
}

/** The text of a revision goes to the server whole, with its comments. */
function findUnwritable(session: Session, work: readonly Revision[]): MigrationFault[] {
  const encoding = session.reported('server_encoding');
  if (encoding === undefined || ['UTF8', 'SQL_ASCII'].includes(encoding)) return [];
  const step = work
    .flatMap((revision) => revision.up.map((one) => ({ revision, one })))
    .find(({ one }) => /[^\0-\x7f]/.test(one.sql));
  if (!step) return [];
  const message = `the database's encoding is ${encoding}, and step ${step.one.name} has characters that it may not have`;
  const hint = 'Copy the rows into a database with the encoding UTF8.';
  return [
    {
      ...hindered(message, hint),
      file: step.revision.file,
      line: step.one.line,
      revision: step.revision.id,
      step: step.one.name,
    },
  ];
}
