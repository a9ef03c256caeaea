import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { downgrade } from '@stanchion/migrate';
import { Pool } from 'pg';
import { baseline, type IncumbentDatabase, openDatabase, userColumns } from './support.ts';

const young = 'coalesce(s.rotated_at > c.at - c.reuse_window, false)';
const rotates = `(s.generation = c.presented AND NOT ${young})`;
const served = `(s.generation = c.presented OR (s.generation = c.presented + 1 AND (NOT s.confirmed OR ${young})))`;
/**
 * The columns suffice for one statement that decides: rotate, serve the successor again, or revoke. `$1` session, `$2`
 * presented generation, `$3` reuse window and `$4` idle time in seconds. The subquery reads the clock once; the row's lock
 * serialises racing callers, who are then judged by what the first one left.
 */
const decide = `
  UPDATE sessions AS s
     SET generation = CASE WHEN ${rotates} THEN s.generation + 1 ELSE s.generation END,
         confirmed = CASE WHEN ${rotates} THEN false WHEN s.generation = c.presented THEN true ELSE s.confirmed END,
         rotated_at = CASE WHEN ${rotates} THEN c.at ELSE s.rotated_at END,
         last_used_at = CASE WHEN ${served} THEN greatest(s.last_used_at, c.at) ELSE s.last_used_at END,
         idle_expires_at = CASE WHEN ${served} THEN greatest(s.idle_expires_at, least(c.at + c.idle, s.absolute_expires_at)) ELSE s.idle_expires_at END,
         revoked_at = CASE WHEN NOT ${served} THEN c.at END,
         revoked_reason = CASE WHEN NOT ${served} THEN 'token_reuse' END
    FROM (SELECT clock_timestamp() AS at, $2::bigint AS presented,
                 make_interval(secs => $3::double precision) AS reuse_window,
                 make_interval(secs => $4::double precision) AS idle) AS c
   WHERE s.id = $1 AND s.kind = 'native' AND s.generation >= c.presented AND s.revoked_at IS NULL
     AND s.idle_expires_at > c.at AND s.absolute_expires_at > c.at
  RETURNING s.generation::int AS generation,
            CASE WHEN s.revoked_at IS NOT NULL THEN 'revoked' WHEN s.rotated_at = c.at THEN 'rotated' ELSE 'served' END AS verdict`;

interface Verdict {
  generation: number;
  verdict: 'rotated' | 'served' | 'revoked';
}

interface Opened {
  database: IncumbentDatabase;
  id: string;
  /** Presents a generation; undefined: no such live session, or a generation ahead of it. */
  present: (generation: number, windowSeconds?: number) => Promise<Verdict | undefined>;
  /** As if the last rotation was a minute ago. */
  age: () => Promise<void>;
}

async function openSession(t: TestContext): Promise<Opened> {
  const database = await openDatabase(t);
  await database.upgrade();
  const [user, id] = [randomUUID(), randomUUID()];
  await database.sql(
    `INSERT INTO "user" (${userColumns}) VALUES ('a@example.com', NULL, true, $1, 'x', now(), now())`,
    [user],
  );
  await database.sql(
    `INSERT INTO sessions (id, user_id, kind, generation, confirmed, token_salt, created_at, last_used_at, idle_expires_at, absolute_expires_at)
     VALUES ($1, $2, 'native', 1, false, '\\x00', now(), now(), now() + interval '7 days', now() + interval '30 days')`,
    [id, user],
  );
  return {
    database,
    id,
    async present(generation, windowSeconds = 30) {
      const [row] = await database.sql(decide, [id, generation, windowSeconds, 604_800]);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the statement returns
      return row as unknown as Verdict | undefined;
    },
    async age() {
      await database.sql("UPDATE sessions SET rotated_at = rotated_at - interval '1 minute' WHERE id = $1", [id]);
    },
  };
}

describe('a session', () => {
  test('rotates when its token is presented', async (t) => {
    const { present } = await openSession(t);

    assert.deepEqual(await present(1), { generation: 2, verdict: 'rotated' });
  });

  test('serves the current token again within the window, and rotates after it', async (t) => {
    const { present, age } = await openSession(t);
    await present(1);

    assert.deepEqual(await present(2), { generation: 2, verdict: 'served' });
    await age();
    assert.deepEqual(await present(2), { generation: 3, verdict: 'rotated' });
  });

  test('does not slide the window by serving', async (t) => {
    const { present, database } = await openSession(t);
    await present(1);
    const before = await database.sql('SELECT rotated_at::text FROM sessions');

    await present(2);
    await present(1);

    assert.deepEqual(await database.sql('SELECT rotated_at::text FROM sessions'), before);
  });

  test('serves a parent of any age while the successor was never presented', async (t) => {
    const { present, age } = await openSession(t);
    await present(1);
    await age();

    assert.deepEqual(await present(1), { generation: 2, verdict: 'served' });
  });

  test('serves a parent within the window although the successor was presented', async (t) => {
    const { present } = await openSession(t);
    await present(1);
    await present(2);

    assert.deepEqual(await present(1), { generation: 2, verdict: 'served' });
  });

  test('is revoked by a parent after its successor was confirmed and the window is over, for good', async (t) => {
    const { present, age } = await openSession(t);
    await present(1);
    await present(2);
    await age();

    assert.equal((await present(1))?.verdict, 'revoked');
    assert.equal(await present(2), undefined);
  });

  test('is revoked by a grandparent, whatever the window', async (t) => {
    const { present, age } = await openSession(t);
    await present(1);
    await age();
    await present(2);

    assert.equal((await present(1))?.verdict, 'revoked');
  });

  test('is left alone by a generation that it never had', async (t) => {
    const { present } = await openSession(t);

    assert.equal(await present(2), undefined);
    assert.equal((await present(1))?.verdict, 'rotated');
  });

  for (const column of ['idle_expires_at', 'absolute_expires_at']) {
    test(`ends at ${column}`, async (t) => {
      const { present, database } = await openSession(t);
      await database.sql(`UPDATE sessions SET ${column} = now() - interval '1 second'`);

      assert.equal(await present(1), undefined);
    });
  }

  test('rotates once for 300 callers who present one token together', async (t) => {
    const { database, id } = await openSession(t);
    const pool = new Pool({ ...database.connection, max: 20 });
    // The database is dropped while its last connections still say goodbye.
    pool.on('error', () => undefined);
    try {
      const answers = await Promise.all(
        Array.from({ length: 300 }, async () => (await pool.query<Verdict>(decide, [id, 1, 30, 604_800])).rows[0]),
      );

      assert.equal(answers.filter((answer) => answer?.verdict === 'rotated').length, 1);
      assert.ok(answers.every((answer) => answer?.generation === 2 && answer.verdict !== 'revoked'));
    } finally {
      await pool.end();
    }
  });

  test('survives a downgrade to the baseline and up again', async (t) => {
    const { database, present } = await openSession(t);
    await present(1);
    const before = await database.sql('SELECT s::text FROM sessions s');

    await downgrade(database.graph, { connection: database.connection, target: baseline });
    assert.deepEqual(await database.sql("SELECT to_regclass('sessions') AS sessions"), [{ sessions: null }]);
    await database.upgrade();

    assert.deepEqual(await database.sql('SELECT s::text FROM sessions s'), before);
    assert.equal((await present(2))?.verdict, 'served');
  });

  test('whose user is deleted while it is set aside stays in the archive, and the upgrade goes on', async (t) => {
    const { database } = await openSession(t);
    await downgrade(database.graph, { connection: database.connection, target: baseline });
    await database.sql('DELETE FROM "user"');

    await database.upgrade();

    assert.deepEqual(await database.sql('SELECT count(*)::int AS n FROM sessions'), [{ n: 0 }]);
    assert.deepEqual(
      await database.sql("SELECT relation_name, row_count::int FROM stanchion.archive WHERE kind = 'rows'"),
      [{ relation_name: 'aec3516917b0_sessions', row_count: 1 }],
    );
  });

  test('goes with its user', async (t) => {
    const { database } = await openSession(t);

    await database.sql('DELETE FROM "user"');

    assert.deepEqual(await database.sql('SELECT count(*)::int AS n FROM sessions'), [{ n: 0 }]);
  });
});
