import { type RunningServer, startServer } from '../main.ts';
import { demoUser, renderBanner } from './banner.ts';
import { findExitName } from './exit-codes.ts';
import { waitForStopSignal } from './stop-signals.ts';
import { type CliContext, CliError, type VerbResult } from './verb.ts';

export interface ServeOptions {
  readonly host?: string;
  readonly port?: string;
}

/** Serves until it is told to stop, then drains. Throws ConfigError, EmbeddedDatabaseError, MigrationError, CliError. */
export async function serve({ host, port }: ServeOptions, context: CliContext): Promise<VerbResult> {
  const overrides = {
    ...(host === undefined ? {} : { HOST: { text: host, origin: '--host' } }),
    ...(port === undefined ? {} : { PORT: { text: port, origin: '--port' } }),
  };
  const { config, secrets, warnings } = context.loadConfig({ overrides, generated: 'keep' });
  for (const warning of warnings) context.say(`warning: ${warning}`);
  // Signals are heard from the first moment on: a start may take as long as its migrations.
  const signals = waitForStopSignal();
  const server = await start(() => startServer({ config, secrets, onProgress: context.say }), config.server);
  process.once('uncaughtExceptionMonitor', (err) => server.log.fatal({ event: 'sys_crash', err }, 'crash'));
  context.say(await describe(server));
  await signals.first;
  return stop(server, { forced: signals.second, timeoutMs: config.server.shutdownTimeoutMs, say: context.say });
}

/** The demo user is for the embedded database alone: a database of one's own gets nothing that nobody asked for. */
async function describe({ url, services, database }: RunningServer): Promise<string> {
  const { embedded } = database;
  const client = { requestId: 'start', address: '127.0.0.1', userAgent: null };
  const hasDemoUser = embedded !== undefined && (await services.users.registerFirst(demoUser, client));
  return renderBanner({ url, dataLocation: embedded?.location, hasDemoUser });
}

async function start(
  work: () => Promise<RunningServer>,
  { host, port }: { host: string; port: number },
): Promise<RunningServer> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE') {
      throw new CliError(
        'port_taken',
        `Port ${port} is taken by another process.`,
        `stop that process, or choose another port: PORT=${port + 1} npm start`,
      );
    }
    if (findExitName(error) === 'port_taken') {
      throw new CliError(
        'port_taken',
        `${host}:${port} cannot be listened on (${String(code)}).`,
        'set HOST to an address of this machine, such as 127.0.0.1 or 0.0.0.0, and PORT to one that this user may open',
      );
    }
    throw error;
  }
}

interface Stopping {
  readonly forced: Promise<void>;
  readonly timeoutMs: number;
  readonly say: (line: string) => void;
}

async function stop(server: RunningServer, { forced, timeoutMs, say }: Stopping): Promise<VerbResult> {
  const { promise: late, resolve } = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => resolve('late'), timeoutMs);
  const end = await Promise.race([
    server.stop().then(() => 'done' as const),
    late,
    forced.then(() => 'forced' as const),
  ]);
  clearTimeout(timer);
  const data = { url: server.url, end };
  if (end === 'done') {
    say('Stopped.');
    return { data, text: '' };
  }
  const why = end === 'late' ? `Requests were unfinished after ${timeoutMs} ms` : 'Told to stop twice';
  // The database is a child of its own: it must not outlive a server that could not wait.
  await server.database.embedded?.stop();
  say(`${why}: ended without waiting for them.`);
  return { data, text: '', exit: 'failed' };
}
