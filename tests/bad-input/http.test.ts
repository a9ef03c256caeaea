import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectRaw, countConnections, eventually, listen, sendAndAwaitClose, statusesIn } from './support.ts';

const second = 'GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n';
const get = (head: string) => `GET /live HTTP/1.1\r\n${head}\r\n\r\n${second}`;
const post = (head: string, body = '') =>
  `POST /auth/login HTTP/1.1\r\nHost: localhost\r\n${head}\r\n\r\n${body}${second}`;
const chunked = (body: string) => post('Transfer-Encoding: chunked', body);

/** Two readers may understand each of these differently; the request that follows must not be answered. */
const ambiguous: Readonly<Record<string, string>> = {
  'both lengths': post('Content-Length: 6\r\nTransfer-Encoding: chunked', '0\r\n\r\n'),
  'both lengths, in the other order': post('Transfer-Encoding: chunked\r\nContent-Length: 6', '0\r\n\r\n'),
  'two different lengths': post('Content-Length: 0\r\nContent-Length: 44'),
  'the same length twice': post('Content-Length: 2\r\nContent-Length: 2', '{}'),
  'a list of lengths': post('Content-Length: 2, 2', '{}'),
  'a signed length': post('Content-Length: +2', '{}'),
  'a negative length': post('Content-Length: -2', '{}'),
  'a hexadecimal length': post('Content-Length: 0x2', '{}'),
  'a length beyond 64 bits': post('Content-Length: 99999999999999999999', '{}'),
  'an empty length': post('Content-Length:'),
  'chunked that is not last': post('Transfer-Encoding: chunked, identity', '0\r\n\r\n'),
  'an unknown coding': post('Transfer-Encoding: xchunked', '0\r\n\r\n'),
  'the coding that means nothing': post('Transfer-Encoding: identity'),
  'chunked behind a vertical tab': post('Transfer-Encoding: \x0bchunked', '0\r\n\r\n'),
  'a folded header': get('Host: localhost\r\nX-A: b\r\n c'),
  'a folded Transfer-Encoding': post('Transfer-Encoding:\r\n chunked', '0\r\n\r\n'),
  'a space before the colon': post('Content-Length : 2', '{}'),
  'a space before the first header': get(' Host: localhost'),
  'bare line feeds': `GET /live HTTP/1.1\nHost: localhost\n\n${second}`,
  'one bare line feed': get('Host: localhost\nX-A: b'),
  'a bare carriage return': get('Host: localhost\rX-A: b'),
  'a carriage return in a value': get('Host: localhost\r\nX-A: b\rc'),
  'a NUL in a value': get('Host: localhost\r\nX-A: b\0c'),
  'a NUL in a name': get('Host: localhost\r\nX-\0: b'),
  'a header without a colon': get('Host: localhost\r\nnonsense'),
  'a chunk size that is no number': chunked('z\r\n{}\r\n0\r\n\r\n'),
  'a chunk that is longer than its size': chunked('1\r\n{}\r\n0\r\n\r\n'),
  'a chunk size that ends in a line feed': chunked('2\n{}\r\n0\r\n\r\n'),
  'a chunk extension with a line feed': chunked('2;a\nb\r\n{}\r\n0\r\n\r\n'),
  'no Host': `GET /live HTTP/1.1\r\n\r\n${second}`,
  'two Hosts': get('Host: localhost\r\nHost: elsewhere.example'),
  'a method that nobody knows': `SMUGGLE /live HTTP/1.1\r\nHost: localhost\r\n\r\n${second}`,
  'no version': `GET /live\r\nHost: localhost\r\n\r\n${second}`,
  'the preface of HTTP/2': `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${second}`,
  'a TLS handshake': `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03${second}`,
  'a NUL in the target': `GET /li\0ve HTTP/1.1\r\nHost: localhost\r\n\r\n${second}`,
};

test('what cannot be read as HTTP in one way', async (t) => {
  const { port, app } = await listen(t);
  for (const [name, text] of Object.entries(ambiguous)) {
    await t.test(`is refused once with 400, and the connection ends: ${name}`, async (t) => {
      const answer = await sendAndAwaitClose(t, port, Buffer.from(text, 'latin1'));
      assert.deepEqual(statusesIn(answer), [400], JSON.stringify(answer));
      assert.match(answer, /^connection: close\r$/im);
    });
  }

  await t.test('leaves no connection behind when the client does not end its side', async (t) => {
    const client = await connectRaw(t, port);
    await client.write(post('Content-Length: x'));
    await client.untilClosed();
    await eventually(async () => (await countConnections(app.server)) === 0);
  });
});
