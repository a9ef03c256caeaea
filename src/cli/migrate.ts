import {
  compileWasmOnce,
  CliError as MigrateCliError,
  type MigrateContext,
  type VerbEntry,
} from '@stanchion/migrate/cli';
import { migrationsFolder } from '../migrations-folder.ts';
import { withMigrationDatabase } from './database-access.ts';
import { type CliContext, CliError, type VerbResult } from './verb.ts';

/** Runs a verb of the migrations with this app's folder and its direct database. Throws MigrationError and CliError. */
export async function runMigrateVerb(entry: VerbEntry, options: never, context: CliContext): Promise<VerbResult> {
  const verb = await entry.load();
  try {
    return await verb(options, migrateContext(context));
  } catch (error) {
    if (error instanceof MigrateCliError) throw new CliError(error.exit, error.message, error.fix);
    throw error;
  }
}

/** What the migrations' verbs need of the outside, as this app has it. */
function migrateContext(context: CliContext): MigrateContext {
  return {
    program: './stanchion migrate',
    cwd: context.rootDir,
    folder: migrationsFolder(),
    settings: {},
    models: async () => (await import('../wanted-schema.ts')).wantedSchema(),
    talk: context.talk,
    editor: context.editor,
    ask: context.ask,
    beforeParsing: compileWasmOnce,
    withConnection: async (work) => withMigrationDatabase(context, work),
    withStop,
  };
}

/** Ctrl-C and SIGTERM stop a run between two steps; once more ends the process. */
async function withStop<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const stop = new AbortController();
  const abort = () => stop.abort();
  process.once('SIGINT', abort);
  process.once('SIGTERM', abort);
  try {
    return await work(stop.signal);
  } finally {
    process.off('SIGINT', abort);
    process.off('SIGTERM', abort);
  }
}
