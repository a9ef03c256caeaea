import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTestApp, type TestApp } from '../support/app.ts';
import { tokenIn } from '../support/mail.ts';
import { askForReset, logsIn, mailsOf, next, openAccount, post } from './account-steps.ts';

describe('a change of address that somebody with the old password asked for', () => {
  const thief = 'thief@example.com';

  async function askForChange(server: TestApp, { password, access_token }: Account): Promise<void> {
    const answer = await post(server, '/auth/email/change', { email: thief, current_password: password }, access_token);
    assert.equal(answer.statusCode, 202);
  }

  for (const [what, change] of [
    ['a reset', resetPassword],
    ['a change of the password in another session', changeElsewhere],
  ] as const) {
    test(`is not confirmed any more after ${what}`, async (t) => {
      const server = await createTestApp(t);
      const user = await openAccount(server);
      await askForChange(server, user);
      const link = (await mailsOf(server)).find(({ to }) => to === thief);

      await change(server, user);

      assert.equal((await post(server, '/auth/email/confirm', { token: tokenIn(link) })).statusCode, 400);
      assert.equal(await logsIn(server, user.email, next), true);
    });
  }

  test('is not even mailed after it, if the mail still waits', async (t) => {
    const server = await createTestApp(t);
    const user = await openAccount(server);
    await askForChange(server, user);

    await changeElsewhere(server, user);

    const told = (await mailsOf(server)).map(({ to }) => to);
    assert.deepEqual(new Set(told), new Set([user.email]));
  });

  test('is not confirmed when its mail was written meanwhile', async (t) => {
    const server = await createTestApp(t);
    const user = await openAccount(server);
    await askForChange(server, user);
    server.mails.length = 0;

    await Promise.all([server.services.mail.runDue(), changeElsewhere(server, user)]);

    for (const link of server.mails.filter(({ to }) => to === thief)) {
      assert.equal((await post(server, '/auth/email/confirm', { token: tokenIn(link) })).statusCode, 400);
    }
  });
});

test('a link to reset the password dies when the password is changed', async (t) => {
  const server = await createTestApp(t);
  const user = await openAccount(server);
  const token = await askForReset(server, user.email);

  await changeElsewhere(server, user);

  assert.equal(
    (await post(server, '/auth/password/reset', { token, password: 'a third password of a test' })).statusCode,
    400,
  );
  assert.equal(await logsIn(server, user.email, next), true);
});

test('who asked for another address, and when, is in the audit trail before anything is confirmed', async (t) => {
  const server = await createTestApp(t);
  const user = await openAccount(server);
  const body = { email: 'other@example.com', current_password: user.password };
  assert.equal((await post(server, '/auth/email/change', body, user.access_token)).statusCode, 202);

  const asked = server.events.filter(({ event }) => event === 'authn_email_change_requested');
  assert.deepEqual(
    asked.map(({ userId, address }) => [userId, address]),
    [[user.id, '127.0.0.1']],
  );
});

type Account = Awaited<ReturnType<typeof openAccount>>;

async function resetPassword(server: TestApp, { email }: Account): Promise<void> {
  await post(server, '/auth/password/forgot', { email });
  const mails = await mailsOf(server);
  const mail = mails.find(({ to, subject }) => to === email && /password/i.test(subject));
  assert.equal((await post(server, '/auth/password/reset', { token: tokenIn(mail), password: next })).statusCode, 204);
}

async function changeElsewhere(server: TestApp, { email, password }: Account): Promise<void> {
  const { access_token } = (await post(server, '/auth/login', { email, password })).json();
  const body = { current_password: password, new_password: next };
  assert.equal((await post(server, '/auth/password/change', body, access_token)).statusCode, 204);
}
