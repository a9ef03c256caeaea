import { unknownVersions } from '../alembic/version-guard.ts';
import type { Session } from '../connection.ts';
import { MigrationError, type MigrationFault } from '../errors.ts';
import type { RevisionGraph } from '../graph.ts';
import type { JournalState } from '../journal-state.ts';
import type { Settings } from '../options.ts';
import type { Revision } from '../revision.ts';
import { compareBaseline } from './compare-baseline.ts';
import { findHindrances } from './hindrances.ts';
import { lookAround, type Surroundings } from './look.ts';
import { findTakenNames } from './taken-names.ts';

interface Place {
  session: Session;
  settings: Settings;
  /** Rows of the version table that a person has accepted before. */
  accepted: readonly string[] | undefined;
}

interface Upgrade {
  graph: RevisionGraph;
  /** What would run, when these are applied. */
  preview: (applied: ReadonlySet<string>) => Revision[];
}

/**
 * What can be told of a database that somebody else has made before anything is changed in it, the journal included: whether a
 * baseline's tables are there and are its, whether what the revisions make is free of what the owner has, and whether they could run.
 * Answers which baselines are there. Throws `adoption_mismatch`, `adoption_hindered`, `name_taken` and `unknown_version`
 * with everything that was found. `journal`: where it exists already.
 */
export async function inspectAdoption(
  place: Place,
  upgrade: Upgrade,
  journal?: JournalState,
): Promise<ReadonlyMap<string, boolean>> {
  const present = new Map<string, boolean>();
  const baselines = upgrade.graph.order.filter((revision) => revision.adoptTables.length > 0);
  if (baselines.length === 0) return present;
  const around = await lookAround(place, { graph: upgrade.graph, baselines }, journal);
  const revisions = previewOf(upgrade, around.applied);
  const pending = revisions.filter((one) => baselines.includes(one) && !isBegun(around.journal, one));
  const faults: MigrationFault[] = [];
  for (const baseline of pending) {
    const found = await findBaseline(place, { baseline, around });
    faults.push(...found.faults);
    present.set(baseline.id, found.isPresent);
  }
  assertExplained(place, { around, present, revisions });
  const wasAdopted = [...around.journal.applied.values()].some(({ outcome }) => outcome === 'recorded');
  if (revisions.length > 0 && (wasAdopted || [...present.values()].includes(true))) {
    const work = revisions.filter((one) => present.get(one.id) !== true && !isBegun(around.journal, one));
    // Half a revision has made some of what it names already.
    const isOurs = (one: Revision): boolean => around.applied.has(one.id) || present.get(one.id) === true;
    const ours = upgrade.graph.order.filter((one) => isOurs(one) || isBegun(around.journal, one));
    const tables = baselines.flatMap((one) => one.adoptTables);
    faults.push(
      ...(await findHindrances(place, { work, ours, tables })),
      ...(await findTakenNames(place, { work, ours })),
    );
  }
  if (faults.length > 0) throw new MigrationError(faults);
  return present;
}

/** What a run would refuse as a target is refused by the run, with its words. */
function previewOf({ preview }: Upgrade, applied: ReadonlySet<string>): Revision[] {
  try {
    return preview(applied);
  } catch (error) {
    if (error instanceof MigrationError) return [];
    throw error;
  }
}

function isBegun(journal: JournalState, { id }: Revision): boolean {
  return journal.unfinished.some((half) => half.revision === id);
}

async function findBaseline(
  place: Place,
  { baseline, around }: { baseline: Revision; around: Surroundings },
): Promise<{ isPresent: boolean; faults: MigrationFault[] }> {
  const { settings } = place;
  const target = settings.searchPath[0] ?? 'public';
  const existing = around.schemas.get(target)?.filter((name) => baseline.adoptTables.includes(name)) ?? [];
  const of = { file: baseline.file, revision: baseline.id };
  if (existing.length === 0)
    return { isPresent: false, faults: await findElsewhere(place, { baseline, around, target }) };
  if (!around.mayCreateSchema) return { isPresent: true, faults: mayNotCompare(around, of) };
  const messages = await compareBaseline(place, baseline, target);
  const faults = messages.map((message): MigrationFault => ({ code: 'adoption_mismatch', message, ...of }));
  if (faults.length === 0) return { isPresent: true, faults };
  const summary: MigrationFault = {
    code: 'adoption_mismatch',
    message: `schema ${target} has the tables of the baseline (${existing.join(', ')}), but not as it would create them`,
    ...of,
    hint: 'Nothing was changed. Bring the tables into this form, or write a baseline that describes what is there.',
  };
  return { isPresent: true, faults: [summary, ...faults] };
}

/** Empty tables beside the full ones, in a schema that nobody named, would look like lost data. */
async function findElsewhere(
  place: Place,
  { baseline, around, target }: { baseline: Revision; around: Surroundings; target: string },
): Promise<MigrationFault[]> {
  if (place.settings.isSearchPathGiven || !around.mayCreateSchema) return [];
  for (const [schema, names] of around.schemas) {
    if (!baseline.adoptTables.every((name) => names.includes(name))) continue;
    if ((await compareBaseline(place, baseline, schema)).length > 0) continue;
    const { file, id } = baseline;
    const message = `the tables of the baseline (${baseline.adoptTables.join(', ')}) are in schema ${schema}, and not in ${target}, where they would be created empty`;
    const hint = `Move them (ALTER TABLE … SET SCHEMA ${target}; the types likewise), or name the schema that is meant: --search-path, or "searchPath" in the configuration.`;
    return [{ code: 'adoption_mismatch', message, file, revision: id, hint }];
  }
  return [];
}

/** Where there is no journal either, whoever makes it says so. */
function mayNotCompare({ journal }: Surroundings, of: { file: string; revision: string }): MigrationFault[] {
  if (!journal.exists) return [];
  const message = 'this role may not create the scratch schema in which the baseline is compared with its tables';
  const hint = 'GRANT CREATE ON DATABASE to this role, or run migrations as the owner of the database.';
  return [{ code: 'adoption_hindered', message, ...of, hint }];
}

/** Before the first revision runs beside another history, unless a baseline explains it. */
function assertExplained(
  { settings, accepted = [] }: Place,
  found: { around: Surroundings; present: ReadonlyMap<string, boolean>; revisions: readonly Revision[] },
): void {
  const { around, present, revisions } = found;
  if (around.journal.exists || revisions.length === 0 || [...present.values()].includes(true)) return;
  const unknown = around.foreign.filter((one) => !accepted.includes(one) && !settings.acceptVersions.includes(one));
  if (unknown.length > 0) throw unknownVersions(settings, unknown);
}
