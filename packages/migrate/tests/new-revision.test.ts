import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { createRevision, loadRevisions, mergeRevisions, show } from '../src/index.ts';
import { fileName, revisionText, step, writeFolder } from './support/revisions.ts';

const [a, b, c] = ['aaaa00000001', 'bbbb00000002', 'cccc00000003'];
const sql = { up: step('one', 'tx', 'SELECT 1'), down: step('one', 'tx', 'SELECT 1') };

async function forked(): ReturnType<typeof writeFolder> {
  const parts = [
    { id: a, ...sql },
    { id: b, parents: [a], header: '-- stanchion:labels [billing]', ...sql },
    { id: c, parents: [a], ...sql },
  ];
  return writeFolder(Object.fromEntries(parts.map((one) => [fileName(one.id), revisionText(one)])));
}

test('a new revision has its header, and is refused until its steps are written', async (t) => {
  const { folder, remove } = await forked();
  t.after(remove);
  const made = await createRevision(await loadRevisions(folder), folder, {
    summary: 'Orders: a customer  reference!',
    head: 'billing@head',
    labels: ['orders'],
    dependsOn: ['cccc'],
  });

  assert.match(made.file, /^[0-9a-f]{12}_orders_a_customer_reference\.sql$/);
  const text = await readFile(made.path, 'utf8');
  assert.match(text, /down_revision \[bbbb00000002\]\n.*labels \[orders\]\n.*depends_on \[cccc00000003\]\n/);
  await assert.rejects(loadRevisions(folder), { code: 'bad_step' });
});

test('a new revision needs one head', async (t) => {
  const { folder, remove } = await forked();
  t.after(remove);
  await assert.rejects(createRevision(await loadRevisions(folder), folder, { summary: 'x' }), {
    code: 'multiple_heads',
  });
});

test('a new revision begins a branch only where it is told so', async (t) => {
  const { folder, remove } = await forked();
  t.after(remove);
  const graph = await loadRevisions(folder);
  await assert.rejects(createRevision(graph, folder, { summary: 'x', head: a }), { code: 'not_a_head' });
  assert.deepEqual((await createRevision(graph, folder, { summary: 'x', head: a, splice: true })).parents, [a]);
});

test('a label that exists, and a summary that is empty, leave no file', async (t) => {
  const { folder, remove } = await forked();
  t.after(remove);
  const graph = await loadRevisions(folder);
  const taken = createRevision(graph, folder, { summary: 'x', head: b, labels: ['billing'] });
  await assert.rejects(taken, { code: 'duplicate_revision' });
  await assert.rejects(createRevision(graph, folder, { summary: ' ', head: b }), { code: 'bad_header' });
  assert.equal((await loadRevisions(folder)).order.length, 3);
});

test('a merge joins the heads and can be applied as it is', async (t) => {
  const { folder, remove } = await forked();
  t.after(remove);
  const made = await mergeRevisions(await loadRevisions(folder), folder, { summary: 'one line again' });

  const graph = await loadRevisions(folder);
  assert.deepEqual(graph.heads, [made.revision]);
  assert.deepEqual(show(graph, 'head').parents, [b, c]);
  await assert.rejects(mergeRevisions(graph, folder, { summary: 'x' }), { code: 'nothing_to_merge' });
});
