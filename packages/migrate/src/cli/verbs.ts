import type { VerbEntry } from './verb.ts';
import { alembicVerbs } from './verbs/alembic.ts';
import { checkVerbs } from './verbs/checks.ts';
import { fileVerbs } from './verbs/files.ts';
import { graphVerbs } from './verbs/graph.ts';
import { runVerbs } from './verbs/run.ts';
import { safetyVerbs } from './verbs/safety.ts';

/** Every verb, in the order of the help. */
export const migrateVerbs: readonly VerbEntry[] = [
  ...runVerbs,
  ...safetyVerbs,
  ...graphVerbs,
  ...checkVerbs,
  ...fileVerbs,
  ...alembicVerbs,
];
