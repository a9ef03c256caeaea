import type { ConfigFault } from './faults.ts';
import type { Layer } from './sources.ts';
import { findNearName } from './suggestions.ts';
import { findVariableName, listKnownNames } from './variables.ts';

export interface UnknownNames {
  /** The given faults, those about a missing variable with what was probably meant to be it. */
  readonly faults: readonly ConfigFault[];
  readonly warnings: readonly string[];
}

/**
 * Points at names that are almost ours. They stop nobody, because the environment belongs to others too; but for
 * QUIRK_…, which only this program reads: a switch that does nothing would leave the hardening off unseen.
 */
export function reportUnknownNames(layers: readonly Layer[], faults: readonly ConfigFault[]): UnknownNames {
  const known = listKnownNames();
  const hinted = [...faults];
  const warnings: string[] = [];
  for (const [name, origin] of listUnknown(layers, known)) {
    const near = findNearName(name, known);
    const missing = hinted.findIndex((fault) => fault.variable === variableOf(near) && fault.origin === 'not set');
    const fault = hinted[missing];
    if (name.startsWith('QUIRK_')) {
      const fix = near === undefined ? 'remove it; docs/config.md lists the quirks' : `did you mean ${near}?`;
      hinted.push({ variable: name, problem: 'is no quirk that can be switched', origin, fix });
    } else if (near !== undefined && fault !== undefined) {
      hinted[missing] = { ...fault, fix: `${name} is set (${origin}): did you mean ${near}? Else ${fault.fix}` };
    } else if (near !== undefined) {
      warnings.push(`${name} (${origin}) is not read: did you mean ${near}?`);
    }
  }
  return { faults: hinted, warnings };
}

/** A fault bears the variable's own name, whatever alias was meant. */
function variableOf(near: string | undefined): string | undefined {
  return near === undefined ? undefined : findVariableName(near);
}

function listUnknown(layers: readonly Layer[], known: readonly string[]): Map<string, string> {
  const unknown = new Map<string, string>();
  for (const { entries } of layers) {
    for (const [name, { origin }] of entries) {
      if (!known.includes(name) && !unknown.has(name)) unknown.set(name, origin);
    }
  }
  return unknown;
}
