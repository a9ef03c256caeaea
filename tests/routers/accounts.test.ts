import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bearer, createTestApp, json, registerUser, type TestApp } from '../support/app.ts';
import { tokenIn } from '../support/mail.ts';
import { askForReset, isSignedIn, logsIn, mailsOf, next, openAccount, post } from './account-steps.ts';

describe('a forgotten password', () => {
  test('is replaced by the link in a mail, and every session ends', async (t) => {
    const server = await createTestApp(t);
    const user = await openAccount(server);
    const token = await askForReset(server, user.email);

    assert.equal((await post(server, '/auth/password/reset', { token, password: next })).statusCode, 204);

    assert.equal(await isSignedIn(server, user.access_token), false);
    assert.equal(await logsIn(server, user.email, user.password), false);
    assert.equal(await logsIn(server, user.email, next), true);
    assert.deepEqual(
      (await mailsOf(server)).map(({ to, subject }) => [to, subject]),
      [[user.email, 'Your password was changed']],
    );
  });

  test('is answered alike for an address that nobody has, and nothing is mailed', async (t) => {
    const server = await createTestApp(t);
    const user = await openAccount(server);

    const [known, unknown] = await Promise.all(
      [user.email, 'nobody@example.com'].map((email) => post(server, '/auth/password/forgot', { email })),
    );

    assert.deepEqual([unknown?.statusCode, unknown?.body], [known?.statusCode, known?.body]);
    assert.deepEqual(
      (await mailsOf(server)).map(({ to }) => to),
      [user.email],
    );
  });

  test('asks the database the same for a known and an unknown address before the answer', async (t) => {
    const server = await createTestApp(t);
    const user = await openAccount(server);
    const jobs = () => server.database.sql('select kind, user_id, attempts from mail_jobs order by created_at');

    await post(server, '/auth/password/forgot', { email: user.email });
    await post(server, '/auth/password/forgot', { email: 'nobody@example.com' });

    const [known, unknown] = await jobs();
    assert.deepEqual(known, unknown);
  });

  test('goes to the address on file, whatever spelling was typed', async (t) => {
    const server = await createTestApp(t);
    const user = await openAccount(server);

    await post(server, '/auth/password/forgot', { email: ` ${user.email.toUpperCase()} ` });

    assert.deepEqual(
      (await mailsOf(server)).map(({ to }) => to),
      [user.email],
    );
  });

  test('is not mailed to a disabled user or to what is no address', async (t) => {
    const server = await createTestApp(t);
    const user = await openAccount(server);
    await server.database.sql(`update "user" set is_active = false where email = '${user.email}'`);
    await server.database.sql(
      `insert into "user" (email, is_active, id, hashed_password, created_at, updated_at)
       values ('no-address', true, gen_random_uuid(), '!', now(), now())`,
    );

    for (const email of [user.email, 'no-address']) {
      assert.equal((await post(server, '/auth/password/forgot', { email })).statusCode, 202);
    }

    assert.deepEqual(await mailsOf(server), []);
  });

  test('takes its link once, however many use it at the same time', async (t) => {
    const server = await createTestApp(t);
    const user = await openAccount(server);
    const token = await askForReset(server, user.email);

    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => post(server, '/auth/password/reset', { token, password: `${next} ${n}` })),
    );

    const statuses = answers.map(({ statusCode }) => statusCode).toSorted((a, b) => a - b);
    assert.deepEqual(statuses, [204, ...Array.from({ length: 9 }, () => 400)]);
  });

  test('takes only the latest link', async (t) => {
    const server = await createTestApp(t);
    const user = await openAccount(server);
    const [first, second] = [await askForReset(server, user.email), await askForReset(server, user.email)];

    assert.equal((await post(server, '/auth/password/reset', { token: first, password: next })).statusCode, 400);
    assert.equal((await post(server, '/auth/password/reset', { token: second, password: next })).statusCode, 204);
  });

  test('takes no link of another purpose, of the past, or of an address that was replaced', async (t) => {
    const server = await createTestApp(t);
    const user = await openAccount(server);
    const reset = (token: string) => post(server, '/auth/password/reset', { token, password: next });
    assert.equal((await reset(user.verification)).statusCode, 400);
    assert.equal((await reset('')).statusCode, 400);

    const old = await askForReset(server, user.email);
    await server.database.sql(`update account_tokens set expires_at = now() where used_at is null`);
    assert.equal((await reset(old)).statusCode, 400);

    const moved = await askForReset(server, user.email);
    await server.database.sql(`update "user" set email = 'moved@example.com' where id = '${user.id}'`);
    assert.equal((await reset(moved)).statusCode, 400);
  });

  test('leaves the link unspent when the new password is refused', async (t) => {
    const server = await createTestApp(t);
    const user = await openAccount(server);
    const token = await askForReset(server, user.email);

    assert.equal((await post(server, '/auth/password/reset', { token, password: 'short' })).statusCode, 422);
    assert.equal((await post(server, '/auth/password/reset', { token, password: user.email })).statusCode, 422);
    assert.equal((await post(server, '/auth/password/reset', { token, password: next })).statusCode, 204);
  });

  test('is limited for each account and says how long', async (t) => {
    const env = { RATE_LIMITS: 'on', RECOVERY_RATE_LIMIT_PER_ACCOUNT: '2/1h' };
    const server = await createTestApp(t, { env });
    const ask = (email: string) => post(server, '/auth/password/forgot', { email });

    assert.deepEqual([(await ask('a@example.com')).statusCode, (await ask('A@Example.com')).statusCode], [202, 202]);
    const refused = await ask('a@example.com');
    assert.equal(refused.statusCode, 429);
    assert.ok(Number(refused.headers['retry-after']) > 0);
    assert.equal((await ask('b@example.com')).statusCode, 202);
  });

  test('stores no secret: what was mailed is not in the database', async (t) => {
    const server = await createTestApp(t);
    const user = await openAccount(server);
    const token = await askForReset(server, user.email);

    const rows = await server.database.sql(`select encode(token_hash, 'escape') as hash, t.* from account_tokens t`);
    const jobs = await server.database.sql('select * from mail_jobs');
    assert.ok(!JSON.stringify([rows, jobs]).includes(token));
  });
});

describe('a change of password', () => {
  test('needs the present one, and ends all other sessions', async (t) => {
    const server = await createTestApp(t);
    const user = await openAccount(server);
    const other = await post(server, '/auth/login', { email: user.email, password: user.password });
    const change = (current_password: string) =>
      post(server, '/auth/password/change', { current_password, new_password: next }, user.access_token);

    const refused = await change('not the password');
    assert.deepEqual([refused.statusCode, refused.json()], [403, { detail: 'Incorrect password' }]);
    assert.equal((await change(user.password)).statusCode, 204);

    assert.equal(await isSignedIn(server, user.access_token), true);
    assert.equal(await isSignedIn(server, other.json().access_token), false);
    const refreshed = await post(server, '/auth/refresh', { refresh_token: other.json().refresh_token });
    assert.equal(refreshed.statusCode, 401);
    assert.equal((await post(server, '/auth/refresh', { refresh_token: user.refresh_token })).statusCode, 200);
  });

  test('refuses a weak one, under its own field', async (t) => {
    const server = await createTestApp(t);
    const user = await openAccount(server);
    const body = { current_password: user.password, new_password: '123456789987654321' };

    const answer = await post(server, '/auth/password/change', body, user.access_token);

    assert.equal(answer.statusCode, 422);
    assert.deepEqual(answer.json().detail[0].loc, ['body', 'new_password']);
  });

  test('counts guesses against the account', async (t) => {
    const env = { RATE_LIMITS: 'on', LOGIN_RATE_LIMIT_PER_ACCOUNT: '3/1h' };
    const server = await createTestApp(t, { env });
    const user = await openAccount(server);
    const guess = () =>
      post(server, '/auth/password/change', { current_password: 'a guess', new_password: next }, user.access_token);

    const statuses = (await Promise.all(Array.from({ length: 6 }, guess))).map(({ statusCode }) => statusCode);

    assert.deepEqual(
      statuses.toSorted((a, b) => a - b),
      [403, 403, 403, 429, 429, 429],
    );
  });

  test('is possible where no mail is configured', async (t) => {
    const server = await createTestApp(t, { mailTransport: null });
    const user = await registerUser(server);
    const body = { current_password: user.password, new_password: next };

    assert.equal((await post(server, '/auth/password/change', body, user.access_token)).statusCode, 204);
    assert.equal((await post(server, '/auth/password/forgot', { email: user.email })).statusCode, 404);
    assert.deepEqual(await server.database.sql('select * from mail_jobs'), []);
  });
});

describe('an address', () => {
  test('is verified by the link that the registration mails', async (t) => {
    const server = await createTestApp(t);
    const user = await openAccount(server);

    assert.equal((await post(server, '/auth/email/verify', { token: user.verification })).statusCode, 204);

    const me = await server.app.inject({ method: 'GET', url: '/auth/me', headers: bearer(user.access_token) });
    assert.equal(me.json().email_verified, true);
    assert.equal((await post(server, '/auth/email/verify', { token: user.verification })).statusCode, 400);
  });

  test('is verified by a link that was asked for again', async (t) => {
    const server = await createTestApp(t);
    const user = await openAccount(server);

    assert.equal((await post(server, '/auth/email/verification', {}, user.access_token)).statusCode, 202);

    const [mail] = await mailsOf(server);
    assert.equal((await post(server, '/auth/email/verify', { token: user.verification })).statusCode, 400);
    assert.equal((await post(server, '/auth/email/verify', { token: tokenIn(mail) })).statusCode, 204);
  });

  async function askForChange(server: TestApp, user: { access_token: string; password: string }, email: string) {
    const body = { email, current_password: user.password };
    const answer = await post(server, '/auth/email/change', body, user.access_token);
    assert.equal(answer.statusCode, 202);
    return mailsOf(server);
  }

  test('changes when the new one is confirmed, and the old one is told of both', async (t) => {
    const server = await createTestApp(t);
    const user = await openAccount(server);
    const other = await post(server, '/auth/login', { email: user.email, password: user.password });

    const [link, notice] = await askForChange(server, user, 'New@example.com');
    assert.deepEqual([link?.to, notice?.to], ['New@example.com', user.email]);
    assert.equal(await logsIn(server, user.email, user.password), true);
    assert.equal((await post(server, '/auth/email/confirm', { token: tokenIn(link) })).statusCode, 204);

    assert.equal(await logsIn(server, 'new@example.com', user.password), true);
    assert.equal(await logsIn(server, user.email, user.password), false);
    assert.equal(await isSignedIn(server, user.access_token), true);
    assert.equal(await isSignedIn(server, other.json().access_token), false);
    assert.deepEqual(
      (await mailsOf(server)).map(({ to, subject }) => [to, subject]),
      [[user.email, 'Your e-mail address was changed']],
    );
  });

  test('does not change without the password, and to what is no address', async (t) => {
    const server = await createTestApp(t);
    const user = await openAccount(server);
    const ask = (email: string, current_password: string) =>
      post(server, '/auth/email/change', { email, current_password }, user.access_token);

    assert.equal((await ask('new@example.com', 'wrong')).statusCode, 403);
    for (const email of ['nobody', 'a@b.example\r\nBcc: c@d.example']) {
      assert.equal((await ask(email, user.password)).statusCode, 422);
    }
    assert.deepEqual(await mailsOf(server), []);
  });

  test('that somebody else took meanwhile is a conflict, and nothing changes', async (t) => {
    const server = await createTestApp(t);
    const user = await openAccount(server);
    const [link] = await askForChange(server, user, 'wanted@example.com');
    await registerUser(server, { email: 'Wanted@example.com' });

    assert.equal((await post(server, '/auth/email/confirm', { token: tokenIn(link) })).statusCode, 409);

    assert.equal(await isSignedIn(server, user.access_token), true);
    assert.equal(await logsIn(server, user.email, user.password), true);
  });

  test('ends the links that went to the old one', async (t) => {
    const server = await createTestApp(t);
    const user = await openAccount(server);
    const reset = await askForReset(server, user.email);
    const [link] = await askForChange(server, user, 'new@example.com');
    await post(server, '/auth/email/confirm', { token: tokenIn(link) });

    assert.equal((await post(server, '/auth/password/reset', { token: reset, password: next })).statusCode, 400);
    assert.equal((await post(server, '/auth/email/verify', { token: user.verification })).statusCode, 400);
  });
});

test('links lead to the configured pages, whatever Host the request named', async (t) => {
  const server = await createTestApp(t, { env: { APP_URL: 'https://app.example.com/account/' } });
  const user = await openAccount(server);
  const headers = { ...json, host: 'evil.example', 'x-forwarded-host': 'evil.example' };

  await server.app.inject({
    method: 'POST',
    url: '/auth/password/forgot',
    headers,
    body: JSON.stringify({ email: user.email }),
  });

  const [mail] = await mailsOf(server);
  assert.match(mail?.text ?? '', /^https:\/\/app\.example\.com\/account\/reset-password#token=/m);
});

test('a login with the old password opens no session once the password was changed', async (t) => {
  const server = await createTestApp(t);
  const user = await openAccount(server);
  const { id, email } = user;
  const proven = {
    user: { id, email, name: null, role: null, is_active: true, hashed_password: 'what it was proven against' },
    forgivenKey: null,
  };
  const client = { requestId: 'test', address: '127.0.0.1', userAgent: null };

  await assert.rejects(server.services.sessions.open(proven, client), { code: 'invalid_credentials' });
});

test('logins that race a change of password leave no session of the old one', async (t) => {
  const server = await createTestApp(t);
  const user = await openAccount(server);
  for (let round = 0; round < 5; round += 1) {
    const [from, to] = round % 2 === 0 ? [user.password, next] : [next, user.password];
    const { access_token } = (await post(server, '/auth/login', { email: user.email, password: from })).json();
    const logins = Array.from({ length: 6 }, () => post(server, '/auth/login', { email: user.email, password: from }));
    const change = { current_password: from, new_password: to };

    const [changed, ...answers] = await Promise.all([
      post(server, '/auth/password/change', change, access_token),
      ...logins,
    ]);

    assert.equal(changed?.statusCode, 204);
    for (const answer of answers) {
      if (answer.statusCode !== 200) continue;
      assert.equal(await isSignedIn(server, answer.json().access_token), false);
    }
  }
});
