import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type JsonBody, startContractServer } from './contract-server.ts';

const recorded: JsonBody = JSON.parse(readFileSync(new URL('data/openapi.json', import.meta.url), 'utf8'));

/** The recording has no prose: descriptions and summaries are gone, and a response's required one is empty. */
function withoutProse(value: JsonBody, isResponse = false): JsonBody {
  if (Array.isArray(value)) return value.map((item) => withoutProse(item));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries<JsonBody>(value).flatMap(([key, part]): [string, JsonBody][] => {
    if (key === 'summary' && typeof part === 'string') return [];
    // A property that is called description is an object.
    if (key === 'description' && typeof part === 'string') return isResponse ? [[key, '']] : [];
    if (key !== 'responses') return [[key, withoutProse(part)]];
    const responses = Object.entries(part).map(([status, response]) => [status, withoutProse(response, true)]);
    return [[key, Object.fromEntries(responses)]];
  });
  return Object.fromEntries(members);
}

test('the OpenAPI documents', async (t) => {
  const server = await startContractServer(t);

  await t.test('/api/openapi.json is the incumbent’s', async () => {
    const answer = await server.send('GET', '/api/openapi.json');

    assert.equal(answer.headers['content-type'], 'application/json');
    assert.deepEqual(withoutProse(answer.json()), recorded);
  });

  await t.test('/openapi.json says the same about the incumbent’s routes', async (each) => {
    const document = withoutProse((await server.send('GET', '/openapi.json')).json());
    assert.equal(document.openapi, recorded.openapi);
    for (const [path, operations] of Object.entries(recorded.paths)) {
      await each.test(path, () => assert.deepEqual(document.paths[path], operations));
    }
    for (const [name, schema] of Object.entries(recorded.components.schemas)) {
      await each.test(name, () => assert.deepEqual(document.components.schemas[name], schema));
    }
    assert.deepEqual(document.components.securitySchemes.HTTPBearer, recorded.components.securitySchemes.HTTPBearer);
  });

  await t.test('the comparison would see a changed description property', () => {
    const changed = structuredClone(recorded);
    delete changed.components.schemas.TaskRead.properties.description;

    assert.notDeepEqual(withoutProse(changed), recorded);
    assert.deepEqual(withoutProse(recorded), recorded);
  });

  await t.test('the comparison would see a removed response', () => {
    const changed = structuredClone(recorded);
    delete changed.paths['/api/tasks'].get.responses['422'];

    assert.notDeepEqual(withoutProse(changed), recorded);
  });
});
