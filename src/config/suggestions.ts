/**
 * The known name that an unknown one was most likely meant to be, or undefined. Short names need to match but for case:
 * most short words are one letter away from HOST or PORT, and the environment is full of other programs' variables.
 */
export function findNearName(name: string, known: readonly string[]): string | undefined {
  const upper = name.toUpperCase().replaceAll('-', '_');
  const allowed = upper.length < 6 ? 0 : upper.length < 12 ? 1 : 2;
  let nearest: { name: string; distance: number } | undefined;
  for (const candidate of known) {
    // No fewer changes than letters too many: most of the environment's names end here, at every start of the program.
    if (Math.abs(candidate.length - upper.length) > allowed) continue;
    const distance = editDistance(upper, candidate);
    if (distance <= allowed && (nearest === undefined || distance < nearest.distance)) {
      nearest = { name: candidate, distance };
    }
  }
  return nearest?.name;
}

/** Damerau-Levenshtein distance (optimal string alignment): insert, delete, replace, swap two neighbours. */
export function editDistance(from: string, to: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwap = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current[column] = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (isSame ? 0 : 1),
        isSwap && row > 1 && column > 1 ? at(beforePrevious, column - 2) + 1 : Infinity,
      );
    }
    [beforePrevious, previous] = [previous, current];
  }
  return at(previous, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
