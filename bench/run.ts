import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { assertCreated, assertPage, assertSameAnswers, createRequest, listRequest, readRequest } from './answers.ts';
import type { Measured } from './claims.ts';
import { type LoadGenerator, startLoadGenerator } from './load/generator.ts';
import { logIn, loginRequest } from './native-tokens.ts';
import type { BenchOptions } from './options.ts';
import { keepApart } from './scheduling.ts';
import { type SeededUser, seedIncumbent, settle } from './seed.ts';
import { listFamily } from './servers/cpu-time.ts';
import { upgradeDatabase } from './servers/migrate.ts';
import type { BenchPostgres } from './servers/postgres.ts';
import { bareProgram, fastapiProgram, ourProgram } from './servers/programs.ts';
import { type RunningServer, type ServerProgram, startServer } from './servers/server.ts';
import { type LatencyLevel, measureLatency } from './suites/latency.ts';
import { type Lane, measureThroughput, type ThroughputRounds } from './suites/throughput.ts';

export interface BenchRun {
  readonly options: BenchOptions;
  readonly postgres: BenchPostgres;
  /** Path of uvicorn; undefined leaves FastAPI out. */
  readonly uvicorn: string | undefined;
  /** Logs and profiles. */
  readonly dataFolder: string;
  readonly say: (progress: string) => void;
  /** Breaks the run off; everything that was started is stopped. */
  readonly signal: AbortSignal;
}

interface Setting extends BenchRun {
  readonly users: BenchUsers;
  readonly generator: LoadGenerator;
  readonly probes: LoadGenerator;
}

/** Who writes is not who reads: the pages stay as long as they were. */
interface BenchUsers {
  readonly readers: readonly SeededUser[];
  readonly writers: readonly SeededUser[];
  readonly compared: SeededUser;
}

/** One process of each server after the other, all servers of a turn up at once. */
export async function runBench(run: BenchRun): Promise<{ measured: Measured; timedFirst: boolean }> {
  run.say('preparing the databases');
  const users = await prepareDatabases(run.postgres);
  const logFolder = join(run.dataFolder, 'logs');
  await rm(logFolder, { recursive: true, force: true });
  await mkdir(logFolder, { recursive: true });
  const measured = { list: [] as ThroughputRounds[], create: [] as ThroughputRounds[], logins: [] as LatencyLevel[][] };
  const generator = startLoadGenerator();
  const probes = startLoadGenerator({ goes: 'first' });
  try {
    for (let turn = 1; turn <= run.options.processes; turn += 1) {
      run.say(`process ${turn} of ${run.options.processes}`);
      const one = await measureTurn({ ...run, users, generator, probes }, logFolder);
      if (one.list) measured.list.push(one.list);
      if (one.create) measured.create.push(one.create);
      if (one.logins) measured.logins.push(one.logins);
    }
  } finally {
    await Promise.all([generator.close(), probes.close()]);
  }
  return { measured, timedFirst: probes.goesFirst };
}

/** `incumbent`: as FastAPI knows it; `upgraded`: the same rows, taken over by us. */
async function prepareDatabases(postgres: BenchPostgres): Promise<BenchUsers> {
  const incumbent = await postgres.createDatabase('incumbent');
  const users = await seedIncumbent(incumbent);
  const upgraded = await postgres.createDatabase('upgraded', 'incumbent');
  await upgradeDatabase(upgraded);
  await settle(incumbent);
  await settle(upgraded);
  const [compared, ...others] = users;
  if (!compared) throw new TypeError('no users');
  const half = Math.floor(others.length / 2);
  return { compared, readers: others.slice(0, half), writers: others.slice(half) };
}

interface Turn {
  readonly list?: ThroughputRounds;
  readonly create?: ThroughputRounds;
  readonly logins?: LatencyLevel[];
}

async function measureTurn(setting: Setting, logFolder: string): Promise<Turn> {
  const programs = await createPrograms(setting);
  const servers: RunningServer[] = [];
  try {
    for (const program of programs) servers.push(await startServer(program, { logFolder, signal: setting.signal }));
    setting.say('comparing the answers');
    await assertSameAnswers(servers, setting.users.compared);
    return await measureSuites(setting, servers);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    for (const { name } of programs) await setting.postgres.dropDatabase(name);
  }
}

async function createPrograms({ postgres, options, uvicorn, dataFolder }: Setting): Promise<ServerProgram[]> {
  const profileFolder = join(dataFolder, 'profiles');
  const nodeArgs = options.profile ? ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`] : [];
  const ours = ourProgram(await postgres.createDatabase('ours', 'upgraded'), nodeArgs);
  const bare = bareProgram(await postgres.createDatabase('bare', 'upgraded'));
  if (uvicorn === undefined) return [ours, bare];
  return [ours, bare, fastapiProgram(await postgres.createDatabase('fastapi', 'incumbent'), uvicorn)];
}

async function measureSuites(setting: Setting, servers: readonly RunningServer[]): Promise<Turn> {
  const { options, users, generator, probes, say } = setting;
  const suites = new Set(options.suites);
  const ours = servers.find((server) => server.name === 'ours');
  if (!ours) throw new TypeError('our server is not among the servers');
  const { rounds, stormSeconds } = options;
  const turn: { -readonly [Suite in keyof Turn]: Turn[Suite] } = {};

  if (suites.has('list')) {
    say('GET /api/tasks');
    const requests = users.readers.map(listRequest);
    const lanes: Lane[] = servers.map((server) => ({ name: server.name, server, requests }));
    lanes.splice(1, 0, await nativeLane(ours, users.readers));
    turn.list = await measureThroughput({ ...throughput(setting, lanes), status: 200, assertBody: assertPage });
  }
  if (suites.has('create')) {
    say('POST /api/tasks');
    const requests = users.writers.map(createRequest);
    const lanes = servers.map((server) => ({ name: server.name, server, requests }));
    turn.create = await measureThroughput({ ...throughput(setting, lanes), status: 201, assertBody: assertCreated });
  }
  if (suites.has('logins')) {
    say('cheap routes beside logins');
    const routes = [
      { name: 'GET /health', requests: [{ method: 'GET', path: '/health' } as const] },
      { name: 'GET /api/tasks/{id}', requests: users.readers.map(readRequest) },
    ];
    const logins = users.readers.slice(0, 16).map(loginRequest);
    const others = () => [
      ...listFamily(process.pid).filter((pid) => pid !== ours.pid),
      ...setting.postgres.processes(),
    ];
    const apart = () => (options.apart ? keepApart({ server: ours.pid, others }) : () => undefined);
    const storm = { rounds, roundSeconds: stormSeconds, keepApart: apart };
    turn.logins = await measureLatency({ server: ours, generator, probes, routes, logins, ...storm });
  }
  assertLogged(ours);
  return turn;
}

/** The same pages with an access token of our own kind, which is asymmetric and tied to a session. */
async function nativeLane(server: RunningServer, users: readonly SeededUser[]): Promise<Lane> {
  const requests = [];
  for (const user of users.slice(0, 20)) requests.push(listRequest(await logIn(server.port, user)));
  return { name: 'ours, native token', server, requests };
}

function throughput({ options, generator, postgres }: Setting, lanes: readonly Lane[]) {
  const { rounds, roundSeconds, warmUpSeconds, connections } = options;
  return { lanes, generator, postgres, rounds, roundSeconds, warmUpSeconds, connections };
}

/** A server without its log would be faster than the one that is promised. */
function assertLogged(server: RunningServer): void {
  if (server.takeLogSize() === 0) throw new Error(`${server.name} logged nothing: it does not run as in production`);
}
