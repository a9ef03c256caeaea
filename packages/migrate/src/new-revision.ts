import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { refuse } from './graph/refuse.ts';
import { findRevision, findRevisions } from './graph/resolve.ts';
import { buildGraph, type RevisionGraph } from './graph.ts';
import { parseRevision } from './parse-revision.ts';
import type { Phase } from './revision.ts';
import { writeNewFile } from './write-new-file.ts';

export interface NewRevisionOptions {
  /** One line; the file is named after it. */
  summary: string;
  /** Default `expand`. */
  phase?: Phase;
  /** What it stands on: `head` (the default), `base`, a head, `label@head`, or with `splice` any revision. */
  head?: string;
  /** Allows a parent that has children already: a new branch begins there. */
  splice?: boolean;
  labels?: readonly string[];
  /** Revisions or labels. */
  dependsOn?: readonly string[];
  /** Its id, instead of a random one: 12 hexadecimal digits. */
  id?: string;
  /** Default `sql`. */
  language?: 'sql' | 'typescript';
  /** Checks everything and writes nothing. */
  dryRun?: boolean;
}

export interface NewRevision {
  revision: string;
  parents: string[];
  /** Name and whole path of the file. */
  file: string;
  path: string;
  /** What the file holds. */
  text: string;
}

/**
 * Writes a file with its header and two empty steps, which nothing accepts until they are written or taken out. The
 * header is checked with the graph first. Throws `multiple_heads`, `not_a_head` and what else names are refused for.
 */
export async function createRevision(
  graph: RevisionGraph,
  folder: string,
  options: NewRevisionOptions,
): Promise<NewRevision> {
  return writeRevision(graph, folder, { ...options, parents: parentsOf(graph, options) });
}

/** Throws `multiple_heads` and `not_a_head`. */
export function parentsOf(graph: RevisionGraph, options: Pick<NewRevisionOptions, 'head' | 'splice'>): string[] {
  const { head = 'head', splice = false } = options;
  const parents = nodesOf(graph, head).map((node) => node.id);
  const inner = parents.filter((id) => !graph.heads.includes(id));
  if (inner.length > 0 && !splice) {
    refuse('not_a_head', `${inner.join(', ')} has children already`, 'With splice a new branch begins there.');
  }
  return parents;
}

export interface MergeOptions {
  summary: string;
  /** What is merged: names, default `heads`. */
  revisions?: readonly string[];
  labels?: readonly string[];
  id?: string;
  dryRun?: boolean;
}

/** Writes a revision that joins two or more heads and changes nothing. Throws `nothing_to_merge` and `not_a_head`. */
export async function mergeRevisions(
  graph: RevisionGraph,
  folder: string,
  options: MergeOptions,
): Promise<NewRevision> {
  const { revisions = ['heads'], ...rest } = options;
  const named = revisions.flatMap((name) => (name === 'heads' ? [...graph.map.heads] : idsOf(graph, name)));
  const parents = [...new Set(named)];
  if (parents.length < 2) refuse('nothing_to_merge', 'a merge joins two heads or more', '`migrate heads` lists them.');
  const inner = parents.filter((id) => !graph.heads.includes(id));
  if (inner.length > 0) refuse('not_a_head', `${inner.join(', ')} has children already`);
  const body = 'SELECT 1; -- Nothing changes here; the branches meet.';
  return writeRevision(graph, folder, { ...rest, parents, body });
}

interface Draft {
  summary: string;
  phase?: Phase;
  parents: readonly string[];
  labels?: readonly string[];
  dependsOn?: readonly string[];
  /** The SQL of both sections; without it there is a place to write some. */
  body?: string;
  id?: string;
  language?: 'sql' | 'typescript';
  dryRun?: boolean;
}

async function writeRevision(graph: RevisionGraph, folder: string, draft: Draft): Promise<NewRevision> {
  const id = draft.id ?? newRevisionId(graph);
  const dependsOn = (draft.dependsOn ?? []).map((name) => dependencyName(graph, name));
  const name = `${id}_${slugOf(draft.summary)}`;
  const file = `${name}.${draft.language === 'typescript' ? 'ts' : 'sql'}`;
  const render = (body: string): string => textOf({ ...draft, dependsOn, id, body });
  // The header by itself and with all others, before there is a file: it cannot be wrong afterwards.
  buildGraph([...graph.byId.values(), parseRevision({ file: `${name}.sql`, text: render('SELECT 1;') })]);
  const path = join(folder, file);
  const isCode = draft.language === 'typescript';
  const text = isCode ? codeOf({ ...draft, dependsOn, id }) : render(draft.body ?? '-- Write the statements here.');
  const made = { revision: id, parents: [...draft.parents], file, path, text };
  if (draft.dryRun === true) return made;
  await writeNewFile(path, text);
  return made;
}

function textOf(draft: Draft & { id: string; body: string }): string {
  const { id, parents, labels = [], dependsOn = [], phase = 'expand', summary, body } = draft;
  return [
    `-- stanchion:revision ${id}`,
    `-- stanchion:down_revision [${parents.join(', ')}]`,
    ...(labels.length === 0 ? [] : [`-- stanchion:labels [${labels.join(', ')}]`]),
    ...(dependsOn.length === 0 ? [] : [`-- stanchion:depends_on [${dependsOn.join(', ')}]`]),
    `-- stanchion:phase ${phase}`,
    `-- stanchion:summary ${summary.trim().replaceAll(/\s+/g, ' ')}`,
    ...['', '-- stanchion:up', '-- stanchion:step change mode=tx', body],
    ...['', '-- stanchion:down', '-- stanchion:step undo mode=tx', body, ''],
  ].join('\n');
}

/** Refused until it is written, like its SQL sibling: an empty text is no step. */
function codeOf(draft: Draft & { id: string }): string {
  const { id, parents, labels = [], dependsOn = [], phase = 'expand', summary } = draft;
  const list = (names: readonly string[]): string => `[${names.map((name) => `'${name}'`).join(', ')}]`;
  return [
    ...["import { defineRevision } from '@stanchion/migrate';", '', 'export default defineRevision({'],
    `  revision: '${id}',`,
    `  downRevision: ${list(parents)},`,
    ...(labels.length === 0 ? [] : [`  labels: ${list(labels)},`]),
    ...(dependsOn.length === 0 ? [] : [`  dependsOn: ${list(dependsOn)},`]),
    `  phase: '${phase}',`,
    `  summary: ${JSON.stringify(summary.trim().replaceAll(/\s+/g, ' '))},`,
    "  // In SQL, or in code: run: async (tx) => { await tx.query('…', [value]); }",
    ...[
      "  up: [{ name: 'change', mode: 'tx', sql: '' }],",
      "  down: [{ name: 'undo', mode: 'tx', sql: '' }],",
      '});',
      '',
    ],
  ].join('\n');
}

function nodesOf(graph: RevisionGraph, name: string): { id: string }[] {
  if (name !== 'heads') {
    const node = findRevision(graph.map, name);
    return node ? [node] : [];
  }
  // Several heads at once are a merge's.
  return nodesOf(graph, 'head');
}

function idsOf(graph: RevisionGraph, name: string): string[] {
  return findRevisions(graph.map, name).flatMap((one) => (one === null || one === 'base' ? [] : [one.id]));
}

/** A label stays a label; anything else becomes the id that it means. */
export function dependencyName(graph: RevisionGraph, name: string): string {
  const node = graph.map.names.get(name) ?? findRevision(graph.map, name);
  if (!node) refuse('unknown_revision', `"${name}" is no revision to depend on`);
  return graph.map.names.has(name) ? name : node.id;
}

export function newRevisionId(graph: RevisionGraph): string {
  const id = randomBytes(6).toString('hex');
  return graph.byId.has(id) ? newRevisionId(graph) : id;
}

export function slugOf(summary: string): string {
  const words = summary.toLowerCase().match(/[a-z0-9]+/g) ?? ['revision'];
  return words.join('_').slice(0, 40).replace(/_$/, '');
}
