import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { descriptions } from '../../src/routers/descriptions.ts';
import { createTestApp } from '../support/app.ts';

const pages = ['/docs', '/redoc', '/api/docs', '/api/redoc'];

test('the document says of every operation of our own what it does and why it refuses, and of nothing else', async (t) => {
  const { app } = await createTestApp(t);
  const { paths, info } = (await app.inject('/openapi.json')).json<{
    info: { description: string };
    paths: Record<string, Record<string, { description?: string; security?: object[]; responses: object }>>;
  }>();
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, ...operation })),
  );
  const own = operations.filter(({ name }) => !/ \/(?:api|health)/.test(name));

  assert.deepEqual(own.map(({ name }) => name).toSorted(), Object.keys(descriptions).toSorted());
  for (const { name, description, security, responses } of own) {
    assert.equal(description, descriptions[name]?.text);
    assert.equal(security !== undefined, '401' in responses && !/login|refresh/.test(name), name);
  }
  assert.match(info.description, /problem\+json/);
  assert.deepEqual(
    operations.filter((operation) => !own.includes(operation)).flatMap(({ description }) => description ?? []),
    [],
  );
});

test('the pages of the documentation', async (t) => {
  const { app } = await createTestApp(t);

  for (const page of pages) {
    await t.test(`are HTML that loads nothing from elsewhere: ${page}`, async () => {
      const { statusCode, headers, body } = await app.inject(page);
      assert.deepEqual([statusCode, headers['content-type']], [200, 'text/html; charset=utf-8']);
      assert.doesNotMatch(body, /(?:src|href)="(?:https?:)?\/\//);
      assert.doesNotMatch(
        String(headers['content-security-policy']),
        /https?:|\*|unsafe-eval|script-src[^;]*unsafe-inline/,
      );
      for (const reference of referencesIn(body)) {
        const asset = await app.inject(reference);
        assert.equal(asset.statusCode, 200, reference);
        assert.ok(asset.rawPayload.length > 50, reference);
        assert.equal(asset.headers['x-content-type-options'], 'nosniff');
      }
    });
  }

  for (const path of [...pages, '/openapi.json', '/api/openapi.json', '/docs/swagger-ui.css', '/docs/start.js']) {
    await t.test(`answer HEAD as GET, without the body: ${path}`, async () => {
      const [get, head] = [await app.inject(path), await app.inject({ method: 'HEAD', url: path })];
      assert.deepEqual([head.statusCode, head.body], [200, '']);
      for (const name of ['content-type', 'content-length', 'content-security-policy']) {
        assert.equal(head.headers[name], get.headers[name], name);
      }
    });
  }

  await t.test('bring types that a browser takes under nosniff', async () => {
    const types = {
      'swagger-ui.css': /^text\/css/,
      'swagger-ui-bundle.js': /^text\/javascript/,
      'start.js': /^text\/javascript/,
    };
    for (const [name, type] of Object.entries(types)) {
      for (const folder of ['/docs', '/api/docs']) {
        assert.match(String((await app.inject(`${folder}/${name}`)).headers['content-type']), type);
      }
    }
  });

  await t.test('serve their own files and no others', async () => {
    for (const path of [
      '/docs/../package.json',
      '/docs/%2e%2e/package.json',
      '/docs/package.json',
      '/docs/',
      '/docs/x',
    ]) {
      assert.ok([307, 404].includes((await app.inject(path)).statusCode), path);
    }
  });

  await t.test("show every documented route, and the incumbent's page only its own", async () => {
    const whole = (await app.inject('/redoc')).body;
    const legacy = (await app.inject('/api/redoc')).body;
    for (const path of ['/api/tasks/{task_id}', '/auth/refresh']) assert.ok(whole.includes(path), path);
    assert.ok(legacy.includes('/api/tasks/{task_id}') && !legacy.includes('/auth/refresh'));
  });
});

test('Swagger UI draws the routes, in a browser or as far as files can tell', async (t) => {
  const { app } = await createTestApp(t);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  for (const [path, document] of [
    ['/docs', '/openapi.json'],
    ['/api/docs', '/api/openapi.json'],
  ]) {
    const drawn = await drawInBrowser(t, `${url}${path}`);
    if (drawn !== undefined) {
      assert.match(drawn, /class="[^"]*opblock/);
      assert.match(drawn, /\/api\/tasks\/\{task_id\}|\/api\/tasks\/<wbr>/);
    }
    // Without a browser: the script that starts it names a document that is there.
    const script = await (await fetch(`${url}${path}/start.js`)).text();
    assert.ok(script.includes(`"${document}"`), script);
    assert.equal((await fetch(`${url}${document}`)).status, 200);
  }
});

function referencesIn(html: string): string[] {
  return [...html.matchAll(/(?:src|href)="(\/[^"]*)"/g)].map(([, reference = '']) => reference);
}

/** The page after its scripts have run, or undefined on a machine without Chromium. */
async function drawInBrowser(t: TestContext, url: string): Promise<string | undefined> {
  const browser = findBrowser();
  if (browser === undefined) return undefined;
  const flags = [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--virtual-time-budget=8000',
  ];
  const { stdout } = await promisify(execFile)(browser, [...flags, '--dump-dom', url], {
    signal: t.signal,
    maxBuffer: 64 * 1024 * 1024,
    timeout: 60_000,
  });
  return stdout;
}

function findBrowser(): string | undefined {
  const folders = (process.env.PATH ?? '').split(':');
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
