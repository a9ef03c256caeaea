import { join } from 'node:path';
import { assertReplayable } from '../alembic/needs-alembic.ts';
import { archiveSchemaOf } from '../archive/install.ts';
import type { Session } from '../connection.ts';
import { MigrationError, type MigrationFault } from '../errors.ts';
import { buildGraph, type RevisionGraph } from '../graph.ts';
import { dependencyName, type NewRevisionOptions, newRevisionId, parentsOf, slugOf } from '../new-revision.ts';
import { defaultJournalSchema } from '../options.ts';
import { parseRevision } from '../parse-revision.ts';
import type { Phase } from '../revision.ts';
import type { Schema } from '../schema/objects.ts';
import { readSchema } from '../schema/read-schema.ts';
import { type Shadow, withShadow } from '../shadow/shadow.ts';
import { quoteName } from '../sql-names.ts';
import { writeNewFile } from '../write-new-file.ts';
import { catalogDiffer } from './catalog-differ.ts';
import { inSession, type ModelsOptions, readOptionsOf, replay, searchPathOf } from './compare-models.ts';
import type { Answers, Operation } from './operations/operation.ts';
import { createProbes, inRollback } from './probes.ts';
import { renameOperations, renameStatements } from './rename-operations.ts';
import { askParts, askTables, type RenameAnswer, type RenameQuestion, resolveRenames, unclear } from './renames.ts';
import { type RevisionDraft, renderDraft } from './render.ts';
import type { SchemaDiffer } from './schema-differ.ts';
import { toldNames } from './told-names.ts';
import { verifyRoundTrip } from './verify-round-trip.ts';
import { buildWanted } from './wanted-schema.ts';

export interface AutogenerateOptions extends ModelsOptions, Omit<NewRevisionOptions, 'phase'> {
  /** What is the same under another name. */
  renames?: readonly RenameAnswer[];
  /** Whatever else looks like a rename is none. */
  noRename?: boolean;
  /** Asks a person; without it, what is unclear is refused. Undefined: it is none of the candidates. */
  ask?: (question: RenameQuestion) => Promise<string | undefined>;
  answers?: Partial<Answers>;
  /** Write nothing. */
  dryRun?: boolean;
  /** False: the caller makes the round trip itself. */
  verify?: boolean;
  differ?: SchemaDiffer;
}

export interface GeneratedRevision {
  revision: string;
  phase: Phase;
  summary: string;
  parents: readonly string[];
  file: string;
  path: string;
  text: string;
  /** What it does, in words. */
  changes: string[];
}

/**
 * Writes the revisions that lead from the graph's heads to the models: up to three, of the phases expand, backfill and
 * contract; none when nothing differs. Before a file is written all of them went up, down and up again in a shadow.
 * Throws MigrationError `rename_unclear`, `no_online_form`, `unsupported_object`, `wanted_schema_invalid`, `unverified`,
 * `shadow_unavailable`, and what a new revision's names are refused for.
 */
export async function autogenerate(
  graph: RevisionGraph,
  folder: string,
  options: AutogenerateOptions,
): Promise<GeneratedRevision[]> {
  const parents = parentsOf(graph, options);
  assertReplayable(graph.order, 'autogenerate');
  return withShadow(options, async (shadow) => {
    const { operations, wanted } = await findOperations(shadow, graph, options);
    if (operations.length === 0) return [];
    const drafts = draftsOf(operations, { graph, parents, options });
    const generated = drafts.map((draft) => generate(draft, folder));
    const grown = buildGraph([
      ...graph.byId.values(),
      ...generated.map(({ file, text }) => parseRevision({ file, text })),
    ]);
    if (options.verify !== false) await verifyRoundTrip(shadow, { graph, grown, wanted, options });
    if (options.dryRun !== true) for (const { path, text } of generated) await writeNewFile(path, text);
    return generated;
  });
}

async function findOperations(
  shadow: Shadow,
  graph: RevisionGraph,
  options: AutogenerateOptions,
): Promise<{ operations: Operation[]; wanted: Schema }> {
  const [models, made] = [await shadow.createDatabase(), await shadow.createDatabase()];
  const reading = readOptionsOf(options);
  const before = await replay(graph, made.connection, options);
  return inSession(models.connection, async (session) => {
    await buildWanted(session, options.models, searchPathOf(options));
    const wanted = await readSchema(session, reading);
    const operations = await inSession(made.connection, async (graphSession) => {
      const told = toldNames([before, wanted], { renames: options.renames ?? [], answers: answersOf(options) });
      const answers = await settleRenames(before, wanted, { ...options, renames: told.renames });
      const faults: MigrationFault[] = [];
      const first = resolveRenames(before, wanted, answers, faults);
      const moved = faults.filter((one) => one.code === 'no_online_form');
      if (moved.length > 0) throw new MigrationError(moved);
      const renamed = await readWith(graphSession, first, async () => readSchema(graphSession, reading));
      const more = await settleParts(renamed, wanted, answers, options);
      const again: MigrationFault[] = [];
      const done = new Set([
        ...first.tables.map((one) => one.from.sql),
        ...first.labels.map((one) => `${one.typeSql}.${one.from}`),
      ]);
      const parts = resolveRenames(
        renamed,
        wanted,
        more.filter(([from]) => !done.has(from)),
        again,
      );
      const all = {
        tables: first.tables,
        columns: parts.columns,
        labels: [...first.labels, ...parts.labels],
      };
      const labelled = await readWith(graphSession, all, async () => readSchema(graphSession, reading));
      if (again.length > 0) throw new MigrationError(again);
      const differ = options.differ ?? catalogDiffer;
      const journalSchema = options.journalSchema ?? defaultJournalSchema;
      const found = await differ.diff({
        ...{ before: labelled, after: wanted, renames: { ...all, labels: [] } },
        probes: createProbes(session, reading),
        answers: told.answers,
        journal: quoteName(journalSchema).replace(/^"([a-z_][a-z0-9_]*)"$/, '$1'),
        archive: quoteName(archiveSchemaOf(journalSchema)).replace(/^"([a-z_][a-z0-9_]*)"$/, '$1'),
      });
      return [...renameOperations(all), ...found];
    });
    return { operations, wanted };
  });
}

/** Tables first: their columns are only comparable once they have the same name. */
async function settleRenames(before: Schema, wanted: Schema, options: AutogenerateOptions): Promise<RenameAnswer[]> {
  return settle(askTables(before, wanted, options.renames ?? []), [...(options.renames ?? [])], options);
}

async function settleParts(
  before: Schema,
  wanted: Schema,
  answers: readonly RenameAnswer[],
  options: AutogenerateOptions,
): Promise<RenameAnswer[]> {
  return settle(askParts(before, wanted, answers), [...answers], options);
}

async function settle(
  questions: readonly RenameQuestion[],
  answers: RenameAnswer[],
  options: AutogenerateOptions,
): Promise<RenameAnswer[]> {
  if (options.noRename === true || questions.length === 0) return answers;
  if (!options.ask) throw new MigrationError(unclear(questions));
  for (const question of questions) {
    const open = question.candidates.filter((name) => !answers.some(([, to]) => to === name));
    const to = open.length === 0 ? undefined : await options.ask({ ...question, candidates: open });
    if (to !== undefined) answers.push([question.from, to]);
  }
  return answers;
}

/** Confirmed renames are executed in the shadow, and what still differs is the difference. */
async function readWith(
  session: Session,
  renames: ReturnType<typeof resolveRenames>,
  read: () => Promise<Schema>,
): Promise<Schema> {
  return inRollback(session, async () => {
    for (const sql of renameStatements(renames)) await session.execute(sql);
    return read();
  });
}

function answersOf({ answers }: AutogenerateOptions): Answers {
  return {
    fills: answers?.fills ?? new Map(),
    usings: answers?.usings ?? new Map(),
    usingsBack: answers?.usingsBack ?? new Map(),
    plainTables: answers?.plainTables ?? new Set(),
  };
}

function draftsOf(
  operations: readonly Operation[],
  { graph, parents, options }: { graph: RevisionGraph; parents: readonly string[]; options: AutogenerateOptions },
): RevisionDraft[] {
  const summary = options.summary.trim().replaceAll(/\s+/g, ' ');
  const phases = (['expand', 'backfill', 'contract'] as const).filter((phase) =>
    operations.some((one) => one.phase === phase),
  );
  const drafts: RevisionDraft[] = [];
  for (const [index, phase] of phases.entries()) {
    const id = newRevisionId(graph);
    drafts.push({
      ...{ id, phase, parents: index === 0 ? parents : [drafts[index - 1]?.id ?? ''] },
      labels: index === 0 ? (options.labels ?? []) : [],
      dependsOn: index === 0 ? (options.dependsOn ?? []).map((name) => dependencyName(graph, name)) : [],
      summary: phases.length === 1 ? summary : `${summary} (${phase})`,
      operations: operations.filter((one) => one.phase === phase),
    });
  }
  return drafts;
}

function generate(draft: RevisionDraft, folder: string): GeneratedRevision {
  const file = `${draft.id}_${slugOf(draft.summary)}.sql`;
  const { id, phase, summary, parents, operations } = draft;
  const changes = [...new Set(operations.map((one) => one.what))];
  return { revision: id, phase, summary, parents, file, path: join(folder, file), text: renderDraft(draft), changes };
}
