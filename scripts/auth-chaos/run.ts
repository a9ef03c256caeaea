import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { createRandom } from '../auth-sim/random.ts';
import { createCaller } from './caller.ts';
import { logIn, type World } from './client.ts';
import { createOwner } from './owner.ts';
import { type ChaosServer, startServer } from './servers.ts';
import { createTallies, type Tallies } from './tallies.ts';
import { runTheft } from './thief.ts';

export interface ChaosOptions {
  databaseUrl: string;
  /** The run ends when this many refresh tokens were presented and all thieves had their time. */
  refreshes: number;
  sessions: number;
  thieves: number;
  /** How long a thief may ride along before it counts as not caught, in reuse windows. */
  thiefPatienceWindows: number;
  seed: number;
  windowSeconds: number;
  /** Of the answers, so many never reach their client. */
  lossRate: number;
  disturbEveryMs: number;
  /** A session that is to be ended lives for at most so many rounds of two windows; default 8. */
  mostRounds?: number;
  onProgress?: (tallies: Tallies) => void;
  /** Called once, with the servers' addresses. */
  onStart?: (urls: readonly string[]) => void;
  /** Aborted: the run ends early, everything that was started is stopped, and the tallies are those of that moment. */
  signal?: AbortSignal;
}

const tabs = 4;
const thievesAtOnce = 200;
const testSecret = 'test-secret-only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ';

/** Two real servers on one database, and everything that happens to refresh tokens in the world, at once. */
export async function runChaos(options: ChaosOptions): Promise<Tallies> {
  const env = settings(options);
  const signal = options.signal ?? new AbortController().signal;
  const servers: ChaosServer[] = [];
  const tallies = createTallies();
  try {
    for (let count = 0; count < 2 && !signal.aborted; count += 1) servers.push(await startServer(env));
    const world: World = {
      caller: createCaller(servers.map(({ url }) => url)),
      tallies,
      random: createRandom(options.seed),
      windowMs: options.windowSeconds * 1000,
      lossRate: options.lossRate,
      isOver: () => signal.aborted || tallies.refreshes >= options.refreshes,
    };
    if (signal.aborted) return tallies;
    const disturbance = disturb(servers, world, options);
    disturbance.catch(() => undefined); // Awaited below.
    const owners = Array.from({ length: options.sessions }, (_, slot) =>
      keepSession(world, slot, options.mostRounds ?? 8),
    );
    const thefts = runThefts(world, options);
    options.onStart?.(servers.map(({ url }) => url));
    options.onProgress?.(tallies);
    const progress = setInterval(() => options.onProgress?.(tallies), 10_000);
    const whole = Promise.all([...owners, thefts]);
    const interrupted = await Promise.race([whole.then(() => undefined), snapshotAt(signal, tallies)]).finally(() =>
      clearInterval(progress),
    );
    // A server that is being restarted would outlive its stop. On Ctrl-C its process may have ended by itself.
    await (interrupted ? disturbance.catch(() => undefined) : disturbance);
    world.caller.close();
    return interrupted ?? tallies;
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/** What comes after is the owners' dismay at servers that are gone. */
async function snapshotAt(signal: AbortSignal, tallies: Tallies): Promise<Tallies> {
  if (!signal.aborted) await once(signal, 'abort');
  return structuredClone(tallies);
}

function settings({ databaseUrl, windowSeconds }: ChaosOptions): Record<string, string> {
  return {
    ENVIRONMENT: 'development',
    DATABASE_URL: databaseUrl,
    JWT_SECRET: testSecret,
    REFRESH_REUSE_WINDOW_SECONDS: String(windowSeconds),
    SESSION_CHECK_SECONDS: '0',
    RATE_LIMITS: 'off',
    DRAIN_DELAY_MS: '200',
    LOG_LEVEL: 'silent',
    PASSWORD_HASH_MEMORY_KIB: '7168',
    PASSWORD_HASH_ITERATIONS: '1',
    PASSWORD_HASH_WORKERS: '2',
  };
}

/** One session after the other in each slot; every third one is ended on purpose while its tabs refresh. */
async function keepSession(world: World, slot: number, mostRounds: number): Promise<void> {
  // People do not all sign in at once.
  await pause(2 * world.windowMs * world.random());
  for (let turn = 0; !world.isOver(); turn += 1) {
    const isToEnd = (slot + turn) % 3 === 0;
    const roundsToLive = isToEnd ? 1 + Math.floor(mostRounds * world.random()) : Number.POSITIVE_INFINITY;
    const pair = await logIn(world, `owner-${slot}-${turn}@example.com`);
    await createOwner(world, pair, { tabs, isRobbed: false, roundsToLive }).live();
  }
}

async function runThefts(world: World, { thieves: count, thiefPatienceWindows }: ChaosOptions): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let thief = next++; thief < count; thief = next++) {
      await runTheft(world, `robbed-${thief}@example.com`, thiefPatienceWindows);
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, thievesAtOnce) }, lane));
}

/** The second server takes what an operator and a bad machine do to it; the first one's clock stays right. */
async function disturb(servers: readonly ChaosServer[], world: World, options: ChaosOptions): Promise<void> {
  for (let turn = 0; !world.isOver(); turn += 1) {
    for (let waited = 0; waited < options.disturbEveryMs && !world.isOver(); waited += 100) await pause(100);
    if (world.isOver()) return;
    if (turn % 3 === 2) {
      servers[1]?.stepClock();
      world.tallies.clockSteps += 1;
    } else {
      await servers[turn % 2]?.restart(turn % 4 < 2 ? 'SIGTERM' : 'SIGKILL');
      world.tallies.restarts += 1;
    }
  }
}
