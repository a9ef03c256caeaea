import type { Library, Switch } from '../profile/switches.ts';
import { libraries, switches } from '../profile/switches.ts';
import type { WireProfile } from '../profile.ts';
import type { Observation } from './probe.ts';

/** From a release on (included) up to another one (excluded); either end may be open. */
export interface ReleaseRange {
  readonly from?: string;
  readonly before?: string;
}

/** What is known of the releases of each library: everything that was seen must be true at once. */
export function rangesOf(observations: readonly Observation[]): Record<Library, ReleaseRange> {
  const ranges: Record<Library, ReleaseRange> = {
    Python: {},
    FastAPI: {},
    Starlette: {},
    'python-multipart': {},
    Pydantic: {},
    'email-validator': {},
  };
  for (const observation of observations) {
    const seen = 'library' in observation ? observation : rangeOf(observation.member, observation.value);
    if (seen === undefined) continue;
    ranges[seen.library] = intersect(ranges[seen.library], seen);
  }
  return ranges;
}

/** The members that the ranges leave only one value for. */
export function impliedBy(ranges: Readonly<Record<Library, ReleaseRange>>): Partial<WireProfile> {
  const implied: Record<string, unknown> = {};
  for (const [member, { library, values }] of Object.entries(switches)) {
    const { from, before } = ranges[library];
    const possible = values.filter(({ since = '0' }, index) => {
      const end = values[index + 1]?.since;
      const begins = before === undefined || compareReleases(since, before) < 0;
      return begins && (end === undefined || from === undefined || compareReleases(from, end) < 0);
    });
    if (possible.length === 1 && (from !== undefined || before !== undefined)) implied[member] = possible[0]?.value;
  }
  return implied; // Members and values are those of `switches`, which a test compares with WireProfile.
}

/** `2.14.0` is less than `2.14.2` and than `10`; like a comparator of sort. */
export function compareReleases(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** In words: `0.122.0 up to before 0.123.2`; undefined: nothing is known. */
export function describeRange({ from, before }: ReleaseRange): string | undefined {
  if (from === undefined) return before === undefined ? undefined : `before ${before}`;
  return before === undefined ? `${from} or newer` : `${from} up to before ${before}`;
}

export function isWithin(release: string, { from, before }: ReleaseRange): boolean {
  return (
    (from === undefined || compareReleases(release, from) >= 0) &&
    (before === undefined || compareReleases(release, before) < 0)
  );
}

function rangeOf(
  member: keyof WireProfile,
  value: string | number | boolean | null,
): (ReleaseRange & { library: Library }) | undefined {
  const { library, values }: Switch = switches[member];
  const index = values.findIndex((candidate) => candidate.value === value);
  if (index === -1 || values.length < 2) return undefined;
  const from = values[index]?.since;
  const before = values[index + 1]?.since;
  return { library, ...(from === undefined ? {} : { from }), ...(before === undefined ? {} : { before }) };
}

function intersect(a: ReleaseRange, b: ReleaseRange): ReleaseRange {
  const from = pick(a.from, b.from, 1);
  const before = pick(a.before, b.before, -1);
  return { ...(from === undefined ? {} : { from }), ...(before === undefined ? {} : { before }) };
}

function pick(a: string | undefined, b: string | undefined, sign: 1 | -1): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareReleases(a, b) * sign >= 0 ? a : b;
}

export { libraries };
