import type { ConnectionSource } from '@stanchion/migrate';
import { parseDatabaseUrl } from '../config/database-url.ts';
import type { Config, Secrets } from '../config/types.ts';
import { createDirectClient } from '../database/connection.ts';
import { embeddedOptions } from './embedded-folder.ts';
import type { CliContext } from './verb.ts';

export interface DatabaseAccess {
  readonly config: Config;
  readonly secrets: Secrets;
}

/**
 * The configuration as a verb beside a running server needs it: an embedded database that is up is reached by its URL,
 * because its folder has one owner.
 */
export async function loadBesideServer(context: CliContext): Promise<DatabaseAccess> {
  const { config, secrets } = context.loadConfig({ generated: 'keep' });
  const { database } = config;
  if (database.source !== 'embedded') return { config, secrets };
  // With a URL nothing of the embedded database is needed, nor loaded.
  const { findEmbeddedDatabase } = await import('../database/embedded.ts');
  const found = await findEmbeddedDatabase({ dataDir: database.dataDir });
  if (found?.running !== true) return { config, secrets };
  return {
    config: { ...config, database: { ...database, source: 'url' } },
    secrets: {
      ...secrets,
      databaseUrl: found.url,
      migrationDatabaseUrl: secrets.migrationDatabaseUrl ?? found.url,
    },
  };
}

/**
 * Runs work on the direct connection for migrations. A URL for them is the database that is meant, whether or not the
 * server has one; an embedded database that is down runs for that long.
 */
export async function withMigrationDatabase<Result>(
  context: CliContext,
  work: (connection: ReturnType<typeof clientSource>) => Promise<Result>,
): Promise<Result> {
  const { config, secrets } = await loadBesideServer(context);
  const { migrationDatabaseUrl } = secrets;
  if (migrationDatabaseUrl !== null) return work(clientSource(config, targetOf(migrationDatabaseUrl)));
  const { startEmbeddedDatabase } = await import('../database/embedded.ts');
  const embedded = await startEmbeddedDatabase(embeddedOptions(config.database.dataDir, context));
  try {
    return await work(clientSource(config, embedded.connection));
  } finally {
    await embedded.stop();
  }
}

type Target = Parameters<typeof createDirectClient>[0];

function clientSource(config: Config, target: Target) {
  const source = () => createDirectClient(target, config.database);
  return source satisfies ConnectionSource;
}

/** The configuration checked the URL: a fault here is a mistake of ours. */
function targetOf(url: string): Target {
  const parsed = parseDatabaseUrl(url);
  if ('faults' in parsed) throw new TypeError(`the URL for migrations ${parsed.faults.join(', ')}`);
  return parsed.url;
}
