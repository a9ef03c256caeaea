import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTestApp, type TestApp } from '../support/app.ts';

const day = 86_400;

/** A trail with events of so many days, one a day; the clock stands on the last one. */
async function createTrail(t: Parameters<typeof createTestApp>[0], days: number) {
  const clock = { now: 1_800_000_000 };
  const server = await createTestApp(t, { nowSeconds: () => clock.now });
  for (let n = 1; n <= days; n += 1) {
    if (n > 1) clock.now += day;
    server.services.audit.record({ event: 'session_created', reason: `day ${n}`, address: '192.0.2.1' });
    await server.services.audit.flush();
  }
  return { server, audit: server.services.audit, clock };
}

async function eventsOf({ database }: TestApp): Promise<string[]> {
  const rows = await database.sql('select event, reason from audit_events order by seq');
  return rows.map(({ event, reason }) => (event === 'audit_pruned' ? 'pruned' : String(reason)));
}

describe('pruning the audit trail', () => {
  test('removes what is older, and leaves a chain that holds and says what it lacks', async (t) => {
    const { server, audit } = await createTrail(t, 6);

    const found = await audit.findOlder(2 * day);
    assert.deepEqual([found.fault, found.older, found.until], [null, 3, 3]);
    assert.equal(await audit.prune(found), 3);

    assert.deepEqual(await eventsOf(server), ['day 4', 'day 5', 'day 6', 'pruned']);
    assert.deepEqual(await audit.verify(), { events: 4, pruned: 3, fault: null });
  });

  test('can be done again and in parts, also while others write', async (t) => {
    const { server, audit, clock } = await createTrail(t, 6);
    const other = await createTestApp(t, { database: server.database, nowSeconds: () => clock.now });
    await audit.prune({ ...(await audit.findOlder(4 * day)), atOnce: 1 });
    const writing = Promise.all(
      Array.from({ length: 20 }, async () => {
        other.services.audit.record({ event: 'user_created', reason: 'meanwhile' });
        await other.services.audit.flush();
      }),
    );

    assert.equal(await audit.prune({ ...(await audit.findOlder(2 * day)), atOnce: 1 }), 2);
    await writing;

    assert.deepEqual(await audit.verify(), { events: 3 + 20 + 3, pruned: 3, fault: null });
  });

  test('has nothing to do where nothing is older', async (t) => {
    const { server, audit } = await createTrail(t, 2);
    assert.equal(await audit.prune(await audit.findOlder(5 * day)), 0);
    assert.deepEqual(await eventsOf(server), ['day 1', 'day 2']);
  });

  test('is refused where the chain does not hold: what is wrong with it would be lost', async (t) => {
    const { server, audit } = await createTrail(t, 4);
    await server.database.sql(
      `set session_replication_role = replica; update audit_events set reason = 'y' where seq = 2`,
    );

    const found = await audit.findOlder(day);

    assert.deepEqual(found.fault, { seq: 2, kind: 'changed' });
    await assert.rejects(audit.prune(found), { code: 'conflict' });
    assert.equal((await eventsOf(server)).length, 4);
  });

  for (const [what, statement, fault] of [
    ['more of the beginning', 'delete from audit_events where seq = 4', { seq: 1, kind: 'missing' }],
    ['the first that is left', `update audit_events set reason = 'y' where seq = 4`, { seq: 1, kind: 'missing' }],
    ['what says so', `delete from audit_events where event = 'audit_pruned'`, { seq: 7, kind: 'cut_off' }],
    [
      'what it says',
      `update audit_events set reason = '2 ' || split_part(reason, ' ', 2) where seq = 7`,
      { seq: 7, kind: 'changed' },
    ],
  ] as const) {
    test(`does not hide a change of ${what}`, async (t) => {
      const { server, audit } = await createTrail(t, 6);
      await audit.prune(await audit.findOlder(2 * day));
      await server.database.sql(`set session_replication_role = replica; ${statement}`);

      assert.deepEqual((await audit.verify()).fault, fault);
    });
  }

  test('leaves the triggers in place that keep everybody from deleting', async (t) => {
    const { server, audit } = await createTrail(t, 3);
    await audit.prune(await audit.findOlder(day));
    await assert.rejects(server.database.sql('delete from audit_events'), /append-only/);
  });
});
