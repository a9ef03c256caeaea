import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import type { ConfigFault } from './faults.ts';
import { type Layer, readSecretFile } from './sources.ts';
import type { Variable } from './variable.ts';

/** What the sources say about one variable; `text` undefined: nobody set it. */
export interface Resolved {
  readonly text: string | undefined;
  /** Where it was set; for an unset variable `default`. */
  readonly origin: string;
  /** Set, but to nothing, which means the default and hides weaker sources. */
  readonly emptyAt: string | undefined;
}

export interface ResolveNotes {
  readonly cwd: string;
  readonly faults: ConfigFault[];
  readonly warnings: string[];
}

/** Finds the strongest source of a variable: source by source, in each its own name before its aliases. */
export function resolveVariable(
  name: string,
  entry: Variable,
  layers: readonly Layer[],
  notes: ResolveNotes,
): Resolved {
  const names = [name, ...(entry.aliases ?? [])];
  const candidates: Candidate[] = [];
  let emptyAt: string | undefined;
  for (const layer of layers) {
    const inLayer = names.flatMap((known) => findInLayer(known, layer));
    const set = inLayer.filter(({ text }) => text.trim() !== '');
    candidates.push(...set);
    if (candidates.length === 0) emptyAt ??= inLayer[0]?.origin;
  }
  reportBothForms(name, names, candidates, notes);
  if (candidates.length === 0 || emptyAt !== undefined) return { text: undefined, origin: 'default', emptyAt };

  const [strongest] = candidates;
  if (strongest === undefined) return { text: undefined, origin: 'default', emptyAt };
  const text = readCandidate(name, strongest, notes);
  reportDisagreement(name, entry, { candidates, text, notes });
  return { text, origin: originOf(strongest, name), emptyAt: undefined };
}

interface Candidate {
  readonly known: string;
  readonly isFile: boolean;
  readonly text: string;
  readonly origin: string;
  readonly layer: Layer;
}

function findInLayer(known: string, layer: Layer): Candidate[] {
  return [known, `${known}_FILE`].flatMap((name) => {
    const found = layer.entries.get(name);
    return found === undefined ? [] : [{ known, isFile: name !== known, ...found, layer }];
  });
}

function originOf(candidate: Candidate, name: string): string {
  if (candidate.isFile) return `${candidate.known}_FILE=${candidate.text}`;
  return candidate.known === name ? candidate.origin : `${candidate.origin}, as ${candidate.known}`;
}

function readCandidate(name: string, candidate: Candidate, notes: ResolveNotes): string | undefined {
  if (!candidate.isFile) return candidate.text;
  const path = isAbsolute(candidate.text) ? candidate.text : join(notes.cwd, candidate.text);
  const read = readSecretFile(path);
  if ('text' in read && read.text.trim() !== '') return read.text;
  // Somebody may have put the secret itself where its path belongs: only what is surely a path is repeated.
  const isPath = dirname(path) !== '/' && existsSync(dirname(path)) && candidate.text.startsWith('/');
  const named = isPath ? `the file ${candidate.text}, which` : 'a file that';
  const problem = `names ${named} ${'text' in read ? 'is empty' : read.problem}`;
  const fix = 'set it to the path of a file that holds the value and that the user of this process can read';
  notes.faults.push({ variable: `${candidate.known}_FILE`, problem, origin: candidate.origin, fix });
  return undefined;
}

function reportBothForms(
  name: string,
  names: readonly string[],
  candidates: readonly Candidate[],
  notes: ResolveNotes,
): void {
  for (const known of names) {
    const direct = candidates.find((candidate) => candidate.known === known && !candidate.isFile);
    const file = candidates.find((candidate) => candidate.known === known && candidate.isFile);
    if (direct === undefined || file === undefined) continue;
    const origin = `${direct.origin} and ${known}_FILE in ${file.origin}`;
    const problem = `${known} and ${known}_FILE are both set`;
    notes.faults.push({ variable: name, problem, origin, fix: 'remove one of the two' });
  }
}

interface Disagreement {
  readonly candidates: readonly Candidate[];
  readonly text: string | undefined;
  readonly notes: ResolveNotes;
}

/** Two names of one variable with two values: a fault where it matters which one, else the weaker one is named. */
function reportDisagreement(name: string, entry: Variable, { candidates, text, notes }: Disagreement): void {
  const [strongest] = candidates;
  for (const other of candidates) {
    if (strongest === undefined || text === undefined || other.known === strongest.known) continue;
    if (entry.mustAgree !== true && other.layer !== strongest.layer) continue;
    const value = other.isFile && entry.mustAgree === true ? readCandidate(name, other, notes) : other.text;
    if (value === undefined || value === text || (other.isFile && entry.mustAgree !== true)) continue;
    const both = `${strongest.known} and ${other.known}`;
    if (entry.mustAgree === true) {
      const origin = `${originOf(strongest, name)} and ${other.origin}`;
      notes.faults.push({
        variable: name,
        problem: `${both} are set to different values`,
        origin,
        fix: 'remove one of the two',
      });
    } else {
      notes.warnings.push(`${both} are set to different values (${other.origin}): ${strongest.known} counts`);
    }
  }
}
