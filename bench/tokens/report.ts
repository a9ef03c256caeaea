import type { Claim } from '../claims.ts';
import { claimSection, table } from '../report.ts';
import { median, spreadOf } from '../statistics.ts';

/** Microseconds of CPU. */
export interface TokenRound {
  /** Of our server, for one `GET /api/tasks?limit=20` with a token that it knows. */
  readonly pageMicros: number;
  readonly coldMicros: number;
  readonly legacyColdMicros: number;
  readonly warmMicros: number;
}

const target = 0.1;

const checks = [
  { name: 'first use of a token (Ed25519)', pick: (round: TokenRound) => round.coldMicros },
  { name: "first use of the incumbent's token (HS256)", pick: (round: TokenRound) => round.legacyColdMicros },
  { name: 'every later use', pick: (round: TokenRound) => round.warmMicros },
] as const;

export function formatTokenReport(rounds: readonly TokenRound[], circumstances: readonly string[]): string {
  const rows = checks.map(({ name, pick }) => {
    const micros = rounds.map(pick);
    const spread = `${Math.min(...micros).toFixed(2)}–${Math.max(...micros).toFixed(2)}`;
    return [name, median(micros).toFixed(2), spread, `${(100 * shareOf(rounds, pick).median).toFixed(1)} %`];
  });
  const page = rounds.map((round) => round.pageMicros);
  const pageSpread = `${Math.min(...page).toFixed(0)}–${Math.max(...page).toFixed(0)}`;
  return [
    ...circumstances.map((line) => `- ${line}`),
    '',
    ...table(
      ['check of an access token', 'CPU µs', 'min–max', 'of a page'],
      [...rows, ['the page, check included', median(page).toFixed(0), pageSpread, '100 %']],
    ),
    '',
    ...claimSection(makeTokenClaims(rounds)),
  ].join('\n');
}

/** A token serves 15 minutes: what a request pays is the later use, and the first one is its worst case. */
export function makeTokenClaims(rounds: readonly TokenRound[]): Claim[] {
  return checks.map(({ name, pick }) => ({
    ...{ name: `${name} ÷ GET /api/tasks, CPU`, ratio: shareOf(rounds, pick) },
    ...{ bound: 'at most', target },
  }));
}

/** Within a round. The page was measured with a known token: a first use comes on top of it. */
function shareOf(rounds: readonly TokenRound[], pick: (round: TokenRound) => number) {
  return spreadOf(rounds.map((round) => pick(round) / (round.pageMicros + pick(round) - round.warmMicros)));
}
