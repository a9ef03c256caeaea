import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { autogenerateVerb } from '../../src/cli/autogenerate.ts';
import type { MigrateContext } from '../../src/cli/verb.ts';
import { makePlace, makePlaceWithDatabase, type Place } from './support.ts';

const models = (columns: string): string => `CREATE TABLE item (id bigint PRIMARY KEY${columns});`;

describe('revision --autogenerate, check and drift', () => {
  test('write what leads to the models once, apply it, and then find nothing', async (t) => {
    const { place } = await makePlaceWithDatabase(t);
    await begin(place, models(', name text'));

    const first = await place.run('revision', '--autogenerate', '-m', 'items', '--models', 'models.sql');
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stdout, /_items\.sql\n {2}item is created/);
    assert.equal((await place.run('upgrade')).code, 0);

    const again = await place.run('revision', '--autogenerate', '-m', 'again', '--models', 'models.sql');
    assert.match(again.stdout, /nothing was written/);
    assert.equal((await revisionsOf(place)).length, 1);
    assert.equal((await place.run('check', '--models', 'models.sql')).code, 0);
    assert.equal((await place.run('drift')).code, 0);
  });

  test('name each object that differs, with exit code 1', async (t) => {
    const { place, database } = await makePlaceWithDatabase(t);
    await begin(place, models(', name text'));
    await place.run('revision', '--autogenerate', '-m', 'items', '--models', 'models.sql');
    await place.run('upgrade');
    await place.write('models.sql', models(', name text NOT NULL'));
    await database.client.query('ALTER TABLE item ADD COLUMN extra int');

    const check = await place.report('check', '--models', 'models.sql');
    const drift = await place.report('drift');

    assert.equal(check.code, 1);
    assert.deepEqual(
      check.findings.map(({ id, evidence }) => [id, evidence]),
      [['ST-models-differ', 'column item.name differs in notNull: expected true, found false']],
    );
    assert.equal(drift.code, 1);
    assert.deepEqual(
      drift.findings.map(({ id, evidence }) => [id, evidence]),
      [['ST-schema-drift', 'column item.extra is not expected']],
    );
  });

  test('ask whether something was renamed, by its flag where nobody sits at a terminal', async (t) => {
    const { place } = await makePlaceWithDatabase(t);
    await begin(place, models(', note text'));
    await place.run('revision', '--autogenerate', '-m', 'items', '--models', 'models.sql');
    await place.write('models.sql', models(', remark text'));
    const base = ['revision', '--autogenerate', '-m', 'remark', '--models', 'models.sql', '--dry-run'];

    const unclear = await place.report(...base);
    const renamed = await place.run(...base, '--rename', 'item.note:item.remark');
    const separate = await place.run(...base, '--no-rename');

    assert.equal(unclear.code, 5);
    assert.match(JSON.stringify(unclear.findings), /--rename item\.note:item\.remark if so, --no-rename if not/);
    assert.match(renamed.stdout, /stanchion:step sync_remark/);
    assert.match(separate.stdout, /soft_drop_column\('item', 'note'/);
    assert.equal((await revisionsOf(place)).length, 1, '--dry-run writes nothing');
  });

  test('take the answer of whoever sits at a terminal', async (t) => {
    const { place, database } = await makePlaceWithDatabase(t);
    await begin(place, models(', note text'));
    await place.run('revision', '--autogenerate', '-m', 'items', '--models', 'models.sql');
    const asked: string[] = [];
    const answers = ['x', '1'];
    const context: Pick<MigrateContext, 'models' | 'folder' | 'settings' | 'ask' | 'withConnection'> = {
      folder: join(place.cwd, 'migrations'),
      settings: {},
      models: async () => ({ sql: models(', remark text'), origin: 'models.sql' }),
      withConnection: async (work) => work(database.config),
      ask: async (question) => {
        asked.push(question);
        return answers.shift() ?? '';
      },
    };

    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all that the verb reads
    const result = await autogenerateVerb({ message: 'remark', dryRun: true }, context as MigrateContext);

    assert.match(
      asked[0] ?? '',
      /The column item\.note is no longer in the models\.\n {2}1 {2}it is called item\.remark now\n {2}0/,
    );
    assert.equal(asked.length, 2, 'what is no number of the list is asked again');
    assert.match(result.text, /stanchion:step sync_remark/);
  });

  test('say what has no online form, and what to do', async (t) => {
    const { place } = await makePlaceWithDatabase(t);
    await begin(place, models(''));
    await place.run('revision', '--autogenerate', '-m', 'items', '--models', 'models.sql');
    await place.write('models.sql', models(', rank int NOT NULL'));

    const refused = await place.report('revision', '--autogenerate', '-m', 'rank', '--models', 'models.sql');
    const filled = await place.run(
      'revision',
      '--autogenerate',
      '-m',
      'rank',
      '--models',
      'models.sql',
      '--fill',
      'item.rank=7',
    );

    assert.equal(refused.code, 5);
    assert.match(JSON.stringify(refused.findings), /--fill item\.rank=/);
    assert.equal(filled.code, 0, filled.stderr);
    assert.equal(filled.stdout.match(/\.sql/g)?.length, 3);
  });

  test('tell the line of the models that PostgreSQL refuses', async (t) => {
    const { place } = await makePlaceWithDatabase(t);
    await begin(place, 'CREATE TABLE item (id bigint);\nCREATE TABLE part (id nonsense);');

    const refused = await place.report('check', '--models', 'models.sql');

    assert.equal(refused.code, 3);
    assert.match(JSON.stringify(refused.findings), /models\.sql:2/);
  });

  test('want models', async (t) => {
    const place = await makePlace(t);
    await place.run('init');

    const outcome = await place.run('check');

    assert.equal(outcome.code, 78);
    assert.match(outcome.stderr, /--models/);
  });
});

async function begin(place: Place, sql: string): Promise<void> {
  await place.run('init');
  await place.write('models.sql', sql);
}

async function revisionsOf(place: Place): Promise<string[]> {
  return (await readdir(join(place.cwd, 'migrations'))).filter((file) => file.endsWith('.sql'));
}
