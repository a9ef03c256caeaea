import type { Revision } from '../revision.ts';

export type RevisionLinks = Pick<Revision, 'id' | 'parents' | 'dependsOn' | 'labels'>;

/** A revision and its neighbours, in both directions. */
export interface RevisionNode {
  readonly id: string;
  readonly parents: readonly string[];
  /** Ids: labels are resolved. */
  readonly dependencies: readonly string[];
  /** Parents, then the dependencies that no ancestor has already: what must be applied just before. */
  readonly requires: readonly string[];
  readonly children: ReadonlySet<string>;
  /** Children and dependants. */
  readonly followers: ReadonlySet<string>;
  /** Of this revision and of the branches that it belongs to. */
  readonly labels: ReadonlySet<string>;
}

/** What the planner works on. It decides everything as `RevisionMap` of Python's Alembic does; iteration follows the input. */
export interface RevisionMap {
  readonly nodes: ReadonlyMap<string, RevisionNode>;
  /** By id and by label. */
  readonly names: ReadonlyMap<string, RevisionNode>;
  /** No other's parent; and, of those, the ones that are no other's dependency either. */
  readonly heads: readonly string[];
  readonly realHeads: readonly string[];
  readonly bases: readonly string[];
}

interface Draft extends RevisionNode {
  dependencies: string[];
  requires: string[];
  children: Set<string>;
  followers: Set<string>;
  labels: Set<string>;
}

/** The revisions were checked: no id or label stands twice, nothing is missing, nothing is its own ancestor. */
export function buildRevisionMap(revisions: readonly RevisionLinks[]): RevisionMap {
  const nodes = new Map(revisions.map((one) => [one.id, draftOf(one)]));
  const names = new Map(nodes);
  for (const { id, labels } of revisions) for (const label of labels) names.set(label, get(nodes, id));
  for (const { id, dependsOn } of revisions) {
    get(nodes, id).dependencies = [...new Set(dependsOn.map((name) => get(names, name).id))];
  }
  for (const node of nodes.values()) link(nodes, node);
  for (const node of nodes.values()) node.requires = omitInherited(nodes, node);
  for (const { id, labels } of revisions) if (labels.length > 0) spreadLabels(nodes, get(nodes, id));
  const list = [...nodes.values()];
  return {
    nodes,
    names,
    heads: list.filter((node) => node.children.size === 0).map((node) => node.id),
    realHeads: list.filter((node) => node.followers.size === 0).map((node) => node.id),
    bases: list.filter((node) => node.parents.length === 0).map((node) => node.id),
  };
}

/** A neighbour's id always has its node. */
export function get<Node>(nodes: ReadonlyMap<string, Node>, id: string): Node {
  const node = nodes.get(id);
  if (node === undefined) throw new TypeError(`the graph has no revision ${id}`);
  return node;
}

function draftOf({ id, parents, labels }: RevisionLinks): Draft {
  return {
    id,
    parents,
    dependencies: [],
    requires: [],
    children: new Set(),
    followers: new Set(),
    labels: new Set(labels),
  };
}

function link(nodes: ReadonlyMap<string, Draft>, node: Draft): void {
  for (const id of node.parents) get(nodes, id).children.add(node.id);
  for (const id of [...node.parents, ...node.dependencies]) get(nodes, id).followers.add(node.id);
}

/** A dependency that an ancestor names too is met by that ancestor. */
function omitInherited(nodes: ReadonlyMap<string, Draft>, node: Draft): string[] {
  if (node.dependencies.length === 0) return [...node.parents];
  const inherited = new Set<string>();
  const seen = new Set(node.parents);
  for (const id of seen) {
    const ancestor = get(nodes, id);
    for (const dependency of ancestor.dependencies) inherited.add(dependency);
    for (const parent of ancestor.parents) seen.add(parent);
  }
  return [...new Set([...node.parents, ...node.dependencies.filter((id) => !inherited.has(id))])];
}

/**
 * A label names the branch from its revision to the heads. Where that branch is one line, it also reaches down from
 * the revision to the point where the branch begins.
 */
function spreadLabels(nodes: ReadonlyMap<string, Draft>, origin: Draft): void {
  const branch = new Set([origin.id]);
  for (const id of branch) {
    const node = get(nodes, id);
    for (const label of origin.labels) node.labels.add(label);
    for (const child of node.children) branch.add(child);
  }
  if ([...branch].some((id) => isJunction(get(nodes, id)))) return;
  for (let node = origin; !isJunction(node); ) {
    for (const label of origin.labels) node.labels.add(label);
    const [parent] = node.parents;
    if (parent === undefined) return;
    node = get(nodes, parent);
  }
}

function isJunction(node: RevisionNode): boolean {
  return node.followers.size > 1 || node.parents.length > 1;
}
