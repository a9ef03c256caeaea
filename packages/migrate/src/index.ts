export { archiveSchemaOf, archiveSql } from './archive/install.ts';
export { type AutogenerateOptions, autogenerate, type GeneratedRevision } from './autogenerate/autogenerate.ts';
export { check, type DriftOptions, drift, type ModelsOptions } from './autogenerate/compare-models.ts';
export type { RenameAnswer, RenameQuestion } from './autogenerate/renames.ts';
export type { SchemaDiffer } from './autogenerate/schema-differ.ts';
export type { WantedSchema } from './autogenerate/wanted-schema.ts';
export type { ConnectionSource } from './connection.ts';
export { downgrade } from './downgrade.ts';
export {
  describeFault,
  type FinishedRevision,
  MigrationError,
  type MigrationErrorCode,
  type MigrationFault,
  migrationErrorTable,
  targetErrorTable,
} from './errors.ts';
export type { LockHolder, MigrationEvent } from './events.ts';
export { loadRevisions } from './folder.ts';
export {
  buildGraph,
  findSingleHead,
  getRevision,
  planDowngrade,
  planUpgrade,
  type RevisionGraph,
} from './graph.ts';
export { branches, type HistoryEntry, heads, history, show } from './history.ts';
export type { AppliedRevision, Queryable } from './journal-state.ts';
export { lockKey } from './lock.ts';
export {
  createRevision,
  type MergeOptions,
  mergeRevisions,
  type NewRevision,
  type NewRevisionOptions,
} from './new-revision.ts';
export type { RunOptions } from './options.ts';
export { parseRevision, type RevisionSource } from './parse-revision.ts';
export type { Direction, Phase, Revision, Step } from './revision.ts';
export type { RunResult } from './run.ts';
export { describeDifference, type SchemaDifference } from './schema/compare.ts';
export { openShadow, type Shadow, type ShadowDatabase, type ShadowOptions, withShadow } from './shadow/shadow.ts';
export {
  checkSchema,
  current,
  listApplied,
  type SchemaCheck,
  type StatusOptions,
} from './status.ts';
export { upgrade } from './upgrade.ts';
