import { MigrationError, type MigrationFault } from '../errors.ts';
import type { RevisionGraph } from '../graph.ts';
import type { Direction, Revision } from '../revision.ts';

/** A part of a plan that Alembic has to run: its revisions, which follow each other, and what Alembic is called with. */
export interface AlembicPart {
  /** What this engine runs before. */
  before: readonly Revision[];
  revisions: readonly Revision[];
  verb: 'upgrade' | 'downgrade';
  target: string;
}

/** The first Python revisions of a plan; undefined: there are none. */
export function findAlembicPart(plan: readonly Revision[], direction: Direction): AlembicPart | undefined {
  const start = plan.findIndex((revision) => revision.executor === 'alembic');
  if (start === -1) return undefined;
  const length = plan.slice(start).findIndex((revision) => revision.executor !== 'alembic');
  const revisions = plan.slice(start, length === -1 ? plan.length : start + length);
  const target = targetOf(revisions.at(-1), direction);
  return { before: plan.slice(0, start), revisions, verb: direction === 'up' ? 'upgrade' : 'downgrade', target };
}

/** `alembic upgrade <id>`, called as it is configured, in words that can be pasted. */
export function renderAlembicCommand({ alembic }: RevisionGraph, { verb, target }: AlembicPart): string {
  return [...(alembic?.command ?? ['alembic']), verb, target].map(quoteWord).join(' ');
}

/** Throws `needs_alembic` for a plan with Python revisions, before anything of it runs. */
export function assertNoAlembic(graph: RevisionGraph, plan: readonly Revision[], direction: Direction): void {
  const part = findAlembicPart(plan, direction);
  if (!part) return;
  const hint = `${firstOf(part)}run \`${renderAlembicCommand(graph, part)}\`${folderOf(graph)}, then the same command again; or have Alembic called (runAlembic, --run-alembic).`;
  throw new MigrationError(
    part.revisions.map((revision): MigrationFault => {
      const message = `revision ${revision.id} (${revision.summary}) is Python's: only Alembic can run it`;
      return { code: 'needs_alembic', message, file: revision.file, revision: revision.id, hint };
    }),
  );
}

/**
 * For what builds the schema anew in a throw-away database. Alembic is never called for that: its env.py decides which database it works
 * on, and that would be the real one. Throws `needs_alembic`.
 */
export function assertReplayable(revisions: readonly Revision[], what: string): void {
  const python = revisions.filter((revision) => revision.executor === 'alembic');
  if (python.length === 0) return;
  const hint =
    'Revisions in SQL can be written by hand (revision -m) and read by lint, which needs no database. ' +
    "A SQL baseline in place of Python's revisions makes them replayable: see “Leaving Alembic” in the README.";
  throw new MigrationError(
    python.map(({ id, summary, file }): MigrationFault => {
      const message = `revision ${id} (${summary}) is Python's: Alembic runs it in the database that its env.py names, and ${what} needs it in a throw-away one`;
      return { code: 'needs_alembic', message, file, revision: id, hint };
    }),
  );
}

/** What stays is a downgrade's target; below a merge there is no single one. */
function targetOf(last: Revision | undefined, direction: Direction): string {
  if (!last) return 'base';
  if (direction === 'up') return last.id;
  const [parent, ...others] = last.parents;
  if (parent === undefined) return 'base';
  return others.length > 0 ? `${last.id}-1` : parent;
}

function firstOf({ before, revisions, verb }: AlembicPart): string {
  const target = verb === 'upgrade' ? before.at(-1)?.id : revisions[0]?.id;
  return before.length === 0 || target === undefined ? '' : `first ${verb} to ${target}, `;
}

function folderOf({ alembic }: RevisionGraph): string {
  return alembic === undefined ? '' : ` in ${alembic.commandFolder}`;
}

function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
