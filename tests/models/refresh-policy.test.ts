import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Client } from 'pg';
import { confirmSession, presentRefreshToken } from '../../src/models/sessions.ts';
import { confirmGeneration, decideRefresh, type RefreshState } from '../../src/security/refresh-policy.ts';
import { clientConfigOf, createTestDatabase } from '../support/postgres.ts';

/** Seconds either side of a limit that no pause between two statements crosses. */
const margin = 20;
const windowSeconds = 60;

interface Step {
  kind: 'present' | 'confirm';
  generation: number;
  /** How long before this step the last rotation happened; the row's clock is set back by it. */
  rotatedAgo: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('present' as const, 'present' as const, 'present' as const, 'confirm' as const),
  generation: fc.integer({ min: 0, max: 6 }),
  rotatedAgo: fc.constantFrom(-3600, 0, windowSeconds - margin, windowSeconds + margin, 3600),
});
const start: fc.Arbitrary<RefreshState> = fc.record({
  generation: fc.integer({ min: 1, max: 4 }),
  confirmed: fc.boolean(),
  rotatedAt: fc.constantFrom(null, 0),
});

test('the statement in the database decides as the rule in security/refresh-policy does', async (t) => {
  const { db, url } = await createTestDatabase(t);
  const client = new Client(clientConfigOf(url));
  client.on('error', () => undefined); // Its database is dropped before it ends.
  await client.connect();
  t.after(() => client.end());
  const sql = async (text: string, values?: unknown[]) => (await client.query(text, values)).rows;
  const user_id = randomUUID();
  await sql(
    `insert into "user" (email, is_active, id, hashed_password, created_at, updated_at)
     values ('a@example.com', true, '${user_id}', '!', now(), now())`,
  );
  const verdicts = new Set<string>();

  await fc.assert(
    fc.asyncProperty(start, fc.array(step, { minLength: 1, maxLength: 6 }), async (first, steps) => {
      const id = randomUUID();
      await sql(
        `insert into sessions (id, user_id, kind, generation, confirmed, rotated_at, token_salt, created_at, last_used_at,
           idle_expires_at, absolute_expires_at)
         values ($1, $2, 'native', $3, $4, case when $5 then null else now() end, '\\x00', now(), now(), now() + '1 d', now() + '1 d')`,
        [id, user_id, first.generation, first.confirmed, first.rotatedAt === null],
      );
      let state = first;
      for (const { kind, generation, rotatedAgo } of steps) {
        await sql(
          `update sessions set rotated_at = clock_timestamp() - make_interval(secs => $2) where id = $1 and rotated_at is not null`,
          [id, rotatedAgo],
        );
        if (kind === 'confirm') {
          await confirmSession(db, { id, generation });
          state = confirmGeneration(state, generation);
          continue;
        }
        const before = { ...state, rotatedAt: state.rotatedAt === null ? null : -rotatedAgo };
        const expected = decideRefresh(before, { generation, at: 0 }, { windowSeconds });
        verdicts.add(expected.verdict);
        const presented = { id, presented: generation, window_seconds: windowSeconds, idle_seconds: 600 };
        const found = await presentRefreshToken(db, presented);
        assert.ok(found);
        assert.equal(found.revoked_at !== null, expected.verdict === 'reuse');
        const [row] = await sql('select generation::int, confirmed, rotated_at from sessions where id = $1', [id]);
        assert.deepEqual(
          [row?.generation, row?.confirmed, row?.rotated_at === null],
          [expected.state.generation, expected.state.confirmed, expected.state.rotatedAt === null],
        );
        assert.equal(found.generation, expected.state.generation);
        if (expected.verdict === 'reuse') return;
        state = expected.state;
      }
    }),
    { numRuns: 150 },
  );

  assert.deepEqual([...verdicts].toSorted(), ['ahead', 'reuse', 'rotate', 'serve']);
});
