import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { array, assert as check, nat, property } from 'fast-check';
import { effectiveHeads, moveHeads } from '../src/graph/lineage.ts';
import { buildRevisionMap } from '../src/graph/revision-map.ts';
import { planDowngrade, planUpgrade } from '../src/graph.ts';
import { getRevision, heads, history, type MigrationError, type RevisionGraph } from '../src/index.ts';
import { graphCases } from './alembic/graphs.ts';
import { graphOf, step } from './support/revisions.ts';

const [a, b, c, d] = ['aaaa00000001', 'bbbb00000002', 'cccc00000003', 'dddd00000004'];
const sql = { up: step('one', 'tx', 'SELECT 1'), down: step('one', 'tx', 'SELECT 1') };
const ids = (plan: readonly { id: string }[]): string[] => plan.map((revision) => revision.id);

function diamond(): RevisionGraph {
  return graphOf(
    { id: d, parents: [b, c], ...sql },
    { id: c, parents: [a], ...sql },
    { id: b, parents: [a], ...sql },
    { id: a, ...sql },
  );
}

describe('buildGraph', () => {
  test('puts every ancestor before its descendants', () => {
    assert.deepEqual(ids(diamond().order), [a, c, b, d]);
  });

  test('refuses a cycle and names its files', () => {
    const build = (): RevisionGraph =>
      graphOf(
        { id: a, ...sql },
        { id: b, parents: [a, d], ...sql },
        { id: c, parents: [b], ...sql },
        { id: d, parents: [c], ...sql },
      );

    assert.throws(build, (error: MigrationError) => {
      assert.equal(error.code, 'cycle');
      assert.match(error.message, /bbbb00000002.*cccc00000003/s);
      assert.doesNotMatch(error.message, /aaaa00000001/);
      return true;
    });
  });

  test('refuses a revision that is its own parent', () => {
    assert.throws(() => graphOf({ id: a, parents: [a], ...sql }), { code: 'cycle' });
  });

  test('refuses a cycle through a dependency', () => {
    const dependsOn = { id: a, header: `-- stanchion:depends_on [${b}]`, ...sql };

    assert.throws(() => graphOf(dependsOn, { id: b, parents: [a], ...sql }), { code: 'cycle' });
  });

  test('reports every missing parent', () => {
    const build = (): RevisionGraph => graphOf({ id: a, parents: [c], ...sql }, { id: b, parents: [d], ...sql });

    assert.throws(build, (error: MigrationError) => error.code === 'missing_parent' && error.faults.length === 2);
  });

  test('refuses one id in two files', () => {
    assert.throws(() => graphOf({ id: a, ...sql }, { id: a, ...sql }), { code: 'duplicate_revision' });
  });

  test('orders random graphs topologically', () => {
    const edges = array(array(nat({ max: 100 }), { maxLength: 3 }), { minLength: 1, maxLength: 30 });
    check(
      property(edges, (rows) => {
        const id = (at: number): string => (at * 7919 + 1).toString(16).padStart(12, '0');
        const graph = graphOf(
          ...rows.map((row, at) => ({
            id: id(at),
            parents: [...new Set(row.filter((to) => to < at).map(id))],
            ...sql,
          })),
        );
        const seen = new Set<string>();
        for (const revision of graph.order) {
          assert.ok(revision.parents.every((parent) => seen.has(parent)));
          seen.add(revision.id);
        }
        assert.equal(seen.size, rows.length);
      }),
    );
  });
});

describe('planUpgrade', () => {
  test('brings what is missing to the head', () => {
    assert.deepEqual(ids(planUpgrade(diamond(), new Set([a, b]), 'head')), [c, d]);
  });

  test('brings a target and its ancestors only', () => {
    assert.deepEqual(ids(planUpgrade(diamond(), new Set(), 'cccc')), [a, c]);
  });

  test('refuses two heads by name', () => {
    const graph = graphOf({ id: a, ...sql }, { id: b, parents: [a], ...sql }, { id: c, parents: [a], ...sql });

    assert.throws(
      () => planUpgrade(graph, new Set(), 'head'),
      (error: MigrationError) =>
        error.code === 'multiple_heads' && error.message.includes(b) && error.message.includes(c),
    );
    assert.deepEqual(
      heads(graph).map((entry) => entry.revision),
      [b, c],
    );
  });

  test('refuses an id that nothing has', () => {
    assert.throws(() => planUpgrade(diamond(), new Set(), 'ffff'), { code: 'unknown_revision' });
  });

  test('refuses the beginning of several ids', () => {
    const graph = graphOf({ id: 'aaaa00000001', ...sql }, { id: 'aaaa00000002', parents: ['aaaa00000001'], ...sql });

    assert.throws(() => getRevision(graph, 'aaaa'), { code: 'ambiguous_revision' });
  });
});

describe('planDowngrade', () => {
  test('reverts descendants and leaves other branches', () => {
    const graph = graphOf(
      { id: a, ...sql },
      { id: b, parents: [a], ...sql },
      { id: c, parents: [a], ...sql },
      { id: d, parents: [b], ...sql },
    );

    assert.deepEqual(ids(planDowngrade(graph, new Set([a, b, c, d]), b)), [d]);
  });

  test('refuses a target that is not applied', () => {
    assert.throws(() => planDowngrade(diamond(), new Set([a]), b), { code: 'not_applied' });
  });

  test('refuses a revision without a down section before anything runs', () => {
    const graph = graphOf({ id: a, ...sql }, { id: b, parents: [a], up: sql.up }, { id: c, parents: [b], ...sql });

    assert.throws(() => planDowngrade(graph, new Set([a, b, c]), a), { code: 'irreversible' });
  });
});

test('history lists the newest first', () => {
  assert.deepEqual(
    history(diamond()).map((entry) => entry.revision),
    [d, b, c, a],
  );
});

describe('the heads of what is applied', () => {
  test('move with each revision as if they were looked for anew', () => {
    check(
      property(graphCases, array(nat({ max: 9 }), { maxLength: 30 }), ({ revisions }, moves) => {
        const known = new Set(revisions.map(({ id }) => id));
        const sound = revisions.map((one) => ({
          ...one,
          labels: [],
          parents: one.parents.filter((id) => known.has(id)),
          dependsOn: one.dependsOn.filter((id) => known.has(id)),
        }));
        const map = buildRevisionMap(withoutCycles(sound));
        const all = [...map.nodes.keys()];
        const applied = new Set<string>();
        let moved: string[] = [];
        for (const move of moves) {
          const revision = all[move % all.length] ?? '';
          const isUp = !applied.has(revision);
          moved = moveHeads(map, moved, { applied, revision, isUp });
          if (isUp) applied.add(revision);
          else applied.delete(revision);
          assert.deepEqual(moved.toSorted(), effectiveHeads(map, applied).toSorted());
        }
      }),
    );
  });
});

/** Edges to what comes later are left out. */
function withoutCycles<Links extends { id: string; parents: string[]; dependsOn: string[] }>(list: Links[]): Links[] {
  const earlier = new Set<string>();
  return list.map((one) => {
    const [parents, dependsOn] = [one.parents, one.dependsOn].map((names) => names.filter((id) => earlier.has(id)));
    earlier.add(one.id);
    return { ...one, parents: parents ?? [], dependsOn: dependsOn ?? [] };
  });
}
