import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { ProfileError, presetNames, resolveProfile, type WireProfile } from '@stanchion/wire/profile';
import type { ConfigFault } from './faults.ts';

/** The profile that WIRE_PROFILE names. Throws ProfileError, or the file system's error. */
export function readWireProfile(name: string, cwd: string): WireProfile {
  return resolveProfile(name, (path) => readFileSync(isAbsolute(path) ? path : join(cwd, path), 'utf8'));
}

/** What is wrong with it, one fault each; a file is read once more when the configuration is put together. */
export function checkWireProfile(name: string, { cwd, origin }: { cwd: string; origin: string }): ConfigFault[] {
  try {
    readWireProfile(name, cwd);
    return [];
  } catch (error) {
    const fix = `name one of ${presetNames.join(', ')}, or a file that ./stanchion wire fingerprint wrote`;
    const problems =
      error instanceof ProfileError
        ? error.problems.map((problem) => `names the file ${name}, in which ${problem}`)
        : [`is neither a preset nor a file that can be read: ${name}`];
    return problems.map((problem) => ({ variable: 'WIRE_PROFILE', problem, origin, fix }));
  }
}
