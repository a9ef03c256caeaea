import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MailMessage } from '../../src/mail/transport.ts';
import { createTestApp, registerUser } from '../support/app.ts';
import { tokenIn } from '../support/mail.ts';

describe('a mail', () => {
  test('that cannot be sent stays, is due later, and stops no other', async (t) => {
    const sent: MailMessage[] = [];
    let isDown = true;
    const mailTransport = {
      async send(mail: MailMessage) {
        if (isDown) throw Object.assign(new Error('the text of the mail'), { code: 'ECONNREFUSED' });
        sent.push(mail);
      },
      close() {},
    };
    const server = await createTestApp(t, { mailTransport });
    await registerUser(server);
    await registerUser(server);

    assert.deepEqual(await server.services.mail.runDue(), { sent: 0, failed: 2 });
    assert.deepEqual(await server.services.mail.runDue(), { sent: 0, failed: 0 });
    const [row] = await server.database.sql(
      `select attempts, last_error, next_attempt_at > now() + interval '1 minute' as later from mail_jobs`,
    );
    assert.deepEqual(row, { attempts: 1, last_error: 'ECONNREFUSED', later: true });

    isDown = false;
    await server.database.sql('update mail_jobs set next_attempt_at = now()');
    assert.deepEqual(await server.services.mail.runDue(), { sent: 2, failed: 0 });
    assert.equal(sent.length, 2);
    assert.deepEqual(await server.database.sql('select * from mail_jobs'), []);
  });

  test('is sent once by however many instances look at the same time', async (t) => {
    const server = await createTestApp(t);
    for (let count = 0; count < 5; count += 1) await registerUser(server);

    const runs = await Promise.all(Array.from({ length: 4 }, () => server.services.mail.runDue()));

    assert.equal(
      runs.reduce((sum, { sent }) => sum + sent, 0),
      5,
    );
    assert.equal(new Set(server.mails.map(tokenIn)).size, 5);
  });

  test('waits for the next start when the process is to end: no backlog holds that up', async (t) => {
    const stop = new AbortController();
    const mailTransport = { send: async () => stop.abort(), close() {} };
    const server = await createTestApp(t, { mailTransport });
    for (let count = 0; count < 3; count += 1) await registerUser(server);

    assert.deepEqual(await server.services.mail.runDue(stop.signal), { sent: 1, failed: 0 });
    assert.deepEqual(await server.database.sql('select attempts from mail_jobs'), [{ attempts: 0 }, { attempts: 0 }]);
  });

  test('is not owed for what was rolled back', async (t) => {
    const server = await createTestApp(t);
    const user = await registerUser(server);
    await server.services.mail.runDue();

    await assert.rejects(registerUser(server, { email: user.email }), /409/);

    assert.deepEqual(await server.services.mail.runDue(), { sent: 0, failed: 0 });
  });

  test('that nobody could deliver for days is given up', async (t) => {
    const server = await createTestApp(t);
    await registerUser(server);
    await server.database.sql(`update mail_jobs set created_at = now() - interval '8 days'`);

    assert.equal((await server.services.maintenance.run()).mailGivenUp, 1);
  });
});
