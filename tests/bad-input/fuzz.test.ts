import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { test } from 'node:test';
import { bearer, createTestApp, json, registerUser } from '../support/app.ts';
import { hostileBytes, hostileJson, hostileParameters, hostileTypes } from './hostile-values.ts';
import { type ListeningApp, listen } from './support.ts';

interface Operation {
  readonly method: string;
  /** With real ids in the place of its parameters. */
  readonly path: string;
  readonly template: string;
  readonly query: readonly string[];
  /** A body that the operation accepts; null when it takes none. */
  readonly sample: Readonly<Record<string, unknown>> | null;
}

interface Shot {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

test('every documented operation', async (t) => {
  const server = await listen(t);
  await registerUser(server, account);
  const operations = await listOperations(server, await tokenOf(server));
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  t.after(() => agent.destroy());
  const shoot = async (shots: readonly Shot[]) => shootAll({ server, agent, token: await tokenOf(server) }, shots);

  await t.test('is found', () => assert.ok(operations.length >= 20, String(operations.length)));

  await t.test('answers no body with a 5xx', async () => {
    const bodies = [...hostileJson, ...hostileBytes];
    await shoot(
      operations.flatMap((operation) => [
        ...bodies.map((body) => ({ ...operation, headers: json, body })),
        ...hostileTypes.map((type) => ({ ...operation, headers: { 'content-type': type }, body: '{"a":1}' })),
      ]),
    );
  });

  await t.test('answers no value of a field with a 5xx', async () => {
    const shots = operations.flatMap((operation) =>
      Object.keys(operation.sample ?? {}).flatMap((field) =>
        hostileJson.map((value) => ({ ...operation, headers: json, body: bodyWith(operation.sample, field, value) })),
      ),
    );
    assert.ok(shots.length > 1000);
    await shoot(shots);
  });

  await t.test('answers no value of a form with a 5xx', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const fields = ['grant_type', 'username', 'password', 'scope', 'client_id'];
    await shoot(
      fields.flatMap((field) =>
        hostileParameters.map((value) => ({
          ...{ method: 'POST', path: '/auth/login', headers: form },
          body: `username=a%40example.com&password=a-test-password&${field}=${value}`,
        })),
      ),
    );
  });

  await t.test('answers no parameter with a 5xx', async () => {
    const shots = operations.flatMap(({ method, template, path, query, sample }) => {
      const rest = { method, headers: json, ...(sample ? { body: JSON.stringify(sample) } : {}) };
      const inPath = template.includes('{') ? hostileParameters : [];
      return [
        ...inPath.map((value) => ({ ...rest, path: template.replace(/\{\w+\}/, value) })),
        ...query.flatMap((name) => hostileParameters.map((value) => ({ ...rest, path: `${path}?${name}=${value}` }))),
        ...hostileParameters.map((value) => ({ ...rest, path: `${path}?${value}` })),
      ];
    });
    await shoot(shots);
  });

  await t.test('works as before: what was stored can be listed, and the rest was refused', async () => {
    const list = await server.app.inject({ url: '/api/tasks?limit=100', headers: bearer(await tokenOf(server)) });
    assert.equal(list.statusCode, 200);
    assert.ok(list.json().data.total_count > 20);
    for (const status of [200, 201, 204, 401, 404, 422]) assert.ok(seen.has(status), `no answer was ${status}`);
  });
});

test('the fuzzer notices a 5xx', async (t) => {
  const test = await createTestApp(t);
  test.app.get('/broken', async () => Promise.reject(new Error('a test fault')));
  const url = await test.app.listen({ host: '127.0.0.1', port: 0 });
  const server = { ...test, url, port: Number(new URL(url).port) };
  const shot = { method: 'GET', path: '/broken', headers: {} };
  await assert.rejects(shootAll({ server, agent: new Agent(), token: 'none' }, [shot]), /broken.*500/);
});

const account = { email: 'fuzzer@example.com', password: 'a test password that is long' };
const seen = new Set<number | string>();

/** Of a session of its own: fuzzing the logout ends the others. */
async function tokenOf({ app }: ListeningApp): Promise<string> {
  const login = await app.inject({ method: 'POST', url: '/auth/login', headers: json, body: JSON.stringify(account) });
  return login.json().access_token;
}

/** By the name of the field, so that a new operation is fuzzed without a change here. */
const samples: Readonly<Record<string, unknown>> = {
  email: 'fuzz@example.com',
  username: 'fuzz@example.com',
  password: 'Passw0rd! of a test',
  priority: 'urgent_important',
  is_completed: false,
  completed: true,
  due_datetime: '2030-01-02T03:04:05Z',
  title: 'a title',
};

async function listOperations({ app }: ListeningApp, token: string): Promise<Operation[]> {
  const created = await app.inject({
    method: 'POST',
    url: '/api/tasks',
    headers: { ...json, ...bearer(token) },
    body: JSON.stringify({ title: 'x', priority: 'urgent_important' }),
  });
  const id: string = created.json().data.id;
  const document: OpenapiPart = (await app.inject('/openapi.json')).json();
  const operations = Object.entries(document.paths).flatMap(([template, item]) =>
    Object.entries(item).map(([method, { parameters = [], requestBody }]) => ({
      method: method.toUpperCase(),
      path: template.replace(/\{\w+\}/, id),
      template,
      query: parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name),
      sample: sampleOf(document, requestBody?.content['application/json']?.schema.$ref),
    })),
  );
  // What ends the session or the task comes last: the others are to get past the guard.
  return operations.toSorted((a, b) => rank(a) - rank(b));
}

interface OpenapiPart {
  paths: Record<string, Record<string, OpenapiOperation>>;
  components: { schemas: Record<string, { properties?: Record<string, unknown> }> };
}

interface OpenapiOperation {
  parameters?: { name: string; in: string }[];
  requestBody?: { content: Record<string, { schema: { $ref?: string } }> };
}

function sampleOf({ components }: OpenapiPart, reference: string | undefined): Operation['sample'] {
  const properties = components.schemas[reference?.split('/').at(-1) ?? '']?.properties;
  if (!properties) return null;
  return Object.fromEntries(Object.keys(properties).map((name) => [name, samples[name] ?? 'a text']));
}

function rank({ method, path }: { method: string; path: string }): number {
  if (path.includes('logout')) return 2;
  return method === 'DELETE' ? 1 : 0;
}

/** Each body says another address, so that the same one is not refused for being taken. */
function bodyWith(sample: Operation['sample'], field: string, value: string): string {
  counter += 1;
  const whole = { ...sample, ...(sample && 'email' in sample ? { email: `fuzz-${counter}@example.com` } : {}) };
  const marker = '"the hostile value"';
  return JSON.stringify({ ...whole, [field]: 'the hostile value' }).replace(marker, () => value);
}

let counter = 0;

interface Gun {
  readonly server: ListeningApp;
  readonly agent: Agent;
  readonly token: string;
}

/** Fails with every shot that was answered with a 5xx, took longer than seconds, or was not answered. */
async function shootAll({ server, agent, token }: Gun, shots: readonly Shot[]): Promise<void> {
  const wrong: string[] = [];
  const queue = shots.values();
  const worker = async () => {
    for (const shot of queue) {
      const start = performance.now();
      const status = await send(server.port, agent, { ...shot, headers: { ...shot.headers, ...bearer(token) } });
      seen.add(status);
      const seconds = (performance.now() - start) / 1000;
      if (typeof status === 'string' || status >= 500 || seconds > 5) {
        const body = Buffer.from(shot.body ?? '').toString('latin1');
        wrong.push(`${shot.method} ${shot.path.slice(0, 100)} ${body.slice(0, 200)}: ${status} after ${seconds} s`);
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  assert.deepEqual(wrong.slice(0, 20), []);
}

function send(port: number, agent: Agent, { method, path, headers, body }: Shot): Promise<number | string> {
  const { promise, resolve } = Promise.withResolvers<number | string>();
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  const sent = request({ port, agent, method, path, headers: { ...headers, ...length } }, (answer) => {
    answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
  });
  sent.once('error', (error) => resolve(error.message));
  sent.end(body);
  return promise;
}
