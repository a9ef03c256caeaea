import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTestApp } from '../support/app.ts';

describe('GET /.well-known/jwks.json', () => {
  test('says how long the set may be kept, and names its version', async (t) => {
    const { app } = await createTestApp(t);
    const { headers } = await app.inject({ url: '/.well-known/jwks.json' });
    assert.equal(headers['content-type'], 'application/jwk-set+json');
    assert.equal(headers['cache-control'], 'public, max-age=300, stale-while-revalidate=60, stale-if-error=86400');
    assert.match(String(headers.etag), /^"[\w-]{22}"$/);
  });

  test('answers 304 without a body to whoever has this version, in a list or weakly', async (t) => {
    const { app } = await createTestApp(t);
    const etag = String((await app.inject({ url: '/.well-known/jwks.json' })).headers.etag);
    for (const tags of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const answer = await app.inject({ url: '/.well-known/jwks.json', headers: { 'if-none-match': tags } });
      assert.deepEqual([answer.statusCode, answer.body, answer.headers.etag], [304, '', etag], tags);
    }
    const other = await app.inject({ url: '/.well-known/jwks.json', headers: { 'if-none-match': '"other"' } });
    assert.equal(other.statusCode, 200);
  });

  test('is whole in the first answer of a process that has just begun', async (t) => {
    const { services, database } = await createTestApp(t);
    await services.keys.rotate({ alg: 'ES256', signsInSeconds: 600 });

    const { app } = await createTestApp(t, { database });

    const { keys } = (await app.inject({ url: '/.well-known/jwks.json' })).json<{ keys: object[] }>();
    assert.equal(keys.length, 2);
  });

  test('is not answered without the keys of the database: whoever asks would keep what is missing', async (t) => {
    const { app, database } = await createTestApp(t);
    await database.database.close();

    const answer = await app.inject({ url: '/.well-known/jwks.json' });

    assert.equal(answer.statusCode, 503);
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.ok(Number(answer.headers['retry-after']) > 0);
  });

  test('is another version, with the new key, as soon as one is published, and shows no private member', async (t) => {
    const { app, services } = await createTestApp(t);
    const before = await app.inject({ url: '/.well-known/jwks.json' });

    await services.keys.rotate({ alg: 'ES256', signsInSeconds: 600 });

    const after = await app.inject({ url: '/.well-known/jwks.json' });
    assert.notEqual(after.headers.etag, before.headers.etag);
    const { keys } = after.json<{ keys: { alg: string; d?: string }[] }>();
    assert.deepEqual(
      keys.map(({ alg, d }) => [alg, d]),
      [
        ['EdDSA', undefined],
        ['ES256', undefined],
      ],
    );
  });
});
