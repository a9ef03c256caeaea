import type { AlembicProject } from './alembic/load-python-revisions.ts';
import { MigrationError, type MigrationFault } from './errors.ts';
import { downgradePath, parseDowngradeTarget } from './graph/downgrade-path.ts';
import { effectiveHeads } from './graph/lineage.ts';
import { resolveBranch } from './graph/names.ts';
import { refuse } from './graph/refuse.ts';
import { findRevision } from './graph/resolve.ts';
import { buildRevisionMap, get, type RevisionMap } from './graph/revision-map.ts';
import { sortNewestFirst } from './graph/sort.ts';
import { parseRelative } from './graph/target.ts';
import { upgradePath } from './graph/upgrade-path.ts';
import type { Direction, Revision } from './revision.ts';

/** All revisions of a folder, checked together. It may have several heads: only what needs one head refuses them. */
export interface RevisionGraph {
  readonly byId: ReadonlyMap<string, Revision>;
  /** Ancestors before descendants, as an upgrade of an empty database to all heads applies them. */
  readonly order: readonly Revision[];
  /** Revisions that are no other's parent, sorted. */
  readonly heads: readonly string[];
  readonly map: RevisionMap;
  /** Where Python's part of it comes from. */
  readonly alembic?: AlembicProject;
}

/**
 * Throws MigrationError `duplicate_revision`, `missing_parent` or `cycle`, with all faults of the first
 * such kind.
 */
export function buildGraph(revisions: readonly Revision[]): RevisionGraph {
  const sorted = revisions.toSorted((a, b) => (a.file < b.file ? -1 : 1));
  const byId = indexById(sorted);
  assertNotOwnParent(sorted);
  const names = indexByName(sorted);
  assertParentsExist(sorted, names);
  assertAcyclic(sorted, names);
  const map = buildRevisionMap(sorted);
  const tips = map.realHeads.map((id) => get(map.nodes, id));
  const order = sortNewestFirst(map, new Set(map.nodes.values()), tips).toReversed();
  return { byId, order: order.map((node) => get(byId, node.id)), heads: map.heads.toSorted(), map };
}

/** A full id, the unambiguous beginning of one, a label, or `head`. Throws `unknown_revision`, `ambiguous_revision`. */
export function getRevision(graph: RevisionGraph, name: string): Revision {
  const node = findRevision(graph.map, name);
  if (!node) refuse('unknown_revision', `"${name}" is no revision`);
  return get(graph.byId, node.id);
}

/** Throws `multiple_heads`; undefined when there is no revision at all. */
export function findSingleHead(graph: RevisionGraph): Revision | undefined {
  const [head, ...others] = graph.heads;
  if (others.length > 0) {
    const files = graph.heads.map((id) => graph.byId.get(id)?.file ?? id).join(', ');
    throw new MigrationError({
      code: 'multiple_heads',
      message: `there are ${graph.heads.length} heads: ${files}`,
      hint: `Add a revision with down_revision [${graph.heads.join(', ')}] that merges them, or name one as the target.`,
    });
  }
  return head === undefined ? undefined : graph.byId.get(head);
}

/**
 * Refuses what no database could make a target, before anything connects. Steps from where the database is are left to
 * the plan.
 */
export function assertTarget({ map }: RevisionGraph, direction: Direction, target: string): void {
  const relative = parseRelative(target);
  if (relative && relative.symbol === undefined) {
    if (relative.branch !== undefined) resolveBranch(map, relative.branch);
  } else if (direction === 'up') upgradePath(map, [], target);
  else parseDowngradeTarget(map, { heads: [], target, mayEndEarly: false });
}

/**
 * What an upgrade to `target` has to apply, in order: `head`, `heads`, an id or its beginning, `label@head`, `+n`, `rev+n`.
 * Needs the applied ids; those that the graph does not have are not counted.
 */
export function planUpgrade(graph: RevisionGraph, applied: ReadonlySet<string>, target: string): Revision[] {
  const path = upgradePath(graph.map, effectiveHeads(graph.map, applied), target);
  return path.map((node) => get(graph.byId, node.id));
}

/**
 * What a downgrade to `target` has to revert, in order: everything applied that stands on it, or with `base` everything.
 * The target itself stays. Throws `not_applied`, `irreversible`, and what a target may be refused for.
 */
export function planDowngrade(graph: RevisionGraph, applied: ReadonlySet<string>, target: string): Revision[] {
  const current = effectiveHeads(graph.map, applied);
  assertOneWayDown(current, target);
  const path = downgradePath(graph.map, current, target);
  const plan = path.map((node) => get(graph.byId, node.id));
  const faults = plan
    .filter((revision) => revision.down === null)
    .map((revision): MigrationFault => {
      const message = 'the revision has no down section';
      return { code: 'irreversible', message, file: revision.file, revision: revision.id };
    });
  if (faults.length > 0) throw new MigrationError(faults);
  return plan;
}

/** Alembic warns, and takes the row that comes first in its table. */
function assertOneWayDown(current: readonly string[], target: string): void {
  const relative = parseRelative(target);
  if (current.length <= 1 || !relative || relative.symbol !== undefined || relative.branch !== undefined) return;
  const message = `"${target}" could begin at any of the applied heads ${current.join(', ')}`;
  refuse('ambiguous_walk', message, 'Name a branch, label@-1, or the revision to stay at.');
}

function indexById(revisions: readonly Revision[]): Map<string, Revision> {
  const byId = new Map<string, Revision>();
  const faults: MigrationFault[] = [];
  for (const revision of revisions) {
    const other = byId.get(revision.id);
    if (other) {
      const message = `revision ${revision.id} is also in ${other.file}`;
      faults.push({ code: 'duplicate_revision', message, file: revision.file, revision: revision.id });
    }
    byId.set(revision.id, revision);
  }
  if (faults.length > 0) throw new MigrationError(faults);
  return byId;
}

function assertNotOwnParent(revisions: readonly Revision[]): void {
  const faults = revisions
    .filter((revision) => requirementsOf(revision).includes(revision.id))
    .map((revision): MigrationFault => {
      const message = 'the revision waits for itself';
      return { code: 'cycle', message, file: revision.file, revision: revision.id };
    });
  if (faults.length > 0) throw new MigrationError(faults);
}

/** By id and by label; a dependency may be named by either. */
function indexByName(revisions: readonly Revision[]): Map<string, Revision> {
  const names = new Map(revisions.map((revision) => [revision.id, revision]));
  const faults: MigrationFault[] = [];
  for (const revision of revisions) {
    for (const label of revision.labels) {
      const other = names.get(label);
      if (other) {
        const message = `the label "${label}" is also in ${other.file}`;
        faults.push({ code: 'duplicate_revision', message, file: revision.file, revision: revision.id });
      }
      names.set(label, revision);
    }
  }
  if (faults.length > 0) throw new MigrationError(faults);
  return names;
}

function assertParentsExist(revisions: readonly Revision[], names: ReadonlyMap<string, Revision>): void {
  const faults = revisions.flatMap((revision) => [
    ...revision.parents.filter((id) => names.get(id)?.id !== id).map((id) => missing(revision, 'parent', id)),
    ...revision.dependsOn.filter((name) => !names.has(name)).map((name) => missing(revision, 'dependency', name)),
  ]);
  if (faults.length > 0) throw new MigrationError(faults);
}

function missing(revision: Revision, kind: string, id: string): MigrationFault {
  const message = `its ${kind} ${id} does not exist`;
  return { code: 'missing_parent', message, file: revision.file, revision: revision.id };
}

function requirementsOf(revision: Pick<Revision, 'parents' | 'dependsOn'>): string[] {
  return [...revision.parents, ...revision.dependsOn];
}

/** Takes away, round by round, what waits for nothing; a cycle is what stays. */
function assertAcyclic(revisions: readonly Revision[], names: ReadonlyMap<string, Revision>): void {
  const waiting = new Map(revisions.map((revision) => [revision, requiredRevisions(revision, names)]));
  for (let before = -1; before !== waiting.size; ) {
    before = waiting.size;
    for (const [revision, required] of waiting) {
      if (required.every((one) => !waiting.has(one))) waiting.delete(revision);
    }
  }
  const left = [...waiting.keys()];
  if (left.length > 0) throw cycleError(left, names);
}

function requiredRevisions(revision: Revision, names: ReadonlyMap<string, Revision>): Revision[] {
  return requirementsOf(revision).flatMap((name) => names.get(name) ?? []);
}

/** Every revision that is left waits for another one that is left: following them runs into a cycle. */
function cycleError(left: readonly Revision[], names: ReadonlyMap<string, Revision>): MigrationError {
  const path: Revision[] = [];
  let at = left[0];
  while (at && !path.includes(at)) {
    path.push(at);
    at = requiredRevisions(at, names).find((one) => left.includes(one));
  }
  const files = path.slice(at ? path.indexOf(at) : 0).map((revision) => revision.file);
  const message = `these revisions wait for each other: ${[...files, files[0]].join(' → ')}`;
  return new MigrationError({ code: 'cycle', message, ...(files[0] === undefined ? {} : { file: files[0] }) });
}
