import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { insertSession, presentRefreshToken } from '../../src/models/sessions.ts';
import { createTestDatabase } from '../support/postgres.ts';

test('300 parallel presentations of one token are one rotation, whoever comes first', async (t) => {
  const { db, sql } = await createTestDatabase(t, { config: { poolMaxWaiting: 400, acquireTimeoutMs: 20_000 } });
  const user_id = randomUUID();
  await sql(
    `insert into "user" (email, is_active, id, hashed_password, created_at, updated_at)
     values ('a@example.com', true, '${user_id}', '!', now(), now())`,
  );
  for (let round = 0; round < 5; round += 1) {
    const id = randomUUID();
    const [kind, ip, user_agent, token_salt] = ['native' as const, '127.0.0.1', null, randomBytes(16)];
    const limits = { idle_seconds: 600, absolute_seconds: 600 };
    await insertSession(db, { id, user_id, kind, ip, user_agent, token_salt, ...limits });
    const presentation = { id, presented: 1, window_seconds: 30, idle_seconds: 600 };

    const answers = await Promise.all(Array.from({ length: 300 }, () => presentRefreshToken(db, presentation)));

    const decided = answers.map((answer) => [answer?.generation, answer?.revoked_at, answer?.rotated_seconds].join());
    assert.equal(new Set(decided).size, 1);
    assert.equal(answers[0]?.generation, 2);
  }
});
