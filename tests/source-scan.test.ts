import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import type { Effect } from '../scripts/source-scan/effects.ts';
import { tokenize } from '../scripts/source-scan/tokens.ts';
import { packageName, scanSource } from '../scripts/source-scan.ts';

describe('scanSource', () => {
  const imports: readonly (readonly [source: string, kind: string, specifier: string | null, typeOnly: boolean])[] = [
    ["import 'a';", 'static', 'a', false],
    ["import a from 'a';", 'static', 'a', false],
    ['import * as a from "a/b";', 'static', 'a/b', false],
    ["import type { A } from 'a';", 'static', 'a', true],
    ["import type A from 'a';", 'static', 'a', true],
    ["import type * as A from 'a';", 'static', 'a', true],
    ["import type from 'a';", 'static', 'a', false],
    ["import type, { b } from 'a';", 'static', 'a', false],
    ["import { type A } from 'a';", 'static', 'a', false],
    ["import a, { b as c } from 'a' with { type: 'json' };", 'static', 'a', false],
    ["import/* why */{ b }/* so */from/**/'a';", 'static', 'a', false],
    ["import {\n  b, // from 'x'\n} from 'a';", 'static', 'a', false],
    ["export { b } from 'a';", 're-export', 'a', false],
    ["export * from 'a';", 're-export', 'a', false],
    ["export * as a from 'a';", 're-export', 'a', false],
    ["export type { A } from 'a';", 're-export', 'a', true],
    ["export type * from 'a';", 're-export', 'a', true],
    ["const a = await import('a');", 'dynamic', 'a', false],
    ['const a = import(`a`);', 'dynamic', 'a', false],
    ["const a = import('a', { with: { type: 'json' } });", 'dynamic', 'a', false],
    ["type A = typeof import('a');", 'dynamic', 'a', false],
    ['const a = import(name);', 'dynamic', null, false],
    ["const a = import('a' + b);", 'dynamic', null, false],
    ['const a = import(`${b}`);', 'dynamic', null, false],
    ["const a = require('a');", 'require', 'a', false],
    ["import a = require('a');", 'require', 'a', false],
    ['const a = require(b);', 'require', null, false],
    ["const a = require.resolve('a');", 'resolve', 'a', false],
    ["const a = import.meta.resolve('a');", 'resolve', 'a', false],
    ["const a = `${import('a')}`;", 'dynamic', 'a', false],
    ["new Worker(new URL('./a.ts', import.meta.url));", 'file', './a.ts', false],
    ['/// <reference types="a" />', 'static', 'a', true],
  ];
  for (const [source, kind, specifier, typeOnly] of imports) {
    test(`reads ${source.replaceAll('\n', '⏎')}`, () => {
      const found = scanSource(source).imports.map((item) => [item.kind, item.specifier, item.typeOnly]);

      assert.deepEqual(found, [[kind, specifier, typeOnly]]);
    });
  }

  const none = [
    "// import 'a';",
    "/* export * from 'a' */",
    'const text = "import a from \'b\'";',
    "const text = `import 'a'; ${1} export * from 'b'`;",
    "const pattern = /import 'a'/;",
    'export { a };',
    "export { a, b as from };\nconst text = 'a';",
    "const from = 'a';",
    "loader.import('a'); loader.require('b');",
    "const settings = { import: 'a', export: 'b' };",
  ];
  for (const source of none) {
    test(`sees no import in ${source.replaceAll('\n', '⏎')}`, () => {
      assert.deepEqual(scanSource(source).imports, []);
    });
  }

  test('tells imported from local names', () => {
    const [item] = scanSource("import a, { b as c, type D, default as e } from 'a';").imports;

    assert.deepEqual(item?.names, [
      { imported: 'default', local: 'a', typeOnly: false },
      { imported: 'b', local: 'c', typeOnly: false },
      { imported: 'D', local: 'D', typeOnly: true },
      { imported: 'default', local: 'e', typeOnly: false },
    ]);
  });

  const effects: Readonly<Record<Effect, readonly string[]>> = {
    env: [
      'process.env.A',
      'process["env"]',
      'process?.env',
      'globalThis.process.env',
      'const { env } = process;',
      'globalThis["process"]',
      'const { process: p } = globalThis;',
      "import { env } from 'process';",
      'process.loadEnvFile()',
    ],
    console: [
      'console.log(1)',
      'const log = console;',
      'globalThis.console.log(1)',
      "import console from 'node:console';",
    ],
    stdio: [
      'process.stdout.write("a")',
      'process.stdin.on("data", f)',
      "import { createInterface } from 'node:readline';",
    ],
    exit: ['process.exit(1)', 'process.exitCode = 1;', 'process.abort()'],
    signal: ["process.on('SIGTERM', f)", "process.once('exit', f)"],
    fs: [
      "import { readFileSync } from 'node:fs';",
      "import fs from 'fs/promises';",
      "await import('node:fs')",
      "require('fs')",
    ],
    net: [
      "import { createServer } from 'node:http';",
      "import net from 'net';",
      'await fetch(url)',
      'const load = fetch;',
      "import { lookup } from 'node:dns/promises';",
      'new WebSocket(url)',
    ],
    'child-process': ["import { spawn } from 'node:child_process';", 'process.kill(pid)'],
    worker: ["import { Worker } from 'node:worker_threads';", "import cluster from 'cluster';"],
    pool: [
      "import { Pool } from 'pg';",
      "import pg from 'pg';",
      "import { Client as C } from 'pg';",
      "await import('pg')",
    ],
    sql: [
      "const a = 'SELECT id FROM task';",
      'const a = `\n  select count(*)\n  from task`;',
      "const a = 'insert into task values (1)';",
      'const a = `UPDATE ${table} SET a = 1`;',
      "const a = '-- why\\ndelete from task';",
      "const a = 'WITH a AS (SELECT 1) SELECT 2';",
      "const a = 'create unique index concurrently i on t (a)';",
      "const a = 'BEGIN';",
      "const a = 'begin isolation level serializable;';",
      "const a = 'SET LOCAL lock_timeout = 1';",
      "const a = 'select pg_sleep(1)';",
      'const a = sql`a`;',
      'const a = sql<number>`a`;',
      "import { sql } from 'drizzle-orm';",
    ],
    token: [
      "import { SignJWT } from 'jose';",
      "import { createHmac } from 'node:crypto';",
      "import crypto from 'node:crypto';",
      'crypto.subtle.sign(a); const { subtle } = crypto;',
    ],
    crypto: ["import { createHash } from 'node:crypto';"],
    random: [
      'Math.random()',
      "import { randomUUID } from 'node:crypto';",
      'crypto.getRandomValues(a)',
      'globalThis.crypto.randomUUID()',
    ],
    clock: ['Date.now()', 'new Date()', 'performance.now()', 'process.hrtime.bigint()'],
    timer: [
      'setTimeout(f, 1)',
      "import { setTimeout as wait } from 'node:timers/promises';",
      'AbortSignal.timeout(1)',
      'globalThis.setInterval(f)',
      'queueMicrotask(f)',
    ],
    status: ['reply.code(404)', 'return reply.header(a, b).status(200);', 'response.writeHead(200)'],
    module: ["import { createRequire } from 'node:module';", "process.getBuiltinModule('fs')"],
    eval: ['eval(a)', '(0, eval)(a)', 'new Function(a)', "import vm from 'node:vm';"],
  };
  for (const [effect, sources] of Object.entries(effects)) {
    for (const source of sources) {
      test(`finds the effect ${effect} in ${source.replaceAll('\n', '⏎')}`, () => {
        const found: string[] = scanSource(source).effects.map((item) => item.effect);

        assert.ok(found.includes(effect), `found only ${found.join(', ')}`);
      });
    }
  }

  const harmless = [
    "import type { Pool } from 'pg';",
    "import { types } from 'pg';",
    "import { isIP } from 'node:net';",
    "import { join } from 'node:path';",
    "import { and, eq } from 'drizzle-orm';",
    'const words = "process.env console.log fetch(x) setTimeout(f)";',
    '// process.env.A',
    'const platform = process.platform;',
    'const settings = { console: 1, fetch: 2, process: 3 };',
    'logger.console.log(1); client.fetch(1); clock.setTimeout(1);',
    'const date = new Date(text);',
    "const say = 'set it to a longer value, or update the setting';",
    "const say = 'Select a user, then delete it from the list';",
    "const say = 'create a task with a table of contents';",
    "const state = 'begin';",
    'const code = error.code; status(200); table.status();',
    'interface Options { console: boolean; env?: string; fetch?: () => void }',
  ];
  for (const source of harmless) {
    test(`sees no effect in ${source}`, () => {
      assert.deepEqual(scanSource(source).effects, []);
    });
  }

  test('gives the line of what it finds, after comments, templates and strings of several lines', () => {
    const { effects: found } = scanSource(
      '/* a\n b */\nconst a = `x\n${\n  1\n}\n`;\nconst b = "\\\n";\nconsole.log(a);\n',
    );

    assert.equal(found[0]?.line, 10);
  });
});

describe('import-time work', () => {
  const working = [
    'start();',
    'await start();',
    'if (a) b();',
    'for (const a of b) c(a);',
    'const now = Date.now();',
    'const env = process.env;',
    'const timer = setInterval(f, 1);',
    "import { readFileSync } from 'node:fs';\nconst a = readFileSync('a');",
    "import * as fs from 'node:fs';\nconst a = fs.readFileSync('a');",
    "import { Pool } from 'pg';\nexport const pool = new Pool();",
    'const all = { now: Date.now(), later: () => Date.now() };',
    'function f(): { a: string } { return a; }\nf();',
  ];
  for (const source of working) {
    test(`sees it in ${source.replaceAll('\n', '⏎')}`, () => {
      assert.ok(scanSource(source).importTimeWork.length > 0);
    });
  }

  const resting = [
    'export const f = () => Date.now();',
    'export const f = (a = 1) => [a, setTimeout(g, 1)];',
    'export async function f(): Promise<{ a: string }> {\n  await g();\n  return process.env;\n}\nexport const b = 1;',
    'async function f(): Promise<Map<string, { a: string }>> {\n  await g();\n}',
    'class A {\n  at = Date.now();\n  read(): void {\n    console.log(1);\n  }\n}',
    'export const a = { now() { return Date.now(); }, later: async (): Promise<void> => { await b(); } };',
    'export const a = defineQuery("a", (db) => db.select().from(task));',
    'export const a = new Map([["a", 1]]);',
    'export interface A {\n  now: number;\n}\nexport type B = { a: string } | (() => void);',
    "export { a, type B } from './a.ts';",
    'export function f(a: string): void;\nexport function f(a: unknown): void {\n  g(a);\n}',
    "const pattern = /[{(]/; const text = '{('; export const a = `${{ a: 1 }.a}`;",
  ];
  for (const source of resting) {
    test(`sees none in ${source.replaceAll('\n', '⏎')}`, () => {
      assert.deepEqual(scanSource(source).importTimeWork, []);
    });
  }
});

describe('tokenize', () => {
  test('ends on any text, with every bracket at a depth of its own', () => {
    const pieces = fc.constantFrom(
      '`',
      '${',
      '}',
      '{',
      '(',
      ')',
      '[',
      ']',
      '/',
      '//',
      '/*',
      '*/',
      "'",
      '"',
      '\\',
      '\n',
      'a',
      ' ',
      '1.5e+3',
      '=>',
      '\\u{61}',
      '😀',
      '#',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const tokens = tokenize(parts.join(''));

        return tokens.every((token) => token.depth >= 0 && token.line >= 1);
      }),
    );
  });

  test('tells a division from a regular expression', () => {
    const kinds = (source: string): string[] =>
      tokenize(source)
        .filter((token) => token.kind === 'regex')
        .map((token) => token.text);

    assert.deepEqual(kinds('a / b / c; (a) / b / c; a[0] / 2 / 1; i++ / 2 / 3'), []);
    assert.deepEqual(kinds('f(/a/g); return /b[/]"/; if (x) /c/.test(y); x = !/d\\//u'), [
      '/a/g',
      '/b[/]"/',
      '/c/',
      '/d\\//u',
    ]);
  });
});

describe('packageName', () => {
  test('keeps the scope and drops the path', () => {
    assert.deepEqual(['a', 'a/b', '@a/b', '@a/b/c'].map(packageName), ['a', 'a', '@a/b', '@a/b']);
  });
});
