import type { Tallies } from './tallies.ts';

const wrongfulBound = 1 / 100_000;
const caughtBound = 0.97;

/** What is beyond the bounds, in words. A run shorter than a bound's denominator may meet none. */
export function findExcesses(tallies: Tallies): string[] {
  const { refreshes, wrongful, overwhelmed, survivors, unexpected, thieves, caught } = tallies;
  // Whoever is signed out by a busy machine is signed out all the same.
  const signedOut = wrongful.length + overwhelmed;
  const allowed = Math.floor(refreshes * wrongfulBound);
  return [
    ...(signedOut > allowed ? [`${signedOut} wrongful logouts, ${allowed} allowed`] : []),
    ...(survivors.length > 0 ? [`${survivors.length} tokens outlived the end of their session`] : []),
    ...(unexpected.length > 0 ? [`${unexpected.length} answers of 500`] : []),
    ...(caught < thieves * caughtBound ? [`${caught} of ${thieves} thieves caught`] : []),
  ];
}

export function renderTallies(tallies: Tallies): string {
  const { refreshes, answered, lost, unavailable, sessions, wrongful, ended, survivors } = tallies;
  return [
    `${refreshes} refreshes of ${sessions} sessions: ${answered} answered, ${lost} answers lost, ${unavailable} without a server`,
    `${tallies.restarts} restarts, ${tallies.clockSteps} clock steps; slowest answer ${Math.round(tallies.slowestMs)} ms`,
    `${wrongful.length} wrongful logouts${examples(wrongful)}`,
    `${tallies.overwhelmed} more, after a request of theirs had waited for more than half the window`,
    `${ended} sessions ended among refreshes, ${survivors.length} tokens that worked afterwards${examples(survivors)}`,
    `${tallies.caught} of ${tallies.thieves} thieves caught`,
    `${tallies.unexpected.length} answers of 500`,
  ].join('\n');
}

function examples(list: readonly string[]): string {
  return list
    .slice(0, 10)
    .map((text) => `\n  ${text}`)
    .join('');
}
