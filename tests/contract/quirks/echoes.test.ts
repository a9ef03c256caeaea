import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signUp, startContractServer, task } from '../contract-server.ts';

const json = { 'content-type': 'application/json' };

test('what a 422 repeats', async (t) => {
  const server = await startContractServer(t);
  const { token } = await signUp(server);

  await t.test('echoes a number that JSON cannot hold as null', async (each) => {
    const cases: readonly (readonly [sent: string, echoed: string])[] = [
      ['{"title":NaN,"priority":"p"}', '"input":null'],
      ['{"title":Infinity,"priority":"p"}', '"input":null'],
      ['{"title":-Infinity,"priority":"p"}', '"input":null'],
      ['{"title":1e999,"priority":"p"}', '"input":null'],
      ['{"title":-1e400,"priority":"p"}', '"input":null'],
      ['{"title":[1,NaN],"priority":"p"}', '"input":[1,null]'],
      ['{"title":{"a":Infinity},"priority":"p"}', '"input":{"a":null}'],
      ['{"priority":NaN}', '"input":{"priority":null}'],
      ['{"title":"t","priority":"p","is_completed":NaN}', '"input":null'],
      ['{"title":"t","priority":"p","due_datetime":NaN}', '"input":null'],
      ['{"title":"t","priority":"p","due_datetime":1e999}', '"input":null'],
      ['{"title":"t","priority":"p","description":NaN}', '"input":null'],
      ['[NaN]', '"input":[null]'],
      ['NaN', '"input":null'],
    ];
    for (const [body, echoed] of cases) {
      await each.test(body, async () => {
        const answer = await server.send('POST', '/api/tasks', { token, headers: json, body });

        assert.equal(answer.status, 422, answer.body);
        assert.ok(answer.body.includes(echoed), answer.body);
      });
    }

    await each.test('also on the account routes', async () => {
      const answer = await server.send('POST', '/api/v1/auth/signin', { headers: json, body: '{"email":NaN}' });

      assert.equal(answer.status, 422);
      assert.equal(answer.json().detail.length, 2);
    });
  });

  await t.test('takes a number that JSON cannot hold where nothing reads it', async () => {
    const body = '{"title":"t","priority":"urgent_important","extra":NaN,"more":1e999}';

    const answer = await server.send('POST', '/api/tasks', { token, headers: json, body });

    assert.equal(answer.status, 201, answer.body);
  });

  await t.test('refuses a body that is neither JSON nor UTF-8', async (each) => {
    const types = [
      'text/plain',
      'application/octet-stream',
      'application/x-www-form-urlencoded',
      'text/plain; charset=latin-1',
      'x',
      '',
    ];
    const bodies = [
      Buffer.from([0xe9, 0xff]),
      Buffer.from('caf\xe9', 'latin1'),
      Buffer.from([0xff, 0xfe, 0x61]),
      Buffer.from([0xc3]),
    ];
    for (const type of types) {
      for (const body of bodies) {
        await each.test(`${body.toString('hex')} as '${type}'`, async () => {
          const answer = await server.send('POST', '/api/tasks', { token, headers: { 'content-type': type }, body });

          // An empty content type is none, so that the bytes are read as JSON.
          assert.equal(answer.status, type === '' ? 400 : 422, answer.body);
          if (type === '') return;
          const [item] = answer.json().detail;
          assert.deepEqual([item.type, item.loc], ['model_attributes_type', ['body']]);
        });
      }
    }

    await each.test('after the token', async () => {
      const headers = { 'content-type': 'text/plain' };
      const answer = await server.send('POST', '/api/tasks', { headers, body: Buffer.from([0xe9]) });

      assert.equal(answer.status, 401);
    });
  });

  await t.test('repeats a sibling password in a 422 unless hardened', async (each) => {
    const secret = 'test-password-never-to-be-shown';
    const requests: readonly (readonly [name: string, path: string, body: string])[] = [
      ['a missing sibling', '/api/v1/auth/signup', JSON.stringify({ password: secret, name: 'x' })],
      ['a missing sibling at sign-in', '/api/v1/auth/signin', JSON.stringify({ password: secret })],
      [
        'a password of the wrong type',
        '/api/v1/auth/signup',
        JSON.stringify({ email: 'a@example.com', password: [secret] }),
      ],
      ['a list in place of the object', '/api/v1/auth/signup', JSON.stringify([{ email: 'a', password: secret }])],
    ];
    for (const [name, path, body] of requests) {
      await each.test(`legacy: ${name}`, async () => {
        const answer = await server.send('POST', path, { headers: json, body });

        assert.equal(answer.status, 422);
        assert.ok(answer.body.includes(secret), answer.body);
      });
    }

    const hardened = await startContractServer(each, { QUIRK_VALIDATION_ECHOES_SECRETS: 'hardened' });
    for (const [name, path, body] of requests) {
      await each.test(`hardened: ${name}`, async () => {
        const answer = await hardened.send('POST', path, { headers: json, body });

        assert.equal(answer.status, 422);
        assert.ok(!answer.body.includes(secret), answer.body);
        assert.ok('input' in answer.json().detail[0], 'the item lost its input');
      });
    }

    await each.test('hardened: a form that should have been JSON', async () => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const body = `email=a%40example.com&password=${secret}`;

      const answer = await hardened.send('POST', '/api/v1/auth/signup', { headers, body });

      assert.equal(answer.status, 422);
      assert.ok(!answer.body.includes(secret), answer.body);
    });

    await each.test('hardened: values that are no secret are still shown', async () => {
      const own = await signUp(hardened);

      const answer = await hardened.send('POST', '/api/tasks', { token: own.token, body: { ...task, title: 5 } });

      assert.equal(answer.json().detail[0].input, 5);
    });
  });
});
