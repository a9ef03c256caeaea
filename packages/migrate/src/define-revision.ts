import type { Phase, StepCode } from './revision.ts';

/** The form of a `.ts` revision's default export. Steps mean what they mean in SQL files. */
export interface RevisionDefinition {
  revision: string;
  downRevision: readonly string[];
  labels?: readonly string[];
  dependsOn?: readonly string[];
  phase: Phase;
  summary: string;
  up: readonly StepDefinition[];
  /** Left out: the revision cannot be reverted. */
  down?: readonly StepDefinition[];
}

export type StepDefinition = StepWords & StepBody & (TransactionDefinition | OutsideDefinition | BatchDefinition);

interface StepWords {
  name: string;
  /** Of a down section: the up steps that it takes back. */
  undoes?: readonly string[];
  /** Rules that do not count here, each with its reason: `{ ST019: 'nobody reads it since May' }`. */
  accept?: Readonly<Record<string, string>>;
}

/** SQL text, or code: never both. */
type StepBody = { sql: string; run?: never } | { run: StepCode; sql?: never };

interface TransactionDefinition {
  mode: 'tx';
}

/** Code must be safe to repeat, or say by a query when it is done. */
interface OutsideDefinition {
  mode: 'notx';
  rerun?: 'safe';
  probe?: string;
}

interface BatchDefinition {
  mode: 'batch';
  table: string;
  key: readonly string[];
  size?: number;
  pauseMs?: number;
}

/** Says to the compiler, and to the editor, what a revision is. */
export function defineRevision(definition: RevisionDefinition): RevisionDefinition {
  return definition;
}
