import { profileOf } from '../profile/parse.ts';
import type { PresetName } from '../profile/presets.ts';
import { defaultPreset, isPresetName, presets } from '../profile/presets.ts';
import type { Library } from '../profile/switches.ts';
import type { WireProfile } from '../profile.ts';
import { bodyProbes } from './body-probes.ts';
import { firstProbes } from './first-probes.ts';
import { formProbes } from './form-probes.ts';
import { getProbes } from './get-probes.ts';
import type { Operation } from './operations.ts';
import { operationsIn } from './operations.ts';
import type { Observation, Probe, ProbeAnswer, SendProbe } from './probe.ts';
import { isObject, parseJson } from './probe.ts';
import type { ReleaseRange } from './releases.ts';
import { impliedBy, isWithin, libraries, rangesOf } from './releases.ts';

export interface FingerprintOptions {
  /** Where the OpenAPI document is. Default `/openapi.json`. */
  documentPath?: string;
  /** `send` adds credentials: routes that ask for them are probed as well, with what cannot pass validation. */
  hasCredentials?: boolean;
}

/** What a running FastAPI was found to be. */
export interface Fingerprint {
  /** The preset that agrees with the most of it. */
  readonly preset: PresetName;
  /** Every member in which it differs from that preset. */
  readonly overrides: Partial<WireProfile>;
  /** Members that were seen in an answer, with what was seen. */
  readonly seen: Readonly<Partial<Record<keyof WireProfile, string>>>;
  /** Members that follow from the releases that were seen. */
  readonly implied: readonly (keyof WireProfile)[];
  /** Members about which nothing was learnt: they are the preset's. */
  readonly assumed: readonly (keyof WireProfile)[];
  readonly releases: Readonly<Record<Library, ReleaseRange>>;
  /** What says that this is no FastAPI, or that two answers contradict each other; empty when all is well. */
  readonly doubts: readonly string[];
  readonly requests: number;
}

/**
 * Asks a running FastAPI what cannot change anything (see the README) and derives its profile. Rejects with what `send`
 * rejects with.
 */
export async function fingerprint(send: SendProbe, options: FingerprintOptions = {}): Promise<Fingerprint> {
  const { document, answer, probes } = await readDocument(send, options);
  const doubts = isObject(document) ? [] : [`there is no OpenAPI document (status ${answer.status})`];
  const [first, ...others] = probes;
  const observations = [...(first?.read(answer) ?? [])];
  for (const probe of others) observations.push(...probe.read(await send(probe)));
  return { ...conclude(observations, doubts), requests: probes.length };
}

/** The requests that {@link fingerprint} would make. Reads the OpenAPI document, and nothing else. */
export async function planFingerprint(send: SendProbe, options: FingerprintOptions = {}): Promise<readonly Probe[]> {
  return (await readDocument(send, options)).probes;
}

interface Plan {
  document: unknown;
  answer: ProbeAnswer;
  probes: readonly Probe[];
}

async function readDocument(send: SendProbe, options: FingerprintOptions): Promise<Plan> {
  const probes = firstProbes(options.documentPath ?? '/openapi.json');
  const [first] = probes;
  if (first === undefined) throw new TypeError('no probes');
  const answer = await send(first);
  const document = answer.status === 200 ? parseJson(answer.body) : undefined;
  const operations = operationsIn(document);
  const isOpen = ({ security }: Operation): boolean => options.hasCredentials === true || security.length === 0;
  return {
    document,
    answer,
    probes: [
      ...probes,
      ...getProbes(operations, isOpen),
      ...bodyProbes(operations, isOpen),
      ...formProbes(operations, isOpen),
    ],
  };
}

/** Puts what was seen together. */
export function conclude(
  observations: readonly Observation[],
  doubts: readonly string[] = [],
): Omit<Fingerprint, 'requests'> {
  const releases = rangesOf(observations);
  const observed: Record<string, unknown> = {};
  const seen: Record<string, string> = {};
  const contradictions: string[] = [];
  for (const observation of observations) {
    if (!('member' in observation)) continue;
    const { member, value, evidence } = observation;
    if (member in observed && observed[member] !== value) {
      contradictions.push(`${member}: ${seen[member] ?? ''}, but ${evidence}`);
    }
    observed[member] = value;
    seen[member] = evidence;
  }
  for (const library of libraries) {
    const { from, before } = releases[library];
    if (from !== undefined && before !== undefined && !isWithin(from, { before })) {
      contradictions.push(
        `${library} would have to be ${from} or newer and before ${before}: something between changes answers`,
      );
    }
  }
  const implied = Object.fromEntries(Object.entries(impliedBy(releases)).filter(([member]) => !(member in observed)));
  const known = { ...implied, ...observed };
  const preset = nearestPreset(known, releases);
  const { profile } = presets[preset];
  const members = Object.keys(profile).filter((name): name is keyof WireProfile => name in profile);
  const differing = members.filter((member) => member in known && known[member] !== profile[member]);
  return {
    preset,
    overrides: Object.fromEntries(differing.map((member) => [member, known[member]])),
    seen,
    implied: members.filter((member) => member in implied),
    assumed: members.filter((member) => !(member in known)),
    releases,
    doubts: [...doubts, ...contradictions],
  };
}

/** The fewest differing members, then the most libraries within their ranges, then the one nearest to the default. */
function nearestPreset(
  known: Readonly<Record<string, unknown>>,
  releases: Readonly<Record<Library, ReleaseRange>>,
): PresetName {
  const ranked = Object.keys(presets)
    .filter(isPresetName)
    .map((name, index, names) => {
      const profile: Readonly<Record<string, unknown>> = { ...profileOf({ preset: name, overrides: {} }) };
      const differences = Object.keys(known).filter((member) => profile[member] !== known[member]).length;
      const outside = libraries.filter((library) => {
        const release = releaseIn(presets[name].packages, library);
        return release !== undefined && !isWithin(release, releases[library]);
      }).length;
      return { name, rank: [differences, outside, Math.abs(index - names.indexOf(defaultPreset))] };
    });
  ranked.sort((a, b) => compareLists(a.rank, b.rank));
  return ranked[0]?.name ?? defaultPreset;
}

function compareLists(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((value, at) => value !== b[at]);
  return index === -1 ? 0 : (a[index] ?? 0) - (b[index] ?? 0);
}

function releaseIn(packages: string, library: Library): string | undefined {
  const entry = packages.split(', ').find((item) => item.startsWith(`${library.toLowerCase()} `));
  return entry?.split(' ')[1];
}
