import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { InitData } from '../../src/cli/init.ts';
import { loadOutline, parseRevision } from '../../src/index.ts';
import { renderScript } from '../../src/offline/script.ts';
import { fileName, revisionText, step } from '../support/revisions.ts';
import { makePlace, type Place } from './support.ts';

describe('revision and merge', () => {
  test('write a file and print its path, also on one that is not finished', async (t) => {
    const place = await makePlace(t);
    await mkdir(join(place.cwd, 'migrations'));

    const first = await place.run('revision', '-m', 'Orders', '--branch-label', 'orders');
    const path = first.stdout.trim();
    assert.match(path, /migrations\/[0-9a-f]{12}_orders\.sql$/);
    assert.match(await readFile(path, 'utf8'), /stanchion:down_revision \[\]\n.*labels \[orders\]/);
    assert.equal((await place.run('merge', '-m', 'Join')).code, 2);
    assert.equal((await place.run('revision', '-m', 'Next', '--phase', 'later')).code, 2);
    const next = (await place.run('revision', '-m', 'Next')).stdout.trim();
    assert.match(next, /_next\.sql$/);
    const [, parent = ''] = /([0-9a-f]{12})_orders/.exec(path) ?? [];
    assert.match(await readFile(next, 'utf8'), new RegExp(`stanchion:down_revision \\[${parent}\\]\n`));
  });
});

describe('a folder with a file that is not finished', () => {
  const [a, b, c] = ['aaaa00000001', 'bbbb00000002', 'cccc00000003'];

  async function makeUnfinished(
    t: TestContext,
    up = '-- stanchion:step change mode=tx\n-- Write it here.',
  ): Promise<Place> {
    const place = await makePlace(t);
    await mkdir(join(place.cwd, 'migrations'));
    const whole = step('one', 'tx', 'SELECT 1');
    for (const [id, parents, text] of [
      [a, [], whole],
      [b, [a], up],
      [c, [a], whole],
    ] as const) {
      await place.write(`migrations/${fileName(id)}`, revisionText({ id, parents, up: text }));
    }
    return place;
  }

  for (const [what, up, told] of [
    ['a step without a statement', undefined, /step "change" is empty/],
    ['no step', '', /there is no step/],
    ['a text without an end', step('one', 'tx', "SELECT 'x"), /never closed/],
    ['SQL outside of a step', 'SELECT 1;', /outside of a step/],
    ['a line that belongs nowhere', '-- stanchion:labels [x]\n', /does not belong/],
  ] as const) {
    test(`is told by history, heads, branches and show: ${what}`, async (t) => {
      const place = await makeUnfinished(t, up);

      const { stdout, code } = await place.run('history');
      assert.deepEqual([code, stdout.match(/^\w{12}/gm)?.toSorted()], [0, [a, b, c]]);
      assert.deepEqual(stdout.match(/^.*\(unfinished\)$/gm), [`${b}  expand    revision ${b}  (head)  (unfinished)`]);
      assert.deepEqual((await place.run('heads')).stdout.match(/^\w{12}/gm)?.toSorted(), [b, c]);
      assert.match((await place.run('branches')).stdout, new RegExp(`^${a}.*\n {2}-> ${b}\n {2}-> ${c}`));
      assert.match((await place.run('show', b)).stdout, /^unfinished: bbbb00000002_test\.sql:\d+:/m);
      assert.match((await place.run('show', b)).stdout, told);
    });
  }

  test('takes a merge and a further revision', async (t) => {
    const place = await makeUnfinished(t);

    assert.equal((await place.run('merge', '-m', 'join')).code, 0);
    assert.equal((await place.run('revision', '-m', 'more')).code, 0);

    assert.equal((await place.run('heads')).stdout.match(/^\w{12}/gm)?.length, 1);
  });

  for (const verb of [
    ['upgrade'],
    ['plan'],
    ['lint'],
    ['check'],
    ['upgrade', '--sql'],
    ['stamp', 'heads'],
    ['verify'],
  ]) {
    test(`is refused with file and line by ${verb.join(' ')}`, async (t) => {
      const place = await makeUnfinished(t);

      const { code, stderr } = await place.run(...verb);

      assert.deepEqual([code, /bbbb00000002_test\.sql:\d+: step "change" is empty/.test(stderr)], [3, true], stderr);
    });
  }

  test('is refused by every verb when nobody can tell what a file is', async (t) => {
    const place = await makeUnfinished(t);
    await place.write('migrations/dddd00000004_x.sql', '-- stanchion:revision dddd00000004\n');

    const { code, stderr } = await place.run('history');

    assert.equal(code, 3);
    assert.match(stderr, /dddd00000004_x\.sql:1: header/);
    assert.doesNotMatch(stderr, /bbbb/);
  });

  test('runs nothing of it, whoever takes its outline for the whole', async (t) => {
    const place = await makeUnfinished(t);
    const graph = await loadOutline(join(place.cwd, 'migrations'));

    assert.throws(() => renderScript(graph, { direction: 'up', range: 'heads' }), { code: 'bad_step' });
    assert.match(graph.byId.get(b)?.checksum ?? '', /^[0-9a-f]{64}$/);
  });
});

describe('a revision in TypeScript', () => {
  test('has its header, is refused until it is written, and then is a revision', async (t) => {
    const place = await makePlace(t);
    await mkdir(join(place.cwd, 'migrations'));
    const args = ['revision', '-m', 'It\'s "new"', '--branch-label', 'orders', '--phase', 'backfill', '--typescript'];

    const path = (await place.run(...args)).stdout.trim();

    assert.match(path, /[0-9a-f]{12}_it_s_new\.ts$/);
    // Nothing is installed in this folder.
    const index = join(import.meta.dirname, '../../src/index.ts');
    const text = (await readFile(path, 'utf8')).replace("'@stanchion/migrate'", `'${index}'`);
    await writeFile(path, text);
    assert.match((await place.run('heads')).stdout, /\(unfinished\)$/m);
    assert.match((await place.run('lint')).stderr, /_new\.ts:\d+: step "change" is empty/);
    await writeFile(path, text.replaceAll("sql: ''", "run: async (tx) => tx.query('SELECT 1')"));
    const { data } = await place.report('heads');
    assert.partialDeepStrictEqual(data, [{ phase: 'backfill', summary: 'It\'s "new"', labels: ['orders'] }]);
  });
});

describe('a dry run of what writes files', () => {
  test('prints the file and writes none', async (t) => {
    const place = await makePlace(t);
    await mkdir(join(place.cwd, 'migrations'));

    const { code, stdout } = await place.run('revision', '-m', 'Orders', '--rev-id', 'aaaa00000001', '--dry-run');

    assert.equal(code, 0);
    assert.match(stdout, /^-- .*migrations\/aaaa00000001_orders\.sql\n-- stanchion:revision aaaa00000001\n/);
    assert.deepEqual(await readdir(join(place.cwd, 'migrations')), []);
  });

  test('prints a merge and writes none', async (t) => {
    const place = await makePlace(t);
    await mkdir(join(place.cwd, 'migrations'));
    for (const id of ['aaaa00000001', 'bbbb00000002']) {
      await place.write(`migrations/${fileName(id)}`, revisionText({ id, up: step('one', 'tx', 'SELECT 1') }));
    }

    const { code, stdout } = await place.run('merge', '-m', 'Join', '--dry-run');

    assert.equal(code, 0);
    assert.match(stdout, /down_revision \[aaaa00000001, bbbb00000002\]/);
    assert.equal((await readdir(join(place.cwd, 'migrations'))).length, 2);
  });

  test('refuses an id that is none', async (t) => {
    const place = await makePlace(t);
    await mkdir(join(place.cwd, 'migrations'));
    for (const id of ['ABC', 'aaaa0000000g', '../../aaaa0000']) {
      assert.equal((await place.run('revision', '-m', 'Orders', '--rev-id', id)).code, 2, id);
    }
    assert.deepEqual(await readdir(join(place.cwd, 'migrations')), []);
  });

  test('takes a label with a hyphen', async (t) => {
    const place = await makePlace(t);
    await mkdir(join(place.cwd, 'migrations'));
    assert.equal((await place.run('revision', '-m', 'x', '--branch-label', 'a-b')).code, 0);
  });

  for (const [what, ...words] of [
    ['an empty summary', '-m', '  '],
    ['a label that is none', '-m', 'x', '--branch-label', 'a b'],
    ['a label that means something else', '-m', 'x', '--branch-label', 'heads'],
    ['what only --autogenerate takes', '-m', 'x', '--fill', 't.a=1'],
    ['--no-rename without --autogenerate', '-m', 'x', '--no-rename'],
    ['an id for what --autogenerate writes', '-m', 'x', '--autogenerate', '--rev-id', 'aaaa00000001'],
    ['--autogenerate in TypeScript', '-m', 'x', '--autogenerate', '--typescript'],
  ] as const) {
    test(`refuses ${what}, with 2 and what to do`, async (t) => {
      const place = await makePlace(t);
      await mkdir(join(place.cwd, 'migrations'));
      const { code, stderr } = await place.run('revision', ...words);
      assert.equal(code, 2);
      assert.match(stderr, /^--[a-z-]+ .*\n {2}fix: /);
      assert.deepEqual(await readdir(join(place.cwd, 'migrations')), []);
    });
  }
});

describe('init', () => {
  test('makes a folder in which the next command works', async (t) => {
    const place = await makePlace(t);

    const { code, stdout } = await place.run('init', 'db/schema', '--search-path', 'app,public');

    assert.deepEqual([code, stdout], [0, 'stanchion-migrate.json\ndb/schema/README.md\n']);
    const config: object = JSON.parse(await readFile(join(place.cwd, 'stanchion-migrate.json'), 'utf8'));
    assert.deepEqual(config, { folder: 'db/schema', journalSchema: 'stanchion', searchPath: ['app', 'public'] });
    assert.match((await place.run('revision', '-m', 'First')).stdout, /\/schema\/[0-9a-f]{12}_first\.sql\n$/);
  });

  test('writes nothing where something of it is there, nor in a dry run', async (t) => {
    const place = await makePlace(t);
    assert.equal((await place.run('init', '--dry-run')).code, 0);
    assert.deepEqual(await readdir(place.cwd), []);
    await place.write('stanchion-migrate.json', '{}');
    assert.equal((await place.run('init')).code, 5);
    assert.deepEqual(await readdir(place.cwd), ['stanchion-migrate.json']);
  });

  test('has an example in its README that is a valid revision', async (t) => {
    const place = await makePlace(t);
    const { data } = await place.report('init', '--dry-run');
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the verb's own type
    const text = (data as InitData).files[1]?.text ?? '';
    const example = text
      .split('\n')
      .filter((line) => line.startsWith('    ') && !line.startsWith('    stanchion-migrate'))
      .map((line) => line.slice(4))
      .join('\n');

    assert.equal(parseRevision({ file: '7f3a9c21d0be_x.sql', text: example }).up.length, 2);
  });
});

describe('edit', () => {
  async function withEditor(t: TestContext, script: string): Promise<Place> {
    const place = await makePlace(t, { EDITOR: `sh -c '${script}' editor` });
    await mkdir(join(place.cwd, 'migrations'));
    const text = revisionText({ id: 'aaaa00000001', up: step('one', 'tx', 'SELECT 1') });
    await place.write('migrations/aaaa00000001_test.sql', text);
    return place;
  }

  test('hands the file to the editor and prints its path', async (t) => {
    const place = await withEditor(t, 'echo "-- edited" >> "$1"');

    const { code, stdout } = await place.run('edit', 'head');

    assert.equal(code, 0);
    assert.match(await readFile(stdout.trim(), 'utf8'), /-- edited\n$/);
  });

  test('opens a file that is not finished, and says what is wrong with it then', async (t) => {
    const place = await withEditor(t, 'true');
    await place.write('migrations/bbbb00000002_test.sql', '-- stanchion:revision bbbb00000002\n');

    const { code, stderr } = await place.run('edit', 'bbbb');

    assert.equal(code, 3);
    assert.match(stderr, /bbbb00000002_test\.sql:1: header/);
  });

  test('takes the one file that is not finished for the head', async (t) => {
    const place = await withEditor(t, 'sed "s/^-- Write.*/SELECT 1;/" "$1" > "$1.new"; mv "$1.new" "$1"');
    const { stdout: written } = await place.run('revision', '-m', 'more');

    const { code, stdout, stderr } = await place.run('edit', 'head');

    assert.deepEqual([code, stdout], [0, written], stderr);
  });

  test('fails with the editor, and without one', async (t) => {
    assert.equal((await (await withEditor(t, 'exit 7')).run('edit', 'head')).code, 3);
    const place = await makePlace(t);
    await mkdir(join(place.cwd, 'migrations'));
    const text = revisionText({ id: 'aaaa00000001', up: step('one', 'tx', 'SELECT 1') });
    await place.write('migrations/aaaa00000001_test.sql', text);
    assert.equal((await place.run('edit', 'head')).code, 78);
  });
});
