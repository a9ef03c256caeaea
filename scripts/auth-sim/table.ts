import { type Policy, policies } from './policies.ts';
import { mixSeed } from './random.ts';
import { type Scenario, scenarios } from './scenarios.ts';
import { simulateSession } from './session.ts';

export interface SimulationOptions {
  seed: number;
  sessions: number;
  days: number;
}

/** One policy in one scenario. */
export interface Cell {
  policy: Policy;
  scenario: Scenario;
  sessions: number;
  refreshes: number;
  /** Sessions that the server ended: wrongly without a thief, rightly with one. */
  ended: number;
}

/** Wrongful logouts for each refresh, at most. */
export const wrongfulBound = 1 / 100_000;
/** Sessions with a thief that are ended, at least. */
export const caughtBound = 0.97;

/** Every policy in every scenario, each session under the same conditions for all. */
export function simulate(options: SimulationOptions, candidates: readonly Policy[] = policies): Cell[] {
  return candidates.flatMap((policy) => scenarios.map((scenario, index) => runCell(policy, scenario, index, options)));
}

/** Where ours is worse than it promises, in words; none: all is well. */
export function findBrokenPromises(cells: readonly Cell[]): string[] {
  return cells
    .filter(({ policy }) => policy.isOurs)
    .flatMap((cell) => {
      const { policy, scenario, sessions, refreshes, ended } = cell;
      const at = `${policy.name}, ${scenario.name}`;
      // Without a jar that keeps the newest token no policy survives late answers on four tabs: only what ships is held.
      if (scenario.promise === 'no wrongful logouts' && (policy.monotonicJar || scenario.tabs === 1)) {
        // A run shorter than the bound's own denominator may still meet one.
        const allowed = Math.max(1, Math.floor(refreshes * wrongfulBound));
        if (ended > allowed) return [`${at}: ${ended} wrongful logouts in ${refreshes} refreshes, ${allowed} allowed`];
      }
      if (scenario.promise === 'thieves caught' && ended < sessions * caughtBound) {
        return [`${at}: ${ended} of ${sessions} thieves caught, ${Math.ceil(sessions * caughtBound)} promised`];
      }
      return [];
    });
}

/** As Markdown: one row a policy, one column a scenario. */
export function renderTable(cells: readonly Cell[]): string {
  const row = (texts: readonly string[]) => `| ${texts.join(' | ')} |`;
  return [
    row(['policy', ...scenarios.map(({ name }) => name)]),
    row(['---', ...scenarios.map(() => '--:')]),
    ...policies.map((policy) =>
      row([policy.name, ...cells.filter((cell) => cell.policy === policy).map((cell) => renderCell(cell))]),
    ),
  ].join('\n');
}

function renderCell({ scenario, sessions, refreshes, ended }: Cell): string {
  if (scenario.thief !== 'none') return `${percent(ended / sessions)} caught`;
  if (ended === 0) return `0/${sessions}`;
  return `${ended}/${sessions} (${((ended / refreshes) * 1e6).toFixed(1)} per M)`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share > 0.99 && share < 1 ? 1 : 0)} %`;
}

function runCell(policy: Policy, scenario: Scenario, index: number, options: SimulationOptions): Cell {
  const cell = { policy, scenario, sessions: options.sessions, refreshes: 0, ended: 0 };
  for (let session = 0; session < options.sessions; session += 1) {
    const outcome = simulateSession(policy, scenario, {
      seed: mixSeed(options.seed, index, session),
      days: options.days,
    });
    cell.refreshes += outcome.refreshes;
    if (outcome.isDead) cell.ended += 1;
  }
  return cell;
}
