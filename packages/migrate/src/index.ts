export { envSnippet } from './alembic/stub-text.ts';
export { readVersions, type VersionOptions, type VersionReport } from './alembic/version-report.ts';
export { type StubOptions, type StubReport, writeStubs } from './alembic/write-stubs.ts';
export {
  type ArchivedObject,
  listArchive,
  type PurgeOptions,
  purgeArchive,
  restoreArchived,
} from './archive/archive.ts';
export { archiveSchemaOf, archiveSql } from './archive/install.ts';
export { type AutogenerateOptions, autogenerate, type GeneratedRevision } from './autogenerate/autogenerate.ts';
export { check, type DriftOptions, drift, type ModelsOptions } from './autogenerate/compare-models.ts';
export type { RenameAnswer, RenameQuestion } from './autogenerate/renames.ts';
export type { SchemaDiffer } from './autogenerate/schema-differ.ts';
export type { WantedSchema } from './autogenerate/wanted-schema.ts';
export type { ConnectionSource } from './connection.ts';
export { defineRevision, type RevisionDefinition, type StepDefinition } from './define-revision.ts';
export { downgrade } from './downgrade.ts';
export { ensureVersion } from './ensure-version.ts';
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
export { loadOutline, loadRevisions } from './folder.ts';
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
export { readDatabaseFacts } from './lint/database-facts.ts';
export type { LintFinding, LintOptions, LintReport, WaivedFinding } from './lint/report.ts';
export type { LintSeverity } from './lint/rule.ts';
export { lintRevisions, renderLintRules } from './lint-revisions.ts';
export { lockKey } from './lock.ts';
export { type MeasureOptions, measureRevisions } from './measure/measure.ts';
export type { MeasuredLock, MeasuredStatement, MeasureReport } from './measure/report.ts';
export {
  createRevision,
  type MergeOptions,
  mergeRevisions,
  type NewRevision,
  type NewRevisionOptions,
} from './new-revision.ts';
export { type MigrationScript, renderScript, type ScriptOptions } from './offline/script.ts';
export type { RunOptions } from './options.ts';
export { parseRevision, type RevisionSource } from './parse-revision.ts';
export { type PlannedRevision, type PlannedStep, type PlanRunOptions, planRun, type RunPlan } from './plan.ts';
export { type Resolution, type ResolvedStep, resolveStep } from './resolve.ts';
export type { Direction, Phase, Revision, Step, StepBatch, StepCode, StepDatabase } from './revision.ts';
export type { RunResult } from './run.ts';
export { type RunnerStatus, type RunningRunner, runnerStatus, type UnfinishedStepStatus } from './runner-status.ts';
export { describeDifference, type SchemaDifference } from './schema/compare.ts';
export { openShadow, type Shadow, type ShadowDatabase, type ShadowOptions, withShadow } from './shadow/shadow.ts';
export { type StampOptions, type StampResult, stamp } from './stamp.ts';
export {
  checkSchema,
  current,
  listApplied,
  listAppliedIds,
  type SchemaCheck,
  type StatusOptions,
} from './status.ts';
export { undo } from './undo.ts';
export { upgrade } from './upgrade.ts';
export {
  type VerifiedTrip,
  type VerifyOptions,
  type VerifyOutcome,
  type VerifyReport,
  verifyRevisions,
} from './verify/verify.ts';
