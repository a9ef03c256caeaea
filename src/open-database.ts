import { parseDatabaseUrl } from './config/database-url.ts';
import type { Config, Secrets } from './config/types.ts';
import { createDirectClient } from './database/connection.ts';
import { type ConnectionTarget, createDatabase, type Database } from './database/database.ts';
import { type EmbeddedDatabase, startEmbeddedDatabase } from './database/embedded.ts';
import { findHidingSearchPath, type Queryable } from './database/search-path.ts';
import type { Logger } from './logging/logger.ts';
import { findSchemaReason, loadMigrations, upgradeSchema } from './migrations.ts';
import type { NotReadyReason } from './services/readiness.ts';

export interface ServerDatabase extends Database {
  findSchemaReason(): Promise<NotReadyReason | undefined>;
  /** Set when the embedded database serves. */
  embedded: EmbeddedDatabase | undefined;
}

export interface OpenDatabaseOptions {
  config: Config;
  secrets: Secrets;
  log: Logger;
  onProgress?: ((step: string) => void) | undefined;
}

/**
 * The database that the configuration names, or the embedded one; upgraded first when the configuration says so.
 * Throws MigrationError and EmbeddedDatabaseError by their codes.
 */
export async function openDatabase(options: OpenDatabaseOptions): Promise<ServerDatabase> {
  const { config, log } = options;
  const embedded =
    config.database.source === 'embedded'
      ? await startEmbeddedDatabase({ dataDir: config.database.dataDir, log, onProgress: options.onProgress })
      : undefined;
  try {
    const target = embedded?.connection ?? targetOf(options.secrets.databaseUrl);
    const graph = await loadMigrations();
    if (config.migrations.onStart === 'upgrade') {
      const direct = embedded?.connection ?? targetOf(options.secrets.migrationDatabaseUrl);
      const { finished } = await upgradeSchema(
        graph,
        () => createDirectClient(direct, config.database),
        (event) => log.debug({ ...event }, 'migration'),
      );
      if (finished.length > 0) options.onProgress?.(`Applied ${finished.length} migrations.`);
    }
    const database = createDatabase({ config: config.database, connection: target, log });
    return {
      ...database,
      embedded,
      findSchemaReason: async () => (await findSchemaReason(graph, database)) ?? findHidden(database),
      async close(closing) {
        await database.close(closing);
        await embedded?.stop();
      },
    };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

/** Behind a pooler the session's search_path is not ours to set; elsewhere it is, and always right. */
async function findHidden(database: Queryable): Promise<NotReadyReason | undefined> {
  const path = await findHidingSearchPath(database, ['task', 'user', 'sessions']);
  if (path === undefined) return undefined;
  const message = `Queries do not see the tables of schema public, because search_path is ${path || 'empty'}: ALTER ROLE … SET search_path = public, or the same of the database.`;
  return { code: 'schema_hidden', message };
}

/** The configuration checked both URLs: a fault here is a mistake of ours. */
function targetOf(url: string | null): ConnectionTarget {
  const parsed = url === null ? { faults: ['is not set'] } : parseDatabaseUrl(url);
  if ('faults' in parsed) throw new TypeError(`the database URL ${parsed.faults.join(', ')}`);
  return parsed.url;
}
