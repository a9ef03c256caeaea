import { MigrationError, type MigrationFault } from './errors.ts';
import type { Revision } from './revision.ts';

/** All revisions of a folder, checked together. It may have several heads: only what needs one head refuses them. */
export interface RevisionGraph {
  readonly byId: ReadonlyMap<string, Revision>;
  /** Ancestors before descendants; the same for the same revisions. */
  readonly order: readonly Revision[];
  /** Revisions that are no other's parent, sorted. */
  readonly heads: readonly string[];
}

/** Throws MigrationError `duplicate_revision`, `missing_parent` or `cycle`, with all faults of the first such kind. */
export function buildGraph(revisions: readonly Revision[]): RevisionGraph {
  const sorted = revisions.toSorted((a, b) => (a.file < b.file ? -1 : 1));
  const byId = indexById(sorted);
  assertParentsExist(sorted, byId);
  const order = sortTopologically(sorted, byId);
  const parents = new Set(sorted.flatMap((revision) => revision.parents));
  const heads = sorted.map((revision) => revision.id).filter((id) => !parents.has(id));
  return { byId, order, heads: heads.toSorted() };
}

/** A full id or the unambiguous beginning of one. Throws `unknown_revision`. */
export function getRevision(graph: RevisionGraph, id: string): Revision {
  const exact = graph.byId.get(id);
  if (exact) return exact;
  const matches = id.length < 4 ? [] : graph.order.filter((revision) => revision.id.startsWith(id));
  if (matches.length === 1 && matches[0]) return matches[0];
  const candidates = matches.map((revision) => revision.file).join(', ');
  const message =
    matches.length > 1 ? `"${id}" begins several revisions: ${candidates}` : `there is no revision "${id}"`;
  throw new MigrationError({
    code: 'unknown_revision',
    message,
    hint: 'An id is given whole or by its first 4 or more digits.',
  });
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

/** What an upgrade to `target` has to apply, in order. `head` wants one head; an id brings its ancestors. */
export function planUpgrade(graph: RevisionGraph, applied: ReadonlySet<string>, target: string): Revision[] {
  const end = target === 'head' ? findSingleHead(graph) : getRevision(graph, target);
  if (!end) return [];
  const wanted = withAncestors(graph, end);
  return graph.order.filter((revision) => wanted.has(revision.id) && !applied.has(revision.id));
}

/**
 * What a downgrade to `target` has to revert, in order: everything applied that descends from it, or with `base`
 * everything. The target itself stays. Throws `not_applied` and `irreversible`.
 */
export function planDowngrade(graph: RevisionGraph, applied: ReadonlySet<string>, target: string): Revision[] {
  const end = target === 'base' ? undefined : getRevision(graph, target);
  if (end && !applied.has(end.id)) {
    throw new MigrationError({ code: 'not_applied', message: `the target ${end.id} is not applied`, file: end.file });
  }
  const plan = graph.order
    .filter((revision) => applied.has(revision.id) && revision !== end)
    .filter((revision) => !end || withAncestors(graph, revision).has(end.id))
    .toReversed();
  const faults = plan
    .filter((revision) => revision.down === null)
    .map((revision): MigrationFault => {
      const message = 'the revision has no down section';
      return { code: 'irreversible', message, file: revision.file, revision: revision.id };
    });
  if (faults.length > 0) throw new MigrationError(faults);
  return plan;
}

/** Parents and dependencies: everything that has to be applied before. */
export function requirementsOf(revision: Pick<Revision, 'parents' | 'dependsOn'>): string[] {
  return [...revision.parents, ...revision.dependsOn];
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

function assertParentsExist(revisions: readonly Revision[], byId: ReadonlyMap<string, Revision>): void {
  const faults = revisions.flatMap((revision) =>
    requirementsOf(revision)
      .filter((id) => !byId.has(id))
      .map((id): MigrationFault => {
        const kind = revision.parents.includes(id) ? 'parent' : 'dependency';
        return {
          code: 'missing_parent',
          message: `its ${kind} ${id} does not exist`,
          file: revision.file,
          revision: revision.id,
        };
      }),
  );
  if (faults.length > 0) throw new MigrationError(faults);
}

/** Kahn's algorithm; among what is ready, the file name decides, so that every machine has the same order. */
function sortTopologically(revisions: readonly Revision[], byId: ReadonlyMap<string, Revision>): Revision[] {
  const waiting = new Map(revisions.map((revision) => [revision.id, new Set(requirementsOf(revision)).size]));
  const dependants = new Map<string, string[]>();
  for (const revision of revisions) {
    for (const id of new Set(requirementsOf(revision))) {
      const list = dependants.get(id);
      if (list) list.push(revision.id);
      else dependants.set(id, [revision.id]);
    }
  }
  const order: Revision[] = [];
  let ready = revisions.filter((revision) => waiting.get(revision.id) === 0);
  while (ready.length > 0) {
    order.push(...ready);
    ready = ready
      .flatMap((revision) => dependants.get(revision.id) ?? [])
      .filter((id) => {
        const left = (waiting.get(id) ?? 0) - 1;
        waiting.set(id, left);
        return left === 0;
      })
      .flatMap((id) => byId.get(id) ?? [])
      .toSorted((a, b) => (a.file < b.file ? -1 : 1));
  }
  if (order.length < revisions.length)
    throw cycleError(
      revisions.filter((revision) => !order.includes(revision)),
      byId,
    );
  return order;
}

/** Every revision that is left waits for another one that is left: following them runs into a cycle. */
function cycleError(left: readonly Revision[], byId: ReadonlyMap<string, Revision>): MigrationError {
  const leftIds = new Set(left.map((revision) => revision.id));
  const path: string[] = [];
  let at = left[0]?.id;
  while (at !== undefined && !path.includes(at)) {
    path.push(at);
    const revision = byId.get(at);
    at = revision && requirementsOf(revision).find((id) => leftIds.has(id));
  }
  const cycle = path.slice(path.indexOf(at ?? ''));
  const files = cycle.map((id) => byId.get(id)?.file ?? id);
  const message = `these revisions wait for each other: ${[...files, files[0]].join(' → ')}`;
  return new MigrationError({ code: 'cycle', message, ...(files[0] === undefined ? {} : { file: files[0] }) });
}

function withAncestors(graph: RevisionGraph, revision: Revision): Set<string> {
  const found = new Set<string>();
  const open = [revision.id];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    const one = graph.byId.get(id);
    if (one) open.push(...requirementsOf(one));
  }
  return found;
}
