import type { Session } from './connection.ts';
import { MigrationError } from './errors.ts';
import { quoteName } from './sql-names.ts';
import { parseServerError } from './sqlstate.ts';

/** Who was refused, and what its owner can grant. Outside of transactions only: a failed one answers no question. */
export async function explainDeniedJournal(
  session: Session,
  journalSchema: string,
): Promise<{ message: string; hint: string }> {
  const [found] = await session.query<{ role: string; database: string; owner: string; schemaOwner: string | null }>(
    `SELECT current_user::text AS role, d.datname::text AS database, pg_get_userbyid(d.datdba)::text AS owner,
            -- Whose membership is missing: the schema's owner, or that of something in it.
            (SELECT pg_get_userbyid(o.owner)::text
               FROM (SELECT n.nspowner AS owner FROM pg_namespace n WHERE n.nspname = $1
                     UNION SELECT c.relowner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1) AS o
              ORDER BY pg_has_role(o.owner, 'USAGE') LIMIT 1) AS "schemaOwner"
       FROM pg_database d WHERE d.datname = current_database()`,
    [journalSchema],
  );
  const { role = '', database = '', owner = '', schemaOwner = null } = found ?? {};
  const [to, schema] = [quoteName(role), quoteName(journalSchema)];
  if (schemaOwner === null) {
    return {
      message: `role ${role} may not create the journal's schema ${journalSchema} in database ${database}, whose owner is ${owner}`,
      hint: `As ${owner}: GRANT CREATE ON DATABASE ${quoteName(database)} TO ${to}. Or run migrations as ${owner}.`,
    };
  }
  return {
    message: `role ${role} may not use the journal in schema ${journalSchema}, whose owner is ${schemaOwner}`,
    hint: `Run migrations as ${schemaOwner}, or as ${schemaOwner}: GRANT ${quoteName(schemaOwner)} TO ${to}. To read only: GRANT USAGE ON SCHEMA ${schema} TO ${to}; GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO ${to}.`,
  };
}

/** Only a table's owner may change it: whose membership this role lacks. */
export async function explainDeniedStep(session: Session, searchPath: readonly string[]): Promise<string> {
  const rows = await session.query<{ role: string; owner: string }>(
    `SELECT DISTINCT current_user::text AS role, pg_get_userbyid(c.relowner)::text AS owner
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND NOT pg_has_role(c.relowner, 'USAGE') ORDER BY 2`,
    [searchPath],
  );
  const [first] = rows;
  if (!first) return 'This role lacks a right that the statement needs.';
  const grants = rows.map(({ owner, role }) => `GRANT ${quoteName(owner)} TO ${quoteName(role)}`).join('; ');
  const owners = rows.map((row) => row.owner).join(', ');
  return `This run's role ${first.role} does not own what belongs to ${owners}. Run migrations as the owner, or as a superuser: ${grants}.`;
}

/** What reading or making the journal is refused for where its tables are not the ones that this engine makes. */
export function explainForeignJournal(error: unknown, journalSchema: string): MigrationError | undefined {
  const server = parseServerError(error);
  if (!server || !notAsMade.has(server.sqlstate)) return undefined;
  return new MigrationError(
    {
      code: 'journal_unreadable',
      message: `schema ${journalSchema} has something that is called like the journal and was not made by this engine: ${server.message}`,
      sqlstate: server.sqlstate,
      hint: 'Nothing was changed. Name another schema for the journal: --schema, or "journalSchema" in the configuration.',
    },
    { cause: error },
  );
}

/** undefined_column, undefined_function, wrong_object_type, datatype_mismatch, undefined_table (half of them), dependent_objects. */
const notAsMade = new Set(['42703', '42883', '42809', '42804', '42P01', '42P13', '42P16']);
