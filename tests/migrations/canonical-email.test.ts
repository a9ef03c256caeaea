import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { canonicalEmail } from '../../src/security/emails.ts';
import { type IncumbentDatabase, openDatabase, userColumns } from './support.ts';

interface Judged {
  id: string;
  email: string;
  email_canonical: string | null;
  email_twin_of: string | null;
}

async function judged(database: IncumbentDatabase): Promise<Judged[]> {
  const rows = await database.sql(
    'SELECT id, email, email_canonical, email_twin_of FROM "user" ORDER BY created_at, id',
  );
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the columns of the query
  return rows as unknown as Judged[];
}

/** Users as the incumbent stores them, one second apart in the order given. */
async function openWithUsers(
  t: Parameters<typeof openDatabase>[0],
  emails: readonly string[],
): Promise<IncumbentDatabase> {
  const database = await openDatabase(t, 'legacy-db.sql');
  await database.sql('DELETE FROM task; DELETE FROM "user"');
  for (const [at, email] of emails.entries()) {
    await database.sql(
      `INSERT INTO "user" (${userColumns}) VALUES ($1, NULL, true, $2, 'x', '2026-01-01'::timestamp + make_interval(secs => $3), now())`,
      [email, randomUUID(), at],
    );
  }
  return database;
}

describe('the canonical address', () => {
  test('goes to the older of two users who differ by letter case', async (t) => {
    const database = await openDatabase(t, 'legacy-db.sql');

    await database.upgrade();

    const twins = (await judged(database)).filter((user) => user.email.toLowerCase() === 'pat.twin@example.com');
    const [older, later] = twins;
    assert.deepEqual([older?.email_canonical, older?.email_twin_of], ['pat.twin@example.com', null]);
    assert.deepEqual([later?.email_canonical, later?.email_twin_of], [null, older?.id]);
  });

  test('makes every later one of a group a twin of the oldest', async (t) => {
    const database = await openWithUsers(t, ['a@X.example', 'A@x.example', 'a@x.EXAMPLE', 'b@x.example']);

    await database.upgrade();

    const users = await judged(database);
    assert.deepEqual(
      users.map((user) => user.email_canonical),
      ['a@x.example', null, null, 'b@x.example'],
    );
    assert.deepEqual(
      users.map((user) => user.email_twin_of),
      [null, users[0]?.id, users[0]?.id, null],
    );
  });

  test('is left to the application for everything but ASCII addresses', async (t) => {
    const database = await openDatabase(t, 'legacy-db.sql');

    await database.upgrade();

    const pending = (await judged(database)).filter(
      (user) => user.email_canonical === null && user.email_twin_of === null,
    );
    assert.equal(pending.filter((user) => user.email.normalize('NFC') === 'josé@example.com').length, 2);
    assert.deepEqual(
      pending.map((user) => user.email).filter((email) => /^[\x21-\x7e]+$/.test(email)),
      ['not-an-email'],
    );
    assert.ok(pending.some((user) => user.email === '  spaced@example.com '));
  });

  test('is what the application makes of the same text', async (t) => {
    const odd = [
      'A@B',
      'a@b.',
      'a@.b',
      '@b',
      'a@',
      'a@@b',
      'a@b@c',
      'a..b@c.example',
      'a@[127.0.0.1]',
      'a@b_c.example',
      'a@-b',
      '',
      ' ',
      'a b@c',
      'a@b\n',
      'a@b\t',
      '"x y"@c',
      '"@"@c',
      'K@k.example',
      'ａ@b.example',
      'İ@x.example',
      `${'x'.repeat(319)}@b`,
      `${'y'.repeat(318)}@b`,
      'a@b..c',
      "o'd+t@C-D.example",
    ];
    const database = await openWithUsers(t, odd);

    await database.upgrade();

    for (const user of await judged(database)) {
      if (user.email_canonical !== null) assert.equal(user.email_canonical, canonicalEmail(user.email), user.email);
      else if (/^[\x21-\x7e]+$/.test(user.email)) assert.equal(canonicalEmail(user.email), null, user.email);
    }
  });

  test('cannot be held by two users', async (t) => {
    const database = await openWithUsers(t, ['a@x.example', 'é@x.example']);
    await database.upgrade();

    const claim = database.sql(`UPDATE "user" SET email_canonical = 'a@x.example' WHERE email_canonical IS NULL`);

    await assert.rejects(claim, { code: '23505', constraint: 'ix_user_email_canonical' });
  });

  test('comes out the same after a downgrade and an upgrade in many small batches', async (t) => {
    const emails = Array.from({ length: 1200 }, (_, at) =>
      at % 3 === 0 ? `U${at}@x.example` : `u${at - (at % 3)}@X${at % 3 === 1 ? '' : '.'}x.example`,
    );
    const database = await openWithUsers(t, [...new Set(emails)]);

    await database.upgrade();

    const users = await judged(database);
    const holders = new Map(
      users.flatMap((user) => (user.email_canonical === null ? [] : [[user.email_canonical, user.id]])),
    );
    assert.ok(users.every((user) => (user.email_canonical === null) !== (user.email_twin_of === null)));
    assert.ok(
      users.every(
        (user) => user.email_twin_of === null || holders.get(user.email.toLowerCase()) === user.email_twin_of,
      ),
    );
  });
});
