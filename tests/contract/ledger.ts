import { readFileSync } from 'node:fs';
import type { LedgerEntry } from './replay/ledger.ts';

/** An entry of contract/quirks.json. */
export interface Quirk extends LedgerEntry {
  /** `hardening`: nothing was wrong with the answer but its size or its cost. */
  readonly kind: 'defect' | 'oddity' | 'hardening';
  /** `file › name` of the test that proves the entry beyond the recordings. */
  readonly test: string;
  /** Only with `flag`: the variable that switches it, and its default. */
  readonly setting?: string;
  readonly default?: 'legacy' | 'hardened';
}

export function loadQuirks(): Quirk[] {
  // The shape is what quirks.test.ts checks.
  const quirks: Quirk[] = JSON.parse(readFileSync(new URL('../../contract/quirks.json', import.meta.url), 'utf8'));
  return quirks;
}
