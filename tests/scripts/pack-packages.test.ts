import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { packedManifest } from '../../scripts/pack/manifest.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { createPackedProject, type PackedProject } from './packed-project.ts';

const bin = 'node_modules/.bin/stanchion-migrate';
const tsc = fileURLToPath(new URL('../../node_modules/.bin/tsc', import.meta.url));
let project: PackedProject;

before(async () => {
  project = await createPackedProject();
});
after(() => project.remove());

describe('a packed package', () => {
  const filesOf = (pattern: string) => globSync(`node_modules/@stanchion/*/${pattern}`, { cwd: project.root });

  test('holds JavaScript with declarations for all of it, and no source and no test', () => {
    const code = filesOf('dist/**/*.js');
    assert.ok(code.length > 300, `${code.length} files`);
    const undeclared = code.filter((file) => !existsSync(join(project.root, file.replace(/\.js$/, '.d.ts'))));
    assert.deepEqual(undeclared, []);
    const others = filesOf('**/*').filter((file) => /(?<!\.d)\.ts$|\/(?:src|tests)\//.test(file));
    assert.deepEqual(others, []);
  });

  test('has pages whose links lead to files of its own', () => {
    const pages = filesOf('**/*.md');
    assert.ok(pages.some((page) => page.endsWith('docs/lint-rules.md')));
    const dead = pages.flatMap((page) =>
      [...readFileSync(join(project.root, page), 'utf8').matchAll(/\]\(([^()\s#]+)[^()\s]*\)/g)]
        .map(([, path = '']) => path)
        .filter((path) => !/^[a-z]+:/.test(path) && !existsSync(join(project.root, dirname(page), path))),
    );
    assert.deepEqual(dead, []);
  });

  test('asks for the Node that its program asks for', () => {
    const folder = join(project.root, 'node_modules/@stanchion/migrate');
    const { engines }: { engines: { node: string } } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const [, major, minor] = /oldest = \[(\d+), (\d+)\]/.exec(readFileSync(join(project.root, bin), 'utf8')) ?? [];
    assert.equal(engines.node, `>=${major}.${minor}`);
  });

  test('is not made of an export that is no source, or of a dependency that is no exact version', () => {
    const manifest = { name: 'x', version: '1.0.0', exports: { '.': './src/index.ts' } };
    assert.doesNotThrow(() => packedManifest(manifest));
    assert.throws(() => packedManifest({ ...manifest, exports: { '.': './lib/index.js' } }), /no source/);
    assert.throws(() => packedManifest({ ...manifest, dependencies: { pg: '^8.0.0' } }), /no exact version/);
  });
});

describe('@stanchion/migrate, installed by another project', () => {
  // One after the other, as a person would: each step needs the one before.
  test('goes the way of its README', async (t) => {
    const { url, sql } = await createTestDatabase(t, { content: 'empty' });
    const stanchion = async (...args: string[]) => {
      const { code, stdout, stderr } = await project.run(join(project.root, bin), args, {
        MIGRATION_DATABASE_URL: url,
      });
      assert.equal(code, 0, `${args.join(' ')}:\n${stdout}${stderr}`);
      return stdout;
    };
    const findRevision = (slug: string) => {
      const file = readdirSync(join(project.root, 'migrations')).find((name) => name.includes(slug)) ?? '';
      return { path: join('migrations', file), id: file.slice(0, 12) };
    };

    await t.test('begins with a folder and a revision in SQL', async () => {
      await stanchion('init');
      await stanchion('revision', '-m', 'orders');
      const { path, id } = findRevision('orders');
      const [up, down] = [
        `SELECT stanchion.take_back_table('orders', '${id}');\n${orders}`,
        `SELECT stanchion.soft_drop_table('orders', '${id}');`,
      ];
      const text = readFileSync(join(project.root, path), 'utf8');
      const statements = [up, down].values();
      project.write(
        path,
        text.replaceAll('-- Write the statements here.', () => statements.next().value ?? ''),
      );
    });

    await t.test('takes a data step in TypeScript', async () => {
      await stanchion('revision', '--typescript', '-m', 'notes in capitals');
      const { path, id } = findRevision('notes_in_capitals');
      project.write(path, capitals(id, findRevision('orders').id));
    });

    await t.test('lints, plans, upgrades and says where the database is', async () => {
      assert.match(await stanchion('lint'), /of 2 revisions.* 0 errors, 0 warnings/);
      assert.match(await stanchion('plan'), /batch of 2 rows of orders/);
      await stanchion('upgrade');
      assert.match(await stanchion('current'), /^state: current$/m);
      assert.deepEqual(await sql('SELECT note FROM orders ORDER BY id LIMIT 1'), [{ note: 'NOTE 1' }]);
    });

    await t.test('writes what leads to a model, and verifies all of it on throw-away databases', async () => {
      project.write(
        'schema.sql',
        orders.replace(/ note text\);.*/s, " note text, state text NOT NULL DEFAULT 'new');"),
      );
      await stanchion('revision', '--autogenerate', '--models', 'schema.sql', '-m', 'orders have a state');
      await stanchion('upgrade');
      assert.match(
        await stanchion('verify'),
        new RegExp(`${findRevision('have_a_state').id} .*up, down, up: the same`),
      );
    });

    await t.test('finds what is not code: its version, its Python for an env.py', async () => {
      assert.match(await stanchion('--version'), /^\d+\.\d+\.\d+\n$/);
      assert.match(await stanchion('alembic-env'), /def /);
    });

    await t.test('is a library too, as the README uses it', async (inner) => {
      const fresh = await createTestDatabase(inner, { content: 'empty' });
      project.write('upgrade.ts', project.example('migrate', 'checkSchema('));
      const { stdout, stderr } = await project.run(process.execPath, ['upgrade.ts'], {
        MIGRATION_DATABASE_URL: fresh.url,
      });
      assert.equal(stdout, '3 applied; current, 0 pending\n', stderr);
      assert.match(stderr, /^lock_acquired\nplanned\n/);
    });
  });
});

describe('@stanchion/wire, installed by another project', () => {
  test('makes the server of its README answer as FastAPI does', async (t) => {
    project.write('server.ts', project.example('wire', 'app.listen('));
    const server = project.start(process.execPath, ['server.ts'], { PORT: '0' });
    t.after(async () => {
      const ended = once(server, 'exit');
      if (server.kill()) await ended;
    });
    const base = await listening(server);
    const ask = async (method: string, path: string, body: string | null = null, token = 'authorization') => {
      const headers = { 'content-type': 'application/json', [token]: 'Bearer x' };
      const answer = await fetch(`${base}${path}`, { method, body, headers, redirect: 'manual' });
      return `${answer.status} ${answer.headers.get('content-type') ?? ''} ${await answer.text()}`.trim();
    };

    assert.deepEqual(
      [
        await ask('POST', '/tasks', '{"due":"x"}'),
        await ask('POST', '/tasks', '{"title":"a"}'),
        await ask('POST', '/tasks', '{"title":"a","due":"1999-01-01T00:00:00Z"}'),
        await ask('POST', '/tasks', '{"title":"a"}', 'x-no-token'),
        await ask('POST', '/tasks', '{"title":"a",}', 'x-no-token'),
        await ask('GET', '/tasks/'),
        await ask('GET', '/tasks'),
      ],
      answersOfFastapi,
    );
    project.write('fingerprint.ts', project.example('wire', 'fingerprint('));
    const found = await project.run(process.execPath, ['fingerprint.ts', base]);
    assert.match(found.stdout, /^fastapi-0\.128 is nearest, after \d+ requests/, found.stderr);
    const document: unknown = JSON.parse((await ask('GET', '/openapi.json')).replace(/^200 application\/json /, ''));
    assert.deepEqual(Object.keys(Object(Object(document).paths)), ['/tasks']);
  });
});

/** After the programs above, which are what is checked. */
describe('the declarations of both', () => {
  const compilerOptions = {
    ...{ module: 'nodenext', target: 'esnext', lib: ['esnext'], types: ['node'], noEmit: true, skipLibCheck: false },
    ...{ strict: true, erasableSyntaxOnly: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true },
  };
  const check = async (...files: string[]) => {
    project.write('tsconfig.json', JSON.stringify({ compilerOptions, include: files }));
    return project.run(tsc, ['-p', '.']);
  };

  test('suit the strictest compiler, declarations of dependencies included', async () => {
    project.write('subpaths.ts', subpaths);
    const { code, stdout } = await check('*.ts', 'migrations/*.ts');
    assert.equal(code, 0, stdout);
    assert.match(
      (await project.run(tsc, ['-p', '.', '--listFilesOnly'])).stdout,
      /migrations\/\w+_notes_in_capitals\.ts/,
    );
  });

  test('refuse what is wrong, so that they are more than any', async () => {
    project.write('wrong.ts', wrong);
    const { stdout } = await check('wrong.ts');
    const lines = [...stdout.matchAll(/^wrong\.ts\((\d+),\d+\): error TS2322/gm)].map(([, line]) => Number(line));
    assert.deepEqual(lines, [3, 4, 5], stdout);
  });
});

const orders = `CREATE TABLE IF NOT EXISTS orders (id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, note text);
INSERT INTO orders (note) SELECT 'note ' || n FROM generate_series(1, 5) n;`;

const capitals = (
  id: string,
  parent: string,
) => `import { defineRevision, type StepDatabase } from '@stanchion/migrate';

export default defineRevision({
  revision: '${id}',
  downRevision: ['${parent}'],
  phase: 'backfill',
  summary: 'notes in capitals',
  up: [
    { name: 'fill', mode: 'batch', table: 'orders', key: ['id'], size: 2, run: async (tx, { keys }) => fill(tx, keys.map(({ id }) => id)) },
  ],
});

async function fill(tx: StepDatabase, ids: unknown[]): Promise<void> {
  await tx.query('UPDATE orders SET note = upper(note) WHERE id = ANY ($1)', [ids]);
}
`;

/** Asked of FastAPI 0.128.0 with Pydantic 2.13.5: the README's model, guard and 409. */
const answersOfFastapi = [
  '422 application/json {"detail":[{"type":"missing","loc":["body","title"],"msg":"Field required","input":{"due":"x"}},{"type":"datetime_from_date_parsing","loc":["body","due"],"msg":"Input should be a valid datetime or date, input is too short","input":"x","ctx":{"error":"input is too short"}}]}',
  '201 application/json {"title":"a","due":null}',
  '409 application/json {"detail":"That is over"}',
  '401 application/json {"detail":"Not authenticated"}',
  '422 application/json {"detail":[{"type":"json_invalid","loc":["body",13],"msg":"JSON decode error","input":{},"ctx":{"error":"Expecting property name enclosed in double quotes"}}]}',
  '307',
  '405 application/json {"detail":"Method Not Allowed"}',
];

const subpaths = `import { planVerb } from '@stanchion/migrate/cli/plan';
import { migrateVerbs } from '@stanchion/migrate/cli';
import { startThrowAwayServer } from '@stanchion/migrate/throw-away-server';
import { parseProfileFile, type WireProfile } from '@stanchion/wire/profile';

export const used: unknown[] = [planVerb, migrateVerbs.length, startThrowAwayServer, parseProfileFile];
export type Used = WireProfile;
`;

const wrong = `import { loadRevisions } from '@stanchion/migrate';
import { serverOptions, WireDateTime } from '@stanchion/wire';
export const revisions: Promise<string> = loadRevisions('.');
export const options: number = serverOptions();
export const schema: string = WireDateTime();
`;

/** Where Fastify says that it listens. */
async function listening(server: ReturnType<PackedProject['start']>): Promise<string> {
  let printed = '';
  for (const stream of [server.stdout, server.stderr])
    stream?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const ended = once(server, 'close').then(() => assert.fail(`it ended: ${printed}`));
  for (;;) {
    const [, base] = /Server listening at (http:\/\/127\.0\.0\.1:\d+)/.exec(printed) ?? [];
    if (base !== undefined) return base;
    await Promise.race([ended, once(server.stdout ?? server, 'data')]);
  }
}
