import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signUp, startContractServer } from '../contract-server.ts';

const json = { 'content-type': 'application/json' };
const text = '{"title":"é🧾","priority":"urgent_important"}';
const unreadable = { detail: 'There was an error parsing the body' };

function utf16(bigEndian: boolean): Buffer {
  const bytes = Buffer.from(text, 'utf16le');
  return bigEndian ? bytes.swap16() : bytes;
}

function utf32(bigEndian: boolean): Buffer {
  const points = Array.from(text, (character) => character.codePointAt(0) ?? 0);
  const bytes = Buffer.alloc(points.length * 4);
  for (const [index, point] of points.entries()) {
    if (bigEndian) bytes.writeUInt32BE(point, index * 4);
    else bytes.writeUInt32LE(point, index * 4);
  }
  return bytes;
}

function join(mark: readonly number[], bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(mark), bytes]);
}

test('bodies through the real routes', async (t) => {
  const server = await startContractServer(t);
  const { token } = await signUp(server);

  await t.test('are read in every encoding of Unicode', async (each) => {
    const bodies: readonly (readonly [name: string, bytes: Buffer])[] = [
      ['UTF-8', Buffer.from(text)],
      ['UTF-8 with a mark', join([0xef, 0xbb, 0xbf], Buffer.from(text))],
      ['UTF-16 little endian', utf16(false)],
      ['UTF-16 big endian', utf16(true)],
      ['UTF-16 little endian with a mark', join([0xff, 0xfe], utf16(false))],
      ['UTF-16 big endian with a mark', join([0xfe, 0xff], utf16(true))],
      ['UTF-32 little endian', utf32(false)],
      ['UTF-32 big endian', utf32(true)],
      ['UTF-32 little endian with a mark', join([0xff, 0xfe, 0, 0], utf32(false))],
      ['UTF-32 big endian with a mark', join([0, 0, 0xfe, 0xff], utf32(true))],
    ];
    for (const [name, body] of bodies) {
      await each.test(name, async () => {
        const answer = await server.send('POST', '/api/tasks', { token, headers: json, body });

        assert.equal(answer.status, 201, answer.body);
        assert.equal(answer.json().data.title, 'é🧾');
      });
    }
  });

  await t.test('are 400 when they cannot be read', async (each) => {
    const bodies: readonly (readonly [name: string, bytes: Buffer])[] = [
      ['Latin-1', Buffer.from('{"title":"é"}', 'latin1')],
      ['a cut-off character', Buffer.from([0x22, 0xc3])],
      ['an overlong form', Buffer.from([0x22, 0xc0, 0x80, 0x22])],
      ['half a UTF-16 unit', join([0xff, 0xfe], Buffer.from([0x7b]))],
      ['a UTF-32 unit beyond Unicode', join([0xff, 0xfe, 0, 0], Buffer.from([0, 0, 0x11, 0]))],
      ['nesting of 5000 lists', Buffer.from('['.repeat(5000))],
      ['nesting of 5000 objects', Buffer.from('{"a":'.repeat(5000))],
      ['an integer of 4301 digits', Buffer.from(`{"x":${'9'.repeat(4301)}}`)],
      ['a negative integer of 4301 digits', Buffer.from(`[-${'1'.repeat(4301)}]`)],
    ];
    for (const [name, body] of bodies) {
      for (const [method, path] of [
        ['POST', '/api/tasks'],
        ['POST', '/api/v1/auth/signup'],
        ['PATCH', '/api/tasks/x/complete'],
      ] as const) {
        await each.test(`${name}: ${method} ${path}`, async () => {
          const answer = await server.send(method, path, { token, headers: json, body });

          assert.equal(answer.status, 400, answer.body);
          assert.deepEqual(answer.json(), unreadable);
        });
      }
    }
  });

  await t.test('take what a Python reader takes', async (each) => {
    const base = '"title":"t","priority":"urgent_important"';
    const bodies: readonly (readonly [name: string, body: string])[] = [
      ['nesting of 900', `{${base},"x":${'['.repeat(900)}${']'.repeat(900)}}`],
      ['an integer of 4300 digits', `{${base},"x":${'9'.repeat(4300)}}`],
      ['a long fraction', `{${base},"x":0.${'9'.repeat(10_000)}}`],
      ['NaN and infinities', `{${base},"x":[NaN,Infinity,-Infinity]}`],
      ['the last of equal keys', `{"title":5,"priority":"nope",${base}}`],
      ['blanks around everything', ` \n\t\r{ ${base.replaceAll(',', ' ,\n')} } \r\n`],
      ['keys of prototypes', `{${base},"__proto__":{"title":1},"constructor":2,"toString":3}`],
      [
        'what the server sets itself',
        `{${base},"id":"x","user_id":"y","created_at":"z","updated_at":1,"is_active":false}`,
      ],
    ];
    for (const [name, body] of bodies) {
      await each.test(name, async () => {
        const answer = await server.send('POST', '/api/tasks', { token, headers: json, body });

        assert.equal(answer.status, 201, answer.body);
        assert.equal(answer.json().data.title, 't');
      });
    }
  });

  await t.test('name the position of a fault in code points', async (each) => {
    const cases: readonly (readonly [body: string, position: number, error: string])[] = [
      [' ', 1, 'Expecting value'],
      ['{', 1, 'Expecting property name enclosed in double quotes'],
      ['{"🧾":}', 5, 'Expecting value'],
      ['{"a" 1}', 5, "Expecting ':' delimiter"],
      ['["é🧾" 1]', 6, "Expecting ',' delimiter"],
      ['{"a":1} x', 8, 'Extra data'],
      ['{"a":"x', 5, 'Unterminated string starting at'],
      ['{"a":"x\ny"}', 7, 'Invalid control character at'],
      [String.raw`{"a":"\x"}`, 6, String.raw`Invalid \escape`],
      [String.raw`{"a":"\u12g4"}`, 7, String.raw`Invalid \uXXXX escape`],
      ['tru', 0, 'Expecting value'],
      ['[01]', 2, "Expecting ',' delimiter"],
      ["{'a':1}", 1, 'Expecting property name enclosed in double quotes'],
      ['\u{a0}{}', 0, 'Expecting value'],
    ];
    for (const [body, position, error] of cases) {
      await each.test(JSON.stringify(body), async () => {
        const answer = await server.send('POST', '/api/tasks', { token, headers: json, body });

        assert.equal(answer.status, 422, answer.body);
        const [item] = answer.json().detail;
        assert.deepEqual(
          [item.type, item.loc, item.msg, item.input],
          ['json_invalid', ['body', position], 'JSON decode error', {}],
        );
        assert.ok(item.ctx.error.startsWith(error), item.ctx.error);
      });
    }
  });

  await t.test('may hold an encoded surrogate, as a Python reader allows', async () => {
    const body = Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]);

    const answer = await server.send('POST', '/api/tasks', { token, headers: json, body });

    assert.equal(answer.status, 422);
    assert.ok(answer.body.includes(String.raw`"input":"\ud800"`), answer.body);
  });

  await t.test('are missing when they are empty or null', async () => {
    for (const body of ['', 'null', ' null ']) {
      const answer = await server.send('POST', '/api/tasks', { token, headers: json, body });

      const expected = { type: 'missing', loc: ['body'], msg: 'Field required', input: null };
      assert.deepEqual([answer.status, answer.json()], [422, { detail: [expected] }]);
    }
  });

  await t.test('are objects', async () => {
    for (const body of ['[]', '5', '"x"', 'true', '[{}]']) {
      const answer = await server.send('POST', '/api/tasks', { token, headers: json, body });

      const msg = 'Input should be a valid dictionary or object to extract fields from';
      const expected = { type: 'model_attributes_type', loc: ['body'], msg, input: JSON.parse(body) };
      assert.deepEqual([answer.status, answer.json()], [422, { detail: [expected] }]);
    }
  });
});
