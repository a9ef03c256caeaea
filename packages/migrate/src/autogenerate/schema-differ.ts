import type { Schema } from '../schema/objects.ts';
import type { Answers, Operation, Probes } from './operations/operation.ts';
import type { Renames } from './renames.ts';

export interface DifferInput {
  /** As the revisions make it; tables and labels that are renamed have their new names already. */
  before: Schema;
  /** As the models want it. */
  after: Schema;
  renames: Renames;
  probes: Probes;
  answers: Answers;
  /** Schemas, quoted where they need it: of the journal with its functions, and of what was set aside. */
  journal: string;
  archive: string;
}

/** Finds what leads from one schema to another. Used in development only; what it finds is checked in a shadow. */
export interface SchemaDiffer {
  /** In the order of running. Throws MigrationError `no_online_form` and `unsupported_object`, all at once. */
  diff(input: DifferInput): Promise<Operation[]>;
}
