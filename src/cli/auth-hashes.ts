import type { HashCount } from '../services/hash-census.ts';
import type { CliContext, VerbResult } from './verb.ts';
import { withServices } from './with-services.ts';

/** How many users have which kind of password hash. No password, hash or address is read out. */
export async function authHashes(_options: object, context: CliContext): Promise<VerbResult> {
  return withServices(context, async ({ hashCensus }) => {
    const counts = await hashCensus.count();
    return { data: { hashes: counts }, text: render(counts) };
  });
}

const meanings: Record<HashCount['status'], string> = {
  current: 'as new ones are made',
  weaker: 'replaced when its user logs in',
  unusable: 'locked: nobody can log in',
  unknown_format: 'not known: nobody can log in',
  cost_exceeds_limit: 'costs too much to verify: nobody can log in',
  pepper_unknown: 'made with a pepper that is not in PASSWORD_PEPPERS: nobody can log in',
};

function render(counts: readonly HashCount[]): string {
  if (counts.length === 0) return 'There are no users.';
  const rows = counts.map(({ scheme, parameters, status, users }) => [
    String(users),
    `${scheme} ${parameters}`.trim(),
    meanings[status],
  ]);
  const [first = 0, second = 0] = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(([users = '', kind = '', meaning = '']) => `${users.padStart(first)}  ${kind.padEnd(second)}  ${meaning}`)
    .join('\n');
}
