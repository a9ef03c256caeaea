import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import { describe, type TestContext, test } from 'node:test';
import { upgrade } from '@stanchion/migrate';
import { createProject, type Project } from '../../packages/migrate/tests/alembic/project.ts';
import { openDatabase, readIncumbentRows } from './support.ts';

/** Not the dump's: whatever it is called, the incumbent's Alembic has it and we have not. */
const theirs = '0f1e2d3c4b5a';

interface Incumbent {
  sql: Awaited<ReturnType<typeof openDatabase>>['sql'];
  upgrade: () => Promise<unknown>;
  /** Its Alembic, with its own revision alone until stubs are written. */
  project: Project;
}

async function open(t: TestContext): Promise<Incumbent> {
  const { sql, connection, graph } = await openDatabase(t, 'legacy-db-alembic.sql');
  await sql('UPDATE alembic_version SET version_num = $1', [theirs]);
  const project = await createProject(t, {
    database: { config: connection },
    isShared: false,
    lock: true,
    python: [{ id: theirs }],
  });
  await cp(new URL('../../migrations', import.meta.url), project.folder, { recursive: true });
  return { sql, project, upgrade: async () => upgrade(graph, { connection }) };
}

async function succeed({ project }: Incumbent, ...words: string[]): Promise<string> {
  const { code, output } = await project.alembic(...words);
  assert.equal(code, 0, output);
  return output;
}

describe("the incumbent's own Alembic", () => {
  test('goes on as before on a database that we have upgraded', async (t) => {
    const incumbent = await open(t);
    await incumbent.upgrade();

    await succeed(incumbent, 'upgrade', 'head');

    assert.match(await succeed(incumbent, 'current'), new RegExp(`^${theirs} \\(head\\)`, 'm'));
  });

  test('goes up and down with our stubs behind its revision, and loses no row', async (t) => {
    const incumbent = await open(t);
    const rows = await readIncumbentRows(incumbent.sql);
    await incumbent.project.writeStubs([theirs]);

    // Whether its tables are the baseline is for our runner to compare.
    const early = await incumbent.project.alembic('upgrade', 'head');
    assert.match(early.output, /let Stanchion's runner upgrade first/);

    await incumbent.upgrade();
    await succeed(incumbent, 'upgrade', 'head');
    const head = await incumbent.sql('SELECT version_num FROM alembic_version');
    await succeed(incumbent, 'downgrade', theirs);

    assert.notDeepEqual(head, [{ version_num: theirs }]);
    assert.deepEqual(await incumbent.sql('SELECT version_num FROM alembic_version'), [{ version_num: theirs }]);
    assert.deepEqual(await readIncumbentRows(incumbent.sql), rows);
    await incumbent.upgrade();
    assert.deepEqual(await readIncumbentRows(incumbent.sql), rows);
  });
});
