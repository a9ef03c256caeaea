import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { lintRevisions, loadRevisions, measureRevisions, type RevisionGraph } from '../../src/index.ts';
import { createDatabase } from '../support/database.ts';
import { revisionText, step, writeFolder } from '../support/revisions.ts';

const [a, b] = ['aaaa00000001', 'bbbb00000002'];
const index = join(import.meta.dirname, '../../src/index.ts');

async function load(t: TestContext, steps: string): Promise<RevisionGraph> {
  const { folder, remove } = await writeFolder({
    [`${a}_t.sql`]: revisionText({ id: a, up: step('t', 'tx', 'CREATE TABLE t (id bigint PRIMARY KEY, v text);') }),
    [`${b}_code.ts`]: `import { defineRevision } from '${index}';
export default defineRevision({
  revision: '${b}', downRevision: ['${a}'], phase: 'backfill', summary: 'in code',
  up: [${steps}],
});
`,
  });
  t.after(remove);
  return loadRevisions(folder);
}

const code = "{ name: 'code', mode: 'tx', run: async (tx) => tx.query('ALTER TABLE t ALTER v SET NOT NULL') }";

describe('the lint of a TypeScript revision', () => {
  test('reads the SQL of its steps, and points into its file', async (t) => {
    const graph = await load(t, "\n    { name: 'sql', mode: 'tx', sql: 'DROP TABLE t' },\n  ");

    const { findings } = await lintRevisions(graph);

    assert.deepEqual(
      findings.map(({ rule, file, line }) => [rule, file, line]),
      [['ST050', `${b}_code.ts`, 5]],
    );
  });

  test('calls a step in code opaque, unless that was accepted or it is a batch', async (t) => {
    const accepted = code
      .replace("mode: 'tx'", "mode: 'tx', accept: { ST093: 'one row' }")
      .replace("'code'", "'known'");
    const batch = "{ name: 'rows', mode: 'batch', table: 't', key: ['id'], run: async () => undefined }";

    const { findings, waived } = await lintRevisions(await load(t, [code, accepted, batch].join(', ')));

    assert.deepEqual(
      [findings.map(({ rule, step: name }) => [rule, name]), waived.map(({ reason }) => reason)],
      [[['ST093', 'code']], ['one row']],
    );
  });

  test('goes by what the code did where that was measured', async (t) => {
    const database = await createDatabase();
    t.after(() => database.drop());
    const graph = await load(t, code);
    const measured = await measureRevisions(graph, { connection: database.config });

    const { findings } = await lintRevisions(graph, { measured });

    assert.deepEqual(
      findings.map(({ rule, message }) => `${rule} ${message}`),
      ['ST094 "public.t" is read as a whole under ACCESS EXCLUSIVE'],
    );
  });
});
