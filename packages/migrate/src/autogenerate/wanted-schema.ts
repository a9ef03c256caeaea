import type { Session } from '../connection.ts';
import { MigrationError } from '../errors.ts';
import { settingsOf } from '../options.ts';
import { pinSession } from '../pin-session.ts';
import { parseServerError } from '../sqlstate.ts';

/** SQL that builds what the models want from an empty database: of tables, and of what the models cannot say. */
export interface WantedSchema {
  sql: string;
  /** For faults: where it comes from. */
  origin: string;
}

/** Throws `wanted_schema_invalid`, with the line of the SQL. */
export async function buildWanted(
  session: Session,
  wanted: WantedSchema,
  searchPath: readonly string[],
): Promise<void> {
  const settings = settingsOf({ connection: {}, searchPath });
  await pinSession(session, settings, { applicationName: 'stanchion:models', lockTimeoutMs: 0 });
  try {
    await session.execute(wanted.sql);
  } catch (error) {
    const server = parseServerError(error);
    if (!server) throw error;
    const line = server.position === undefined ? undefined : wanted.sql.slice(0, server.position).split('\n').length;
    const place = line === undefined ? {} : { line };
    const text = line === undefined ? '' : ` at: ${wanted.sql.split('\n')[line - 1]?.trim()}`;
    throw new MigrationError(
      {
        code: 'wanted_schema_invalid',
        message: `${server.message}${text}`,
        file: wanted.origin,
        sqlstate: server.sqlstate,
        ...place,
      },
      { cause: error },
    );
  }
}
