import { type Arbitrary, array, constantFrom, integer, nat, noBias, oneof, record, tuple } from 'fast-check';
import type { GraphCase, Question } from './oracle.ts';

const labels = ['north', 'northwest', 'ab', 'us-east-1'];
const flaws = [
  'cycle',
  'missing_parent',
  'missing_dependency',
  'own_parent',
  'own_dependency',
  'label_twice',
  'label_is_id',
];

const node = record({
  /** Decides the order of the files; few values, so that ids share their beginnings. */
  rank: nat({ max: 5 }),
  /** Of earlier revisions; beyond the last one: none. Short first, so that a shrunk graph is a line. */
  parents: oneof(
    { weight: 4, arbitrary: integer({ min: 1, max: 2 }).map((back) => [back]) },
    { weight: 2, arbitrary: array(integer({ min: 1, max: 6 }), { maxLength: 3 }) },
  ),
  dependencies: oneof(
    { weight: 5, arbitrary: constantFrom<number[]>([]) },
    { weight: 2, arbitrary: array(integer({ min: 1, max: 6 }), { maxLength: 3 }) },
  ),
  /** Beyond the list: none. */
  label: nat({ max: 11 }),
});

/** Without a bias to the ends of the range, where the odd names are. */
const spelling = noBias(array(nat({ max: 40 }), { minLength: 5, maxLength: 5 }));

const question = record({
  op: constantFrom('upgrade', 'downgrade', 'upgrade', 'downgrade', 'find', 'range', 'stamp'),
  /** Applied, together with all that they need. */
  applied: oneof(
    array(nat({ max: 9 }), { maxLength: 4 }),
    constantFrom<number[]>([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [0, 1, 2, 3, 4, 5, 6, 7]),
  ),
  target: spelling,
  other: spelling,
});

/** A graph, sound nine times of ten, with questions about it. */
export const graphCases: Arbitrary<GraphCase> = tuple(
  array(node, { minLength: 1, maxLength: 10 }),
  array(question, { minLength: 1, maxLength: 4 }),
  oneof({ weight: 9, arbitrary: constantFrom(-1) }, { weight: 1, arbitrary: nat({ max: 6 }) }),
).map(([nodes, questions, flaw]) => {
  const revisions = linkNodes(nodes);
  const ids = revisions.map((one) => one.id);
  addFlaw(revisions, flaws[flaw]);
  return { revisions: sortById(revisions), questions: questions.map((one) => ask(one, { ids, revisions })) };
});

type Draft = { id: string; parents: string[]; dependsOn: string[]; labels: string[] };

function linkNodes(
  nodes: readonly { rank: number; parents: number[]; dependencies: number[]; label: number }[],
): Draft[] {
  const drafts: Draft[] = [];
  const used = new Set<string>();
  for (const [index, { rank, parents, dependencies, label }] of nodes.entries()) {
    const earlier = (steps: number[]): Draft[] => [...new Set(steps)].flatMap((back) => drafts[index - back] ?? []);
    const name = labels[label];
    const isFree = name !== undefined && !used.has(name);
    if (isFree) used.add(name);
    drafts.push({
      id: `${String(rank).repeat(4)}0000${index.toString(16).padStart(4, 'a')}`,
      parents: earlier(parents).map((one) => one.id),
      // A label in place of an id where there is one.
      dependsOn: earlier(dependencies).map((one) => one.labels[0] ?? one.id),
      labels: isFree ? [name] : [],
    });
  }
  return drafts;
}

function addFlaw(revisions: Draft[], flaw: string | undefined): void {
  const [first, last] = [revisions[0], revisions.at(-1)];
  if (!first || !last) return;
  if (flaw === 'cycle' && first !== last) first.parents.push(last.id);
  if (flaw === 'missing_parent') last.parents.push('ffffffffffff');
  if (flaw === 'missing_dependency') last.dependsOn.push('nowhere');
  if (flaw === 'own_parent') last.parents.push(last.id);
  if (flaw === 'own_dependency') last.dependsOn.push(last.id);
  if (flaw === 'label_twice' && first !== last) for (const one of [first, last]) one.labels.push('twice');
  if (flaw === 'label_is_id' && first !== last) last.labels.push(first.id);
}

function sortById(revisions: readonly Draft[]): Draft[] {
  return revisions.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

interface Names {
  ids: readonly string[];
  revisions: readonly Draft[];
}

function ask(raw: { op: string; applied: number[]; target: number[]; other: number[] }, names: Names): Question {
  const target = spell(raw.target, names);
  if (raw.op === 'find') return { op: 'find', target };
  if (raw.op === 'range') return { op: 'range', lower: spell(raw.other, names), upper: target };
  const heads = headsOf(raw.applied, names);
  if (raw.op === 'stamp') return { op: 'stamp', heads, target };
  return { op: raw.op === 'upgrade' ? 'upgrade' : 'downgrade', heads, target };
}

/** The numbers choose a form and what stands in it; small ones the plainest. */
function spell([form = 0, first = 0, second = 0, third = 0, cut = 0]: number[], names: Names): string {
  const symbol = symbolOf(first, cut, names);
  const branch = branchOf(second, names);
  const steps = `${third % 2 === 0 ? '-' : '+'}${third % 5}`;
  const forms = [
    symbol,
    symbol,
    steps,
    `${branch}@${symbol}`,
    `${branch}@head`,
    `${branch}@${steps}`,
    `${symbol}${steps}`,
    `${branch}@${symbol}${steps}`,
  ];
  return forms[form % forms.length] ?? symbol;
}

function symbolOf(choice: number, cut: number, { ids }: Names): string {
  const fixed = ['head', 'heads', 'base', 'heads', 'base', 'zzzz', ''];
  if (choice < fixed.length) return fixed[choice] ?? '';
  const id = ids[choice % ids.length] ?? '';
  if (choice > 37) return (labels[choice % labels.length] ?? '').slice(0, 2 + cut);
  return cut > 8 ? id : id.slice(0, Math.max(1, cut));
}

function branchOf(choice: number, { ids, revisions }: Names): string {
  const known = revisions.flatMap((one) => one.labels);
  if (choice < 28) return known[choice % known.length] ?? ids[choice % ids.length] ?? '';
  if (choice > 38) return 'nobody';
  return choice > 36 ? (labels[choice % labels.length] ?? '') : (ids[choice % ids.length] ?? '');
}

/** Closed: what an applied revision needs is applied. The rows of the version table are those that no other one needs. */
function headsOf(chosen: readonly number[], { ids, revisions }: Names): string[] {
  const byName = new Map(revisions.flatMap((one) => [one.id, ...one.labels].map((name) => [name, one])));
  const applied = new Set(chosen.flatMap((index) => ids[index] ?? []));
  const needed = new Set<string>();
  for (const id of applied) {
    const one = byName.get(id);
    for (const name of [...(one?.parents ?? []), ...(one?.dependsOn ?? [])]) {
      const before = byName.get(name)?.id;
      if (before === undefined) continue;
      applied.add(before);
      needed.add(before);
    }
  }
  return [...applied].filter((id) => !needed.has(id)).toSorted();
}
