import { type CliContext, CliError } from './verb.ts';

/** The folder of the embedded database. Throws CliError when another database is configured: then it is not in use. */
export function getEmbeddedFolder(context: CliContext): string {
  const { config, origins } = context.loadConfig({ generated: 'discard' });
  if (config.database.source === 'embedded') return config.database.dataDir;
  throw new CliError(
    'failed',
    `The embedded database is not in use: DATABASE_URL is set (${origins.DATABASE_URL}).`,
    'remove DATABASE_URL to use the embedded database, or reach that database with its own tools',
  );
}

/** Progress of the embedded database as lines for the person who waits. */
export function embeddedOptions(dataDir: string, context: CliContext) {
  const silent = () => {};
  return { dataDir, log: { info: silent, warn: silent }, onProgress: context.say };
}
