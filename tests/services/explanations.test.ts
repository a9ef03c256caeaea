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
  const proof = { user: { ...user, name: null, is_active: true, hashed_password: 'what it was' }, forgivenKey: null };

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
