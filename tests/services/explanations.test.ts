import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { ExplainedEvent } from '../../src/services/explanations.ts';
import { explainReason } from '../../src/services/reasons.ts';
import { next, post } from '../routers/account-steps.ts';
import { bearer, createTestApp, json, registerUser, type TestApp } from '../support/app.ts';

test('an operator learns why a request got its 401, and the client does not', async (t) => {
  const server = await createTestApp(t);
  const user = await registerUser(server);
  await server.app.inject({ method: 'POST', url: '/auth/logout', headers: bearer(user.access_token) });
  const headers = { ...bearer(user.access_token), 'x-request-id': 'the-request-in-question' };

  const answer = await server.app.inject({ method: 'GET', url: '/auth/me', headers });
  await server.services.audit.flush();

  assert.deepEqual([answer.statusCode, answer.json()], [401, { detail: 'Could not validate credentials' }]);
  const explanation = await server.services.explanations.explain('the-request-in-question');
  assert.deepEqual(
    explanation?.events.map(({ event, reason }) => [event, reason]),
    [['authn_token_refused', 'session_ended']],
  );
  assert.match(explanation?.events[0]?.meaning ?? '', /session was ended/);
});

test('an access token that is refused for its session’s sake is explained by the life of that session', async (t) => {
  const server = await createTestApp(t);
  const user = await registerUser(server);
  await server.app.inject({ method: 'POST', url: '/auth/logout-all', headers: bearer(user.access_token) });
  const headers = { ...bearer(user.access_token), 'x-request-id': 'ended' };
  await server.app.inject({ method: 'GET', url: '/auth/me', headers });
  await server.services.audit.flush();

  const found = await server.services.explanations.explain('ended');

  assert.deepEqual(
    found?.events.map(({ userId }) => userId),
    [user.id],
  );
  // What else was refused is no part of its life, and would push the rest out of sight.
  assert.deepEqual((await explained(server, 'ended')).sessions, [
    ['session_created null', 'session_revoked logout_all'],
  ]);
});

test('an expired access token is explained with its user and session', async (t) => {
  let now = Date.now() / 1000;
  const server = await createTestApp(t, { nowSeconds: () => now });
  const user = await registerUser(server);
  const signIn = { email: user.email, password: user.password };
  const old: string = (await post(server, '/api/v1/auth/signin', signIn)).json().data.token;
  const me = { method: 'GET', url: '/auth/me' } as const;
  // One that was seen before, one that was not, and one of the old kind.
  await server.app.inject({ ...me, headers: bearer(user.access_token) });
  const unseen: string = (await post(server, '/auth/login', signIn)).json().access_token;
  now += 25 * 3600;
  for (const [id, token] of Object.entries({ seen: user.access_token, unseen, old })) {
    const headers = { ...bearer(token), 'x-request-id': id };
    assert.equal((await server.app.inject({ ...me, headers })).statusCode, 401);
  }
  await server.services.audit.flush();

  for (const id of ['seen', 'unseen', 'old']) {
    const found = await server.services.explanations.explain(id);
    assert.deepEqual(
      found?.events.map(({ reason, userId }) => [reason, userId]),
      [['expired', user.id]],
      id,
    );
    assert.equal(found?.sessions.length, 1, id);
  }
});

test('a forged token is explained without the user that it names', async (t) => {
  const server = await createTestApp(t);
  const user = await registerUser(server);
  const headers = { ...bearer(`${user.access_token.slice(0, -8)}AAAAAAAA`), 'x-request-id': 'forged' };
  await server.app.inject({ method: 'GET', url: '/auth/me', headers });
  await server.services.audit.flush();

  const found = await server.services.explanations.explain('forged');

  assert.deepEqual(
    found?.events.map(({ reason, userId, sessionId }) => [reason, userId, sessionId]),
    [['signature', null, null]],
  );
});

test('what an administrator did is explained with who it was', async (t) => {
  const server = await createTestApp(t);
  const [admin, user] = [await registerUser(server), await registerUser(server)];
  await server.database.sql(`update "user" set role = 'admin' where id = '${admin.id}'`);
  const headers = { ...json, ...bearer(admin.access_token), 'x-request-id': 'disabling' };
  const body = JSON.stringify({ is_active: false });
  await server.app.inject({ method: 'PATCH', url: `/admin/users/${user.id}`, headers, body });
  await server.services.audit.flush();

  const found = await server.services.explanations.explain('disabling');

  assert.deepEqual(
    found?.events.map(({ event, userId, actorId, meaning }) => [event, userId, actorId, meaning !== null]),
    [
      ['user_access_changed', user.id, admin.id, true],
      ['session_revoked', user.id, admin.id, true],
    ],
  );
});

test('a refused scope is explained with whose token it was', async (t) => {
  const server = await createTestApp(t);
  const user = await registerUser(server);
  const headers = { ...bearer(user.access_token), 'x-request-id': 'beyond' };
  await server.app.inject({ method: 'GET', url: `/admin/users/${user.id}`, headers });
  await server.services.audit.flush();

  const found = await server.services.explanations.explain('beyond');

  assert.deepEqual(
    found?.events.map(({ reason, userId }) => [reason, userId]),
    [['scope_users:read', user.id]],
  );
});

test('a session that ended with its account says so in its life', async (t) => {
  const server = await createTestApp(t);
  const user = await registerUser(server);
  const gone = { ...json, ...bearer(user.access_token) };
  const proof = JSON.stringify({ current_password: user.password });
  const deleted = await server.app.inject({ method: 'DELETE', url: '/auth/me', headers: gone, body: proof });
  assert.equal(deleted.statusCode, 204);
  const headers = { ...json, 'x-request-id': 'deleted' };
  const body = JSON.stringify({ refresh_token: user.refresh_token });
  await server.app.inject({ method: 'POST', url: '/auth/refresh', headers, body });

  assert.deepEqual((await explained(server, 'deleted')).sessions, [
    ['session_created null', 'session_revoked user_deleted', 'authz_fail unknown'],
  ]);
});

test('a spent refresh token is explained by the life of its session', async (t) => {
  const server = await createTestApp(t);
  const user = await registerUser(server);
  const refresh = (refresh_token: string, id: string) =>
    server.app.inject({
      method: 'POST',
      url: '/auth/refresh',
      headers: { ...json, 'x-request-id': id },
      body: JSON.stringify({ refresh_token }),
    });
  const first = await refresh(user.refresh_token, 'first');
  await server.database.sql(`update sessions set rotated_at = rotated_at - interval '1 hour'`);
  await refresh(first.json().refresh_token, 'second');
  await server.database.sql(`update sessions set rotated_at = rotated_at - interval '1 hour'`);

  assert.equal((await refresh(user.refresh_token, 'stolen')).statusCode, 401);
  await server.services.audit.flush();

  const explanation = await server.services.explanations.explain('stolen');
  assert.deepEqual(
    explanation?.events.map(({ event }) => event),
    ['authn_token_reuse'],
  );
  assert.deepEqual(
    explanation?.sessions[0]?.events.map(({ event }) => event),
    ['session_created', 'authn_token_reuse'],
  );
});

test('a request without events is not made up', async (t) => {
  const server = await createTestApp(t);
  assert.equal(await server.services.explanations.explain('nobody'), undefined);
});

const refusing = /(?:invalidToken|invalidRefreshToken|refuse|refuseToken|invalid)\((?:attempt, )?'([a-z0-9_]+)'/g;
const named = /\breason(?::|,? =) '([a-z0-9_]+)'/g;
const unions = /(?:type (?:Token|Password|Hash)Fault =|reason\?: HashFault \|)([^;]+);/g;
/** No refusal of who asks, so that no event has it. */
const others = new Set(['refresh_waited', 'ambiguous_head', 'keys_not_read']);

test('every reason in the code has its explanation', () => {
  const files = globSync([
    'src/security/{tokens,token,access,legacy,refresh,strict,password}*.ts',
    'src/{services,plugins}/*.ts',
  ]);
  const texts = files.map((file) => readFileSync(file, 'utf8'));
  const words = (pattern: RegExp) =>
    texts.flatMap((text) => [...text.matchAll(pattern)].map(([, found]) => found ?? ''));
  const faults = words(unions).flatMap((union) => [...union.matchAll(/'([a-z0-9_]+)'/g)].map(([, word]) => word ?? ''));
  const called = [...words(refusing), ...words(named)].filter((reason) => !others.has(reason));

  assert.ok(called.length > 50 && faults.length > 10, `${called.length} ${faults.length}`);
  const missing = [...new Set([...called, ...faults])].filter((reason) => explainReason(reason) === null);
  assert.deepEqual(missing, []);
});

test('a claim of the wrong type has an explanation by its name', () => {
  for (const name of ['exp', 'nbf', 'iat', 'sub', 'jti']) assert.ok(explainReason(`${name}_type`), name);
});

/** The events of a request, and of the sessions that it touched. */
async function explained({ services }: TestApp, id: string) {
  await services.audit.flush();
  const found = await services.explanations.explain(id);
  const brief = (events: readonly ExplainedEvent[] = []) => events.map(({ event, reason }) => `${event} ${reason}`);
  return { events: brief(found?.events), sessions: found?.sessions.map(({ events }) => brief(events)) };
}

test('a session that a change of password ended says so in its life', async (t) => {
  const server = await createTestApp(t);
  const user = await registerUser(server);
  const other = await post(server, '/auth/login', user);
  const change = { current_password: user.password, new_password: next };
  assert.equal((await post(server, '/auth/password/change', change, other.json().access_token)).statusCode, 204);

  const headers = { ...json, 'x-request-id': 'late' };
  const body = JSON.stringify({ refresh_token: user.refresh_token });
  assert.equal((await server.app.inject({ method: 'POST', url: '/auth/refresh', headers, body })).statusCode, 401);

  const { sessions } = await explained(server, 'late');
  assert.deepEqual(sessions, [['session_created null', 'session_revoked password_change', 'authz_fail session_ended']]);
});

test('a login that a change of password overtook is explained', async (t) => {
  const server = await createTestApp(t);
  const user = await registerUser(server);
  const client = { requestId: 'overtaken', address: '192.0.2.1', userAgent: null };
  const proof = {
    user: { ...user, name: null, role: null, is_active: true, hashed_password: 'what it was' },
    forgivenKey: null,
  };

  await assert.rejects(server.services.sessions.open(proof, client), { code: 'invalid_credentials' });

  assert.deepEqual((await explained(server, 'overtaken')).events, ['authn_login_fail password_changed']);
});

test('a token whose user went away behind the guard is explained', async (t) => {
  const server = await createTestApp(t);
  const user = await registerUser(server);
  const request = { method: 'GET', url: '/auth/me' } as const;
  await server.app.inject({ ...request, headers: bearer(user.access_token) });
  await server.database.sql(`delete from "user" where id = '${user.id}'`);

  const headers = { ...bearer(user.access_token), 'x-request-id': 'gone' };
  assert.equal((await server.app.inject({ ...request, headers })).statusCode, 401);

  assert.deepEqual((await explained(server, 'gone')).events, ['authn_token_refused user_missing']);
});

test('a hash that nobody can check is told from a wrong password', async (t) => {
  const server = await createTestApp(t);
  const user = await registerUser(server);
  await server.database.sql(`update "user" set hashed_password = '!locked' where id = '${user.id}'`);

  const headers = { ...json, 'x-request-id': 'locked' };
  const body = JSON.stringify({ email: user.email, password: user.password });
  assert.equal((await server.app.inject({ method: 'POST', url: '/auth/login', headers, body })).statusCode, 401);

  assert.deepEqual((await explained(server, 'locked')).events, ['authn_login_fail unusable']);
});

test('a browser that sent no refresh cookie is told from one that sent a broken one', async (t) => {
  const server = await createTestApp(t);
  for (const [id, cookie] of [
    ['none', 'other=1'],
    ['broken', '__Host-refresh-0=v1.broken'],
  ] as const) {
    const headers = { origin: 'http://localhost:3000', 'x-request-id': id, cookie };
    assert.equal((await server.app.inject({ method: 'POST', url: '/auth/cookie/refresh', headers })).statusCode, 401);
  }
  assert.deepEqual((await explained(server, 'none')).events, ['authz_fail no_cookie']);
  assert.deepEqual((await explained(server, 'broken')).events, ['authz_fail malformed']);
});
