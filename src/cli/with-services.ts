import { createLogger } from '../logging/logger.ts';
import { openDatabase, type ServerDatabase } from '../open-database.ts';
import type { ClientContext } from '../services/client-context.ts';
import { createServices, type Services } from '../services/index.ts';
import { type DatabaseAccess, loadBesideServer } from './database-access.ts';
import { type CliContext, CliError } from './verb.ts';

/** Who acts when an operator does: there is no request. */
export const cliClient: ClientContext = { requestId: 'cli', address: '127.0.0.1', userAgent: null };

/**
 * Runs work on the services beside a server that may be running, or on the embedded database for that long. `asOwner`: over the
 * direct connection for migrations, whose role owns the tables.
 */
export async function withServices<Result>(
  context: CliContext,
  work: (services: Services) => Promise<Result>,
  { asOwner = false }: { asOwner?: boolean } = {},
): Promise<Result> {
  const { config: loaded, secrets } = asOwner
    ? ownerAccess(await loadBesideServer(context))
    : await loadBesideServer(context);
  // Limits are for strangers: an operator who makes fifty users is none.
  const config = { ...loaded, rateLimits: { ...loaded.rateLimits, enabled: false } };
  const log = createLogger({ level: 'silent', format: 'json' });
  const database = await openDatabase({ config, secrets, log, onProgress: context.say });
  try {
    const services = createServices({ config, secrets, db: database.db, events: () => {} });
    try {
      await assertSchema(database);
      return await work(services);
    } finally {
      await services.close();
    }
  } finally {
    await database.close();
  }
}

function ownerAccess({ config, secrets }: DatabaseAccess): DatabaseAccess {
  const { migrationDatabaseUrl: databaseUrl } = secrets;
  if (databaseUrl === null) return { config, secrets };
  return {
    config: { ...config, database: { ...config.database, source: 'url' } },
    secrets: { ...secrets, databaseUrl },
  };
}

/** What the server says on /ready, a command says too: a query on a table that is not there yet explains nothing. */
async function assertSchema(database: ServerDatabase): Promise<void> {
  const reason = await database.findSchemaReason();
  if (reason) throw new CliError('failed', reason.message, './stanchion migrate current says where the database is');
}
