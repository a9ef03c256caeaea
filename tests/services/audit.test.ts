import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Client } from 'pg';
import { chainHash } from '../../src/security/audit-chain.ts';
import { createTestApp, registerUser, type TestApp } from '../support/app.ts';
import { clientConfigOf } from '../support/postgres.ts';

async function record(server: TestApp, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    server.services.audit.record({
      event: 'authn_login_fail',
      requestId: `request-${n}`,
      address: '192.0.2.1',
      reason: 'x',
    });
  }
  await server.services.audit.flush();
}

/** As a superuser does it who means harm. */
function tamper({ database }: TestApp, statement: string) {
  return database.sql(`set session_replication_role = replica; ${statement}; reset session_replication_role`);
}

describe('the audit trail', () => {
  test('holds for what was written, by several instances at once', async (t) => {
    const server = await createTestApp(t);
    const other = await createTestApp(t, { database: server.database });

    await Promise.all([record(server, 600), record(other, 600)]);

    assert.deepEqual(await server.services.audit.verify(), { events: 1200, pruned: 0, fault: null });
  });

  test('is empty and whole at first', async (t) => {
    const server = await createTestApp(t);
    assert.deepEqual(await server.services.audit.verify(), { events: 0, pruned: 0, fault: null });
  });

  for (const [what, statement, fault] of [
    ['a changed field', `update audit_events set reason = 'y' where seq = 3`, { seq: 3, kind: 'changed' }],
    [
      'a changed time',
      `update audit_events set at = at + interval '1 second' where seq = 3`,
      { seq: 3, kind: 'changed' },
    ],
    ['another user', `update audit_events set user_id = gen_random_uuid() where seq = 3`, { seq: 3, kind: 'changed' }],
    ['a removed event', 'delete from audit_events where seq = 3', { seq: 3, kind: 'missing' }],
    ['a removed beginning', 'delete from audit_events where seq < 3', { seq: 1, kind: 'missing' }],
    ['a cut-off end', 'delete from audit_events where seq > 3', { seq: 4, kind: 'cut_off' }],
    [
      'another address',
      `update audit_events set address = '192.0.2.9' where seq = 3`,
      { seq: 3, kind: 'address_changed' },
    ],
  ] as const) {
    test(`tells ${what}`, async (t) => {
      const server = await createTestApp(t);
      await record(server, 5);
      await tamper(server, statement);

      assert.deepEqual((await server.services.audit.verify()).fault, fault);
    });
  }

  test('tells an event that somebody put behind its end, however well it is chained', async (t) => {
    const server = await createTestApp(t);
    await record(server, 3);
    const [end] = await server.database.sql(`select encode(hash, 'hex') as hash from audit_head`);
    const at = '2027-01-15T08:00:00.000000Z';
    const none = { request_id: null, session_id: null, user_id: null, actor_id: null, reason: null };
    const forged = { seq: 4, at, event: 'authn_login_success', ...none, address_digest: null };
    const hash = chainHash(Buffer.from(String(end?.hash), 'hex'), forged).toString('hex');
    const insert = `insert into audit_events (seq, at, event, hash) values (4, '${at}', '${forged.event}', '\\x${hash}')`;
    await server.database.sql(insert);

    assert.deepEqual(await server.services.audit.verify(), { events: 3, pruned: 0, fault: { seq: 4, kind: 'added' } });
  });

  test('refuses a change without being asked twice', async (t) => {
    const server = await createTestApp(t);
    await record(server, 2);

    for (const statement of [
      `update audit_events set reason = 'y'`,
      'delete from audit_events',
      'truncate audit_events',
      `update audit_events set address = 'other'`,
    ]) {
      await assert.rejects(server.database.sql(statement), /append-only/, statement);
    }
  });

  test('holds after addresses were erased', async (t) => {
    const server = await createTestApp(t);
    await record(server, 3);

    await server.database.sql('update audit_events set address = null, address_salt = null where seq = 2');

    assert.deepEqual(await server.services.audit.verify(), { events: 3, pruned: 0, fault: null });
  });

  test('keeps what could not be written, and writes it later in its order', async (t) => {
    const server = await createTestApp(t);
    await server.database.sql('alter table audit_events rename to away');
    server.services.audit.record({ event: 'session_created', reason: 'first' });
    await assert.rejects(server.services.audit.flush());
    await server.database.sql('alter table away rename to audit_events');
    server.services.audit.record({ event: 'session_created', reason: 'second' });

    await server.services.audit.flush();

    const rows = await server.database.sql('select reason from audit_events order by seq');
    assert.deepEqual(
      rows.map(({ reason }) => reason),
      ['first', 'second'],
    );
  });

  test('writes so much of a long flood and no more, however fast the database is', async (t) => {
    let now = 1_800_000_000;
    const server = await createTestApp(t, { nowSeconds: () => now });
    for (let second = 0; second < 10; second += 1) {
      for (let n = 0; n < 300; n += 1) {
        server.services.audit.record({ event: n % 2 === 0 ? 'authn_token_refused' : 'excess_rate_limit_exceeded' });
      }
      await server.services.audit.flush();
      now += 1;
    }

    const [flood] = await server.database.sql(
      `select count(*)::int as written from audit_events where event <> 'audit_left_out'`,
    );
    assert.deepEqual(flood, { written: 500 + 9 * 20 });
    const [counted] = await server.database.sql(
      `select sum(reason::int)::int as missed from audit_events where event = 'audit_left_out'`,
    );
    assert.deepEqual(counted, { missed: 3000 - 680 });
  });

  test('counts what strangers send beyond a bound, and leaves out no event of a user', async (t) => {
    const server = await createTestApp(t, { nowSeconds: () => 1_800_000_000 });
    for (let n = 0; n < 2000; n += 1)
      server.services.audit.record({ event: 'authn_token_refused', reason: 'segments' });
    server.services.audit.record({ event: 'user_created' });

    await server.services.audit.flush();

    const rows = await server.database.sql(
      'select event, count(*)::int as count, max(reason) as reason from audit_events group by event order by event',
    );
    assert.deepEqual(rows, [
      { event: 'audit_left_out', count: 1, reason: '1500' },
      { event: 'authn_token_refused', count: 500, reason: 'segments' },
      { event: 'user_created', count: 1, reason: null },
    ]);
  });

  test('has the events of a login, with its request and session', async (t) => {
    const server = await createTestApp(t);
    const user = await registerUser(server);
    await server.services.audit.flush();

    const rows = await server.database.sql(
      `select event, user_id = '${user.id}' as own, session_id is not null as session, request_id is not null as request
         from audit_events order by seq`,
    );
    assert.deepEqual(
      rows.map(({ event }) => event),
      ['user_created', 'authn_login_success', 'session_created'],
    );
    assert.ok(rows.every(({ own, request }) => own === true && request === true));
    assert.equal(rows[2]?.session, true);
  });

  test('of a user who is deleted while an event waits its turn has no address', async (t) => {
    const server = await createTestApp(t);
    const user = await registerUser(server);
    await server.services.audit.flush();
    const deleter = new Client(clientConfigOf(server.database.url));
    await deleter.connect();
    try {
      await deleter.query('begin');
      await deleter.query('select from audit_head for update');
      server.services.audit.record({ event: 'user_data_exported', userId: user.id, address: '192.0.2.1' });
      const flushed = server.services.audit.flush();
      // Not by the deleter: within a transaction the view stands still.
      const waiting = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
      while ((await server.database.sql(waiting)).length === 0) await new Promise(setImmediate);
      await deleter.query('delete from "user" where id = $1', [user.id]);
      await deleter.query('commit');
      await flushed;
    } finally {
      await deleter.end();
    }

    const exported = `select address, address_salt from audit_events where event = 'user_data_exported'`;
    assert.deepEqual(await server.database.sql(exported), [{ address: null, address_salt: null }]);
    assert.equal((await server.services.audit.verify()).fault, null);
  });

  test('goes on where another instance left it', async (t) => {
    const server = await createTestApp(t);
    const other = await createTestApp(t, { database: server.database });
    for (const turn of [server, other, other, server, server, other]) await record(turn, 2);

    assert.deepEqual(await server.services.audit.verify(), { events: 12, pruned: 0, fault: null });
  });

  test('takes one statement where nobody else appends', async (t) => {
    const server = await createTestApp(t);
    await record(server, 1);
    const { db } = server.database;
    const run = db.run.bind(db);
    const asked: string[] = [];
    t.mock.method(db, 'run', (...args: Parameters<typeof run>) => {
      asked.push(args[0].name);
      return run(...args);
    });

    await record(server, 3);

    assert.deepEqual(asked, ['audit_events_append']);
  });
});
