import { ancestorsOf, effectiveHeads, sharesLineage } from './lineage.ts';
import { onLineOf } from './names.ts';
import { findRevisions } from './resolve.ts';
import { get, type RevisionMap, type RevisionNode } from './revision-map.ts';

/**
 * The heads after a stamp. A target above or below what is applied on its line or branch replaces that, `base` replaces
 * everything, `label@base` a branch; one that stands beside it is a new branch, and one that is there already changes nothing.
 */
export function stampHeads(map: RevisionMap, heads: readonly string[], targets: readonly string[]): string[] {
  const current = heads.map((id) => get(map.nodes, id));
  const onLine = [...new Set(targets.flatMap((target) => onLineOf(map, current, target, 'everything')))];
  const found = targets.flatMap((target) => {
    const reached = findRevisions(map, target);
    return reached.length === 0 ? [null] : reached;
  });
  const wanted = found.filter((one): one is RevisionNode => one !== null && one !== 'base');
  const moves = wanted.some(
    (node) => !onLine.includes(node) && onLine.length > 0 && sharesLineage(map, node, onLine, 'everything'),
  );
  const replaced = new Set(moves || wanted.length < found.length ? onLine : []);
  const kept = current.filter((node) => !replaced.has(node));
  const applied = ancestorsOf(map, [...kept, ...wanted], 'everything');
  return effectiveHeads(map, new Set([...applied].map((node) => node.id))).toSorted();
}
