import assert from 'node:assert/strict';
import { MigrationError } from '../../src/errors.ts';
import { downgradePath } from '../../src/graph/downgrade-path.ts';
import { effectiveHeads } from '../../src/graph/lineage.ts';
import { findRevisions } from '../../src/graph/resolve.ts';
import type { RevisionLinks, RevisionMap } from '../../src/graph/revision-map.ts';
import { stampHeads } from '../../src/graph/stamp-heads.ts';
import { revisionRange, upgradePath } from '../../src/graph/upgrade-path.ts';
import type { Reached } from '../../src/graph/walk.ts';
import { buildGraph } from '../../src/index.ts';
import type { GraphCase, Oracle, OracleAnswer, Question } from './oracle.ts';

/** How many questions were answered alike, by operation and outcome; `stricter: …` are the refusals that are only ours. */
export type Tally = Map<string, number>;

/** Throws an AssertionError at the first answer that differs. */
export async function compareCase(oracle: Oracle, graphCase: GraphCase, tally: Tally): Promise<void> {
  const built = attempt(() => mapOf(graphCase.revisions));
  const map = 'ok' in built ? built.ok : undefined;
  // Alembic may not end on a cycle that it does not see.
  const { graph, answers } = await oracle.ask({ ...graphCase, questions: map ? graphCase.questions : [] });
  if (!map) return compareRefusedGraph(built, graph, tally);
  assert.deepEqual(describe(map), unwrap(graph), 'the graph itself');
  count(tally, 'graph: built');
  for (const [index, question] of graphCase.questions.entries()) {
    const theirs = answers[index];
    assert.ok(theirs);
    compareAnswer({ map, question, theirs }, tally);
  }
}

type StampQuestion = Extract<Question, { heads: readonly string[] }>;

type Outcome<Value> = { ok: Value } | { code: string };

function attempt<Value>(work: () => Value): Outcome<Value> {
  try {
    return { ok: work() };
  } catch (error) {
    if (error instanceof MigrationError) return { code: error.code };
    throw error;
  }
}

function compareRefusedGraph(ours: Outcome<unknown>, theirs: OracleAnswer, tally: Tally): void {
  const code = 'code' in ours ? ours.code : '';
  if ('ok' in theirs && code === 'cycle') return count(tally, 'stricter: a cycle with a way in and out');
  assert.equal(code, classOf(theirs, 'build'), `the graph: ${JSON.stringify(theirs)}`);
  count(tally, `graph: ${code}`);
}

function compareAnswer(one: { map: RevisionMap; question: Question; theirs: OracleAnswer }, tally: Tally): void {
  const { map, question, theirs } = one;
  const ours = attempt(() => answer(map, question));
  if (question.op === 'stamp') return compareStamp({ map, question, theirs, ours }, tally);
  const note = `${JSON.stringify(question)}: ours ${JSON.stringify(ours)}, Alembic ${JSON.stringify(theirs)}`;
  if ('ok' in ours) {
    assert.ok('ok' in theirs, note);
    const version = 'heads' in question ? tableState(map, theirs.ok) : 'exact';
    assert.deepEqual(plansOf(ours.ok), plansOf(theirs.ok), note);
    if (version !== 'exact')
      return count(tally, `${question.op}: plan, after which Alembic's version table ${version}`);
    assert.deepEqual(ours.ok, theirs.ok, note);
    return count(tally, `${question.op}: ${isEmpty(ours.ok) ? 'nothing to do' : 'plan'}`);
  }
  const expected = classOf(theirs, question.op);
  if (expected !== ours.code && ours.code === 'unknown_revision' && isMisspeltBranch(map, question)) {
    return count(tally, 'stricter: a downgrade of a branch that does not exist');
  }
  if (expected === 'crash') return count(tally, `${question.op}: refused where Alembic fails an assertion`);
  assert.equal(ours.code, expected, note);
  count(tally, `${question.op}: ${expected}`);
}

/** Of the rows that Alembic leaves, those that no other one needs; where it leaves none, because it fails, ours stand alone. */
function compareStamp(
  one: { map: RevisionMap; question: StampQuestion; theirs: OracleAnswer; ours: Outcome<unknown> },
  tally: Tally,
): void {
  const { map, question, theirs, ours } = one;
  const note = `${JSON.stringify(question)}: ours ${JSON.stringify(ours)}, Alembic ${JSON.stringify(theirs)}`;
  if (!('ok' in theirs)) {
    const expected = classOf(theirs, 'stamp');
    if (/^(?:crash|KeyError)/.test(expected)) return count(tally, 'stamp: where Alembic fails an update');
    assert.equal('code' in ours ? ours.code : 'accepted', expected, note);
    return count(tally, `stamp: ${expected}`);
  }
  if (question.target === '' && 'code' in ours) return count(tally, 'stricter: a stamp without a name');
  assert.ok('ok' in ours, note);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what oracle.py answers
  const rows = theirs.ok as string[];
  if (forgetsTarget(map, question.target, { rows, ours: ours.ok }))
    return count(tally, 'stamp: where Alembic loses one of several targets');
  assert.deepEqual(ours.ok, effectiveHeads(map, closure(map, rows)).toSorted(), note);
  count(tally, rows.length === ours.ok.length ? 'stamp: heads' : 'stamp: where Alembic keeps a row too many');
}

/** With several targets, a step to one of them takes away the rows of those that were there already. */
function forgetsTarget(map: RevisionMap, target: string, found: { rows: string[]; ours: unknown }): boolean {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- stampHeads answers ids
  const missing = (found.ours as string[]).filter((id) => !found.rows.includes(id));
  const wanted = idsOf(findRevisions(map, target));
  return wanted.length > 1 && missing.length > 0 && missing.every((id) => wanted.includes(id));
}

function answer(map: RevisionMap, question: Question): unknown {
  if (question.op === 'find') return idsOf(findRevisions(map, question.target));
  if (question.op === 'range') return idsOf(revisionRange(map, question.lower, question.upper));
  if (question.op === 'stamp') return stampHeads(map, question.heads, [question.target]);
  const applied = closure(map, question.heads);
  const path = question.op === 'upgrade' ? upgradePath : downgradePath;
  const plan = path(map, question.heads, question.target).map((node) => node.id);
  const after = question.op === 'upgrade' ? applied.union(new Set(plan)) : applied.difference(new Set(plan));
  return { plan, heads: { ok: effectiveHeads(map, after).toSorted() } };
}

/** Alembic's bookkeeping has two faults; neither changes which revisions it runs, so the plan is compared all the same. */
function tableState(map: RevisionMap, answered: unknown): 'exact' | 'fails an update' | 'keeps a row too many' {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what oracle.py answers to both questions
  const { heads } = answered as { heads: { ok: string[] } | { error: string } };
  if (!('ok' in heads)) return 'fails an update';
  const needless = effectiveHeads(map, closure(map, heads.ok)).length < heads.ok.length;
  return needless ? 'keeps a row too many' : 'exact';
}

function plansOf(answered: unknown): unknown {
  return typeof answered === 'object' && answered !== null && 'plan' in answered ? answered.plan : answered;
}

function closure(map: RevisionMap, heads: readonly string[]): Set<string> {
  const applied = new Set(heads);
  for (const id of applied) for (const before of map.nodes.get(id)?.requires ?? []) applied.add(before);
  return applied;
}

function idsOf(reached: readonly Reached[]): (string | null)[] {
  return reached.map((one) => (one === null || one === 'base' ? one : one.id));
}

function mapOf(revisions: readonly RevisionLinks[]): RevisionMap {
  const rest = { phase: 'expand', summary: '', adoptTables: [], checksum: '', up: [], down: [] } as const;
  return buildGraph(revisions.map((one) => ({ ...rest, ...one, file: `${one.id}_test.sql` }))).map;
}

function describe(map: RevisionMap): unknown {
  const nodes = [...map.nodes.values()];
  return {
    heads: map.heads,
    realHeads: map.realHeads,
    bases: map.bases,
    labels: Object.fromEntries(nodes.map((node) => [node.id, [...node.labels].toSorted()])),
    requires: Object.fromEntries(nodes.map((node) => [node.id, node.requires])),
  };
}

function isMisspeltBranch(map: RevisionMap, question: Question): boolean {
  if (question.op !== 'downgrade' || !question.target.includes('@')) return false;
  const branch = question.target.slice(0, question.target.lastIndexOf('@'));
  return [...map.names.keys()].every((name) => !name.startsWith(branch));
}

/** Alembic's exceptions have few classes; what a class means is told by the beginning of its message. */
const meanings: readonly (readonly [error: string, message: RegExp, code: string])[] = [
  ['RevisionError', /^Branch name /, 'duplicate_revision'],
  ['MultipleHeads', /^/, 'multiple_heads'],
  ['ResolutionError', /^No such /, 'unknown_revision'],
  ['ResolutionError', /^Multiple revisions start/, 'ambiguous_revision'],
  ['ResolutionError', /is not a member of branch/, 'not_in_branch'],
  ['RevisionError', /^(?:Relative revision|Walked too far)/, 'out_of_range'],
  ['RevisionError', /^Ambiguous /, 'ambiguous_walk'],
  ['RevisionError', /overlaps with/, 'overlapping_revisions'],
  ['RevisionError', /^Not a valid downgrade target/, 'not_in_branch'],
];

function classOf(answer: OracleAnswer, op: Question['op'] | 'build'): string {
  if ('ok' in answer) return 'accepted';
  const { error, message } = answer;
  if (error.endsWith('LoopDetected') || error.endsWith('CycleDetected')) return 'cycle';
  if (error === 'KeyError' && op === 'build') return 'missing_parent';
  if (error === 'RangeNotAncestorError') return op === 'downgrade' ? 'not_applied' : 'not_an_ancestor';
  if (error === 'AssertionError') return 'crash';
  const meaning = meanings.find(([name, start]) => name === error && start.test(message));
  return meaning?.[2] ?? `${error}: ${message}`;
}

function unwrap(answer: OracleAnswer): unknown {
  return 'ok' in answer ? answer.ok : answer;
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : JSON.stringify(value).includes('"plan":[]');
}

function count(tally: Tally, what: string): void {
  tally.set(what, (tally.get(what) ?? 0) + 1);
}
