import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { assertPage, listRequest } from '../answers.ts';
import { describeMachine, readLoad } from '../circumstances.ts';
import { judge } from '../claims.ts';
import { type LoadGenerator, startLoadGenerator } from '../load/generator.ts';
import { logIn } from '../native-tokens.ts';
import { UsageError } from '../options.ts';
import { writeBlock } from '../report.ts';
import { type SeededUser, seedIncumbent, settle } from '../seed.ts';
import { upgradeDatabase } from '../servers/migrate.ts';
import { type BenchPostgres, startPostgres } from '../servers/postgres.ts';
import { ourProgram } from '../servers/programs.ts';
import { type RunningServer, startServer } from '../servers/server.ts';
import { measureThroughput, rotate, type ThroughputRounds } from '../suites/throughput.ts';
import { createTokenMint, requestsWithUses, usesOfToken } from './minted.ts';
import { formatTokenReport, makeTokenClaims, type TokenRound } from './report.ts';
import { createVerifications, type Verifications } from './verifications.ts';

export const tokensUsage = `npm run bench -- tokens [options]

  --quick   2 short rounds instead of 7: a look, no claim
  --check   exit 1 when a target is missed by more than a tenth
  --write   put the result into bench/README.md
`;

interface Surroundings {
  readonly say: (progress: string) => void;
  readonly signal: AbortSignal;
}

const connections = 16;
const userCount = 20;
/** More than any server here answers: no token is used more often than its lane says. */
const requestsPerSecond = 20_000;

/** What the check of an access token costs, beside what a page of tasks costs our server. */
export async function benchTokens(args: readonly string[], { say, signal }: Surroundings): Promise<number> {
  const options = readOptions(args);
  const load = readLoad();
  const logFolder = fileURLToPath(new URL('../../.data/bench/logs', import.meta.url));
  await mkdir(logFolder, { recursive: true });
  const postgres = await startPostgres();
  const generator = startLoadGenerator();
  try {
    const rounds = await measure({ ...options, postgres, generator, logFolder, say, signal });
    const circumstances = [
      describeMachine(load),
      `Node ${process.versions.node}; ${postgres.origin}`,
      `medians of ${options.rounds} interleaved rounds; CPU of all threads of a process`,
    ];
    const report = formatTokenReport(rounds, circumstances);
    process.stdout.write(`${report}\n`);
    if (options.write) await writeBlock('tokens', report);
    const missed = makeTokenClaims(rounds).filter((claim) => judge(claim) === 'missed');
    for (const { name, ratio } of missed) say(`MISSED: ${name} is ${ratio.median.toFixed(3)}`);
    return options.check && missed.length > 0 ? 1 : 0;
  } finally {
    await generator.close();
    await postgres.stop();
  }
}

interface TokenBench extends Surroundings {
  readonly rounds: number;
  readonly seconds: number;
  readonly postgres: BenchPostgres;
  readonly generator: LoadGenerator;
  readonly logFolder: string;
}

async function measure(bench: TokenBench): Promise<TokenRound[]> {
  const { postgres, logFolder, signal } = bench;
  const url = await postgres.createDatabase('tokens');
  const users = (await seedIncumbent(url)).slice(0, userCount);
  await upgradeDatabase(url);
  await settle(url);
  const server = await startServer(ourProgram(url, []), { logFolder: join(logFolder), signal });
  try {
    return await measureRounds(bench, server, users);
  } finally {
    await server.stop();
    await postgres.dropDatabase('tokens');
  }
}

async function measureRounds(
  { rounds, seconds, generator, postgres, say, signal }: TokenBench,
  server: RunningServer,
  users: readonly SeededUser[],
): Promise<TokenRound[]> {
  const signedIn = [];
  for (const user of users) signedIn.push(await logIn(server.port, user));
  const mint = createTokenMint(signedIn);
  const known = { name: 'known', server, requests: signedIn.map(listRequest) };
  const verifications = await createVerifications();
  const measured: TokenRound[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    signal.throwIfAborted();
    say(round === 0 ? 'a round without counting' : `round ${round} of ${rounds}`);
    const lanes = [known];
    for (const uses of usesOfToken) {
      const tokens = await mint(Math.ceil((requestsPerSecond * seconds) / uses));
      lanes.push({ name: String(uses), server, requests: requestsWithUses(tokens, uses, connections) });
    }
    // Without a warm-up, which would use the tokens up: the first round is one.
    const timing = { rounds: 1, roundSeconds: seconds, warmUpSeconds: 0 };
    const common = { generator, postgres, status: 200, assertBody: assertPage, connections };
    const pages = await measureThroughput({ lanes: rotate(lanes, round), ...common, ...timing });
    const one = { ...pagesOf(pages, seconds), ...(await timeAll(verifications)) };
    if (round > 0) measured.push(one);
  }
  return measured;
}

function pagesOf(pages: ThroughputRounds, seconds: number): Pick<TokenRound, 'pageMicros' | 'pageMicrosByUses'> {
  const microsOfLane = (lane: string): number => {
    const [page] = pages.get(lane) ?? [];
    if (page?.cpuMicros === undefined) throw new Error('the CPU of the server cannot be read here: proc(5) is needed');
    if (page.perSecond > requestsPerSecond) {
      throw new Error(`the tokens were used more than ${lane} times: ${page.perSecond * seconds} requests`);
    }
    return page.cpuMicros;
  };
  const pageMicrosByUses = new Map(usesOfToken.map((uses) => [uses, microsOfLane(String(uses))]));
  return { pageMicros: microsOfLane('known'), pageMicrosByUses };
}

async function timeAll(verifications: Verifications) {
  const { cold, warm, legacyCold, bareEd25519, bareHmac } = verifications;
  return {
    coldMicros: await microsOf(cold, 5_000),
    bareEd25519Micros: await microsOf(bareEd25519, 5_000),
    legacyColdMicros: await microsOf(legacyCold, 20_000),
    bareHmacMicros: await microsOf(bareHmac, 20_000),
    warmMicros: await microsOf(warm, 100_000),
  };
}

/** CPU of all threads. */
async function microsOf(work: () => unknown, count: number): Promise<number> {
  const before = process.cpuUsage();
  for (let time = 0; time < count; time += 1) await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

function readOptions(args: readonly string[]) {
  const flag = { type: 'boolean' } as const;
  try {
    const options = { quick: flag, check: flag, write: flag } as const;
    const { values } = parseArgs({ args: [...args], options, strict: true });
    const quick = values.quick === true;
    const amount = { rounds: quick ? 2 : 7, seconds: quick ? 1 : 2 };
    return { ...amount, check: values.check === true, write: values.write === true };
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${tokensUsage}`);
  }
}
