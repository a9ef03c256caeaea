import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { explainReason } from '../../src/services/reasons.ts';
import { bearer, createTestApp, json, registerUser } from '../support/app.ts';

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
const union = /export type TokenFault =([^;]+);/;

test('every reason in the code has its explanation', () => {
  const files = globSync(['src/security/*.ts', 'src/services/*.ts']);
  const texts = files.map((file) => readFileSync(file, 'utf8'));
  const called = texts.flatMap((text) => [...text.matchAll(refusing)].map(([, reason]) => reason ?? ''));
  const faults = texts.flatMap((text) =>
    [...(union.exec(text)?.[1] ?? '').matchAll(/'([a-z0-9_]+)'/g)].map((match) => match[1] ?? ''),
  );

  assert.ok(called.length > 30 && faults.length === 5, `${called.length} ${faults.length}`);
  const missing = [...new Set([...called, ...faults])].filter((reason) => explainReason(reason) === null);
  assert.deepEqual(missing, []);
});
