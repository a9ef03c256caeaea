import { ancestorsOf } from './lineage.ts';
import { refuse } from './refuse.ts';
import { get, type RevisionMap, type RevisionNode } from './revision-map.ts';

interface Front {
  id: string;
  ancestors: Set<string>;
}

/**
 * The chosen revisions, descendants before ancestors. One line is followed down as far as possible, and left for another
 * one only where that still stands on it: a branch's revisions stay together.
 */
export function sortNewestFirst(
  map: RevisionMap,
  chosen: ReadonlySet<RevisionNode>,
  tips: readonly RevisionNode[],
): RevisionNode[] {
  const left = new Set([...chosen].map((node) => node.id));
  const sorted: RevisionNode[] = [];
  const fronts = [...map.nodes.values()]
    .filter((node) => tips.includes(node) && left.has(node.id))
    .map((node) => frontAt(map, node.id));
  let turn = 0;
  for (let front = fronts[turn]; front; front = fronts[turn]) {
    const { id } = front;
    const above = fronts.findIndex((other) => other !== front && other.ancestors.has(id));
    if (above !== -1) {
      turn = above;
      continue;
    }
    if (left.delete(id)) sorted.push(get(map.nodes, id));
    turn = advance(map, { fronts, turn, left });
  }
  if (left.size > 0) refuse('not_an_ancestor', `${[...left].join(', ')} cannot be reached from the range's end`);
  return sorted;
}

/** Replaces a front by what its revision stands on; answers whose turn it is. */
function advance(map: RevisionMap, state: { fronts: Front[]; turn: number; left: ReadonlySet<string> }): number {
  const { fronts, turn, left } = state;
  const front = fronts[turn];
  if (!front) return 0;
  const { requires } = get(map.nodes, front.id);
  const next = requires.filter((id) => left.has(id) && fronts.every((other) => other.id !== id));
  const [first, ...others] = next;
  if (first === undefined) {
    fronts.splice(turn, 1);
    return Math.max(turn - 1, 0);
  }
  if (requires.length === 1) {
    // On a plain line the ancestors are the same but for the revision itself: no new search for each.
    front.ancestors.delete(front.id);
    front.id = first;
  } else {
    fronts[turn] = frontAt(map, first);
    fronts.push(...others.map((id) => frontAt(map, id)));
  }
  return turn;
}

function frontAt(map: RevisionMap, id: string): Front {
  const ancestors = ancestorsOf(map, [get(map.nodes, id)], 'everything');
  return { id, ancestors: new Set([...ancestors].map((node) => node.id)) };
}
