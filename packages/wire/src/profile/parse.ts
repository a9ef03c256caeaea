import { isRecord } from '../json/record.ts';
import type { WireProfile } from '../profile.ts';
import { isPresetName, type PresetName, presets } from './presets.ts';
import { switches, type Values } from './switches.ts';

export type { WireProfile } from '../profile.ts';

/** What `wire-profile.json` holds: the nearest preset, and every member in which the incumbent differs from it. */
export interface ProfileFile {
  readonly preset: PresetName;
  readonly overrides: Partial<WireProfile>;
}

/** A profile file that cannot be meant; `problems` has one line for each fault. */
export class ProfileError extends Error {
  override readonly name = 'ProfileError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('; '));
    this.problems = problems;
  }
}

/**
 * Reads the text of a profile file. Members other than `preset` and `overrides` (the evidence that fingerprint writes
 * down) are for people. Throws ProfileError.
 */
export function parseProfileFile(text: string): ProfileFile {
  const file = parseJson(text);
  if (!isRecord(file) || Array.isArray(file)) throw new ProfileError(['it is not a JSON object']);
  const { preset, overrides = {} } = file;
  const problems: string[] = [];
  const known = Object.keys(presets).join(', ');
  if (typeof preset !== 'string' || !isPresetName(preset)) problems.push(`"preset" must be one of ${known}`);
  if (!isRecord(overrides) || Array.isArray(overrides)) problems.push('"overrides" must be an object');
  else problems.push(...problemsOf(overrides));
  if (problems.length > 0) throw new ProfileError(problems);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- both were checked above, name by name and value by value
  return { preset, overrides } as ProfileFile;
}

/** The names of all presets, for messages. */
export const presetNames: readonly string[] = Object.freeze(Object.keys(presets));

/**
 * The profile that a setting names: a preset, or a profile file at a path, which `read` reads. Throws ProfileError, and
 * what `read` throws.
 */
export function resolveProfile(name: string, read: (path: string) => string): WireProfile {
  return isPresetName(name) ? presets[name].profile : profileOf(parseProfileFile(read(name)));
}

/** The profile that a file stands for. */
export function profileOf({ preset, overrides }: ProfileFile): WireProfile {
  return Object.freeze({ ...presets[preset].profile, ...overrides });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ProfileError([`it is not JSON: ${error instanceof Error ? error.message : ''}`]);
  }
}

function problemsOf(overrides: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(overrides).flatMap(([name, value]) => {
    if (!isMember(name)) return [`"overrides.${name}" is no member of a profile`];
    const { accepts } = switches[name];
    return isAccepted(value, accepts) ? [] : [`"overrides.${name}" must be ${describe(accepts)}`];
  });
}

function isMember(name: string): name is keyof WireProfile {
  return Object.hasOwn(switches, name);
}

function isAccepted(value: unknown, accepts: Values): boolean {
  if ('oneOf' in accepts) return accepts.oneOf.some((allowed) => allowed === value);
  if (value === null) return accepts.orNull === true;
  if ('atLeast' in accepts) return Number.isSafeInteger(value) && Number(value) >= accepts.atLeast;
  return typeof value === 'string' && accepts.text.test(value);
}

/** In words, for a message: `one of 401, 403`. */
export function describe(accepts: Values): string {
  if ('oneOf' in accepts) return `one of ${accepts.oneOf.map((value) => JSON.stringify(value)).join(', ')}`;
  const orNull = accepts.orNull === true ? ', or null' : '';
  if ('atLeast' in accepts) return `a whole number from ${accepts.atLeast}${orNull}`;
  return `a text that matches ${String(accepts.text)}${orNull}`;
}
