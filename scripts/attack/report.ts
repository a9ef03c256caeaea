import { type Attack, Open, type Target, Untested } from './types.ts';

export interface Result {
  number: number;
  title: string;
  outcome: 'held' | 'open' | 'untested';
  /** What was open, what is missing, or why there is nothing to attack. */
  note: string;
}

/** One after the other: each may stop the database, or count what the server serves. */
export async function runAttacks(
  attacks: readonly Attack[],
  target: Target,
  onProgress: (line: string) => void,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const attack of attacks) {
    const result = await tryOne(attack, target);
    onProgress(`${String(result.number).padStart(2)} ${result.outcome}${result.note === '' ? '' : `: ${result.note}`}`);
    results.push(result);
  }
  return results;
}

async function tryOne(attack: Attack, target: Target): Promise<Result> {
  const { number, title } = attack;
  try {
    return { number, title, outcome: 'held', note: (await attack.run(target)) ?? '' };
  } catch (error) {
    if (error instanceof Untested) return { number, title, outcome: 'untested', note: error.message };
    if (error instanceof Open) return { number, title, outcome: 'open', note: error.message };
    // Whatever made the attack itself fail is no proof that it was held off.
    return { number, title, outcome: 'open', note: `the attack broke: ${String(error)}` };
  }
}

export function renderTable(results: readonly Result[], before: readonly Result[] | undefined): string {
  const outcomeBefore = new Map(before?.map(({ number, outcome }) => [number, outcome]));
  const rows = results.map(({ number, title, outcome, note }) => {
    const earlier = before ? `${(outcomeBefore.get(number) ?? '–').padEnd(9)} ` : '';
    return `${String(number).padStart(2)}  ${earlier}${outcome.padEnd(9)} ${title}${note === '' ? '' : ` (${note})`}`;
  });
  const held = results.filter(({ outcome }) => outcome === 'held').length;
  const heading = before ? [` #  ${'before'.padEnd(9)} ${'now'.padEnd(9)} attack`] : [];
  return [...heading, ...rows, `${held} of ${results.length} held`].join('\n');
}
