import type { Claim } from '../claims.ts';
import { claimSection, table } from '../report.ts';
import { median, type Spread, spreadOf } from '../statistics.ts';

/** Microseconds of CPU. */
export interface TokenRound {
  /** Of our server, for one `GET /api/tasks?limit=20` with a token that it knows. */
  readonly pageMicros: number;
  /** The same where each token is used so many times: the first of them is the server's first sight of it. */
  readonly pageMicrosByUses: ReadonlyMap<number, number>;
  /** Of the verifier alone. */
  readonly coldMicros: number;
  readonly legacyColdMicros: number;
  readonly warmMicros: number;
  /** Of the signature alone. */
  readonly bareEd25519Micros: number;
  readonly bareHmacMicros: number;
}

const target = 0.1;

/**
 * What the target is asked of: requests with one token to one process. A token lives for 15 minutes, so this is a client that
 * asks for something every 90 seconds, or as much more often as there are processes. Whoever looks at a page does.
 */
const usesAssumed = 10;

const ed25519 = 'first use of a token (Ed25519)';
const hs256 = "first use of the incumbent's token (HS256)";

export function formatTokenReport(rounds: readonly TokenRound[], circumstances: readonly string[]): string {
  const checks: readonly (readonly [string, Pick])[] = [
    [ed25519, (round) => round.coldMicros],
    ['of it the signature: crypto.verify alone', (round) => round.bareEd25519Micros],
    [hs256, (round) => round.legacyColdMicros],
    ['of it the signature: createHmac alone', (round) => round.bareHmacMicros],
    ['every later use', (round) => round.warmMicros],
  ];
  const alone = checks.map(([name, pick]) => [
    name,
    ...spread(rounds.map(pick), 2),
    percent(firstUseShare(rounds, pick)),
  ]);
  const pages = rounds.map((round) => round.pageMicros);
  const uses = [...(rounds[0]?.pageMicrosByUses.keys() ?? [])].map((count) => [
    String(count),
    ...spread(
      rounds.map((round) => pageOf(round, count)),
      0,
    ),
    median(rounds.map((round) => pageOf(round, count) - round.pageMicros)).toFixed(1),
    median(rounds.map((round) => meanCheck(round, count))).toFixed(1),
    percent(shareOfUses(rounds, count)),
  ]);
  return [
    ...circumstances.map((line) => `- ${line}`),
    '',
    ...table(
      ['the verifier alone', 'CPU µs', 'min–max', 'of a page'],
      [...alone, ['a page with a known token, check included', ...spread(pages, 0), '100 %']],
    ),
    '',
    ...table(
      [
        'uses of each token',
        'CPU µs of a page',
        'min–max',
        'more than with known tokens',
        'check, as above',
        'of the page',
      ],
      uses,
    ),
    '',
    ...claimSection(makeTokenClaims(rounds)),
  ].join('\n');
}

/** What a request pays: the first use of its token, shared by all its uses. The first use alone is a row, and no claim. */
export function makeTokenClaims(rounds: readonly TokenRound[]): Claim[] {
  const ratios: readonly (readonly [string, Spread])[] = [
    [`token used ${usesAssumed} times`, shareOfUses(rounds, usesAssumed)],
    [hs256, firstUseShare(rounds, (round) => round.legacyColdMicros)],
    ['every later use', firstUseShare(rounds, (round) => round.warmMicros)],
  ];
  return ratios.map(([name, ratio]) => ({
    ...{ name: `check: ${name} ÷ GET /api/tasks, CPU`, ratio },
    ...{ bound: 'at most', target },
  }));
}

type Pick = (round: TokenRound) => number;

function pageOf(round: TokenRound, uses: number): number {
  const micros = round.pageMicrosByUses.get(uses);
  if (micros === undefined) throw new TypeError(`no pages with ${uses} uses of a token`);
  return micros;
}

function meanCheck({ coldMicros, warmMicros }: TokenRound, uses: number): number {
  return (coldMicros + (uses - 1) * warmMicros) / uses;
}

/** Within a round, of the page as it was measured with tokens that are used so often. */
function shareOfUses(rounds: readonly TokenRound[], uses: number): Spread {
  return spreadOf(rounds.map((round) => meanCheck(round, uses) / pageOf(round, uses)));
}

/** Within a round. The page was measured with a known token: a first use comes on top of it. */
function firstUseShare(rounds: readonly TokenRound[], pick: Pick): Spread {
  return spreadOf(rounds.map((round) => pick(round) / (round.pageMicros + pick(round) - round.warmMicros)));
}

function percent({ median: share }: Spread): string {
  return `${(100 * share).toFixed(1)} %`;
}

function spread(micros: readonly number[], digits: number): [string, string] {
  return [
    median(micros).toFixed(digits),
    `${Math.min(...micros).toFixed(digits)}–${Math.max(...micros).toFixed(digits)}`,
  ];
}
