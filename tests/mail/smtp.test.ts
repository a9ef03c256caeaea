import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, type TestContext, test } from 'node:test';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { createSmtpTransport } from '../../src/mail/smtp.ts';

interface Received {
  from: string;
  to: string[];
  source: string;
}

/** A real SMTP server on a loopback port, with what it received. */
async function startServer(t: TestContext, options: SMTPServerOptions = {}) {
  const received: Received[] = [];
  const server = new SMTPServer({
    disableReverseLookup: true,
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    ...options,
    onData(stream, { envelope }, callback) {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        const to = envelope.rcptTo.map(({ address }) => address);
        received.push({ from, to, source: Buffer.concat(parts).toString('utf8') });
        callback();
      });
    },
  });
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  t.after(() => new Promise<void>((resolve) => server.close(resolve)));
  const address = server.server.address();
  assert.ok(typeof address === 'object' && address);
  return { port: address.port, received };
}

const mail = { to: 'someone@example.com', subject: 'Prüfung', text: 'A line.\n.\nAnother, after a dot: ü\n' };

describe('SMTP', () => {
  test('delivers a mail to one recipient, with its text unchanged', async (t) => {
    const { port, received } = await startServer(t);
    const transport = createSmtpTransport({ url: `smtp://127.0.0.1:${port}`, from: 'Us <no-reply@example.com>' });
    t.after(() => transport.close());

    await transport.send(mail);

    assert.equal(received.length, 1);
    assert.deepEqual([received[0]?.from, received[0]?.to], ['no-reply@example.com', ['someone@example.com']]);
    assert.match(received[0]?.source ?? '', /\r\n\r\nA line\.\r\n\.\r\nAnother, after a dot: (=C3=BC|ü)/);
  });

  test('logs in with the user and password of the URL, percent-decoded', async (t) => {
    const seen: unknown[] = [];
    const { port } = await startServer(t, {
      authOptional: false,
      allowInsecureAuth: true,
      onAuth({ username, password }, _session, callback) {
        seen.push([username, password]);
        callback(null, { user: username });
      },
    });
    const transport = createSmtpTransport({ url: `smtp://a%40b:p%2Fw@127.0.0.1:${port}`, from: 'a@example.com' });
    t.after(() => transport.close());

    await transport.send(mail);

    assert.deepEqual(seen, [['a@b', 'p/w']]);
  });

  test('fails when the server is away, so that the mail is tried again', async (t) => {
    const transport = createSmtpTransport({ url: 'smtp://127.0.0.1:1', from: 'a@example.com' });
    t.after(() => transport.close());

    await assert.rejects(transport.send(mail), { code: 'ESOCKET' });
  });

  test('refuses a TLS server whose certificate nobody vouches for', async (t) => {
    const folder = new URL('../database/data/tls/', import.meta.url);
    const { port, received } = await startServer(t, {
      secure: true,
      key: readFileSync(new URL('test-only-server.key', folder)),
      cert: readFileSync(new URL('test-only-server.pem', folder)),
    });
    const transport = createSmtpTransport({ url: `smtps://127.0.0.1:${port}`, from: 'a@example.com' });
    t.after(() => transport.close());

    await assert.rejects(transport.send(mail));
    assert.deepEqual(received, []);
  });
});
