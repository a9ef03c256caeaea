import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ContractServer, type Received, signUp, startContractServer } from '../contract-server.ts';

let counter = 0;

function freshEmail(): string {
  counter += 1;
  return `sign-up-${counter}@example.com`;
}

function post(server: ContractServer, body: object): Promise<Received> {
  return server.send('POST', '/api/v1/auth/signup', { body: { email: freshEmail(), password: 'Passw0rd!', ...body } });
}

function assertItem(answer: Received, field: string, type?: string): void {
  assert.equal(answer.status, 422, answer.body);
  const { detail } = answer.json();
  assert.equal(detail.length, 1, answer.body);
  assert.deepEqual(detail[0].loc, ['body', field]);
  if (type !== undefined) assert.equal(detail[0].type, type);
}

const tooLong: readonly (readonly [name: string, password: string])[] = [
  ['73 ASCII characters', 'x'.repeat(73)],
  ['25 characters of three bytes', '€'.repeat(25)],
  ['19 characters of four bytes', '🔑'.repeat(19)],
  ['37 characters of two bytes', 'é'.repeat(37)],
  ['71 bytes and one character of two', `${'x'.repeat(71)}é`],
  ['very many bytes', 'x'.repeat(100_000)],
];

const justFits: readonly (readonly [name: string, password: string])[] = [
  ['72 ASCII characters', 'x'.repeat(72)],
  ['24 characters of three bytes', '€'.repeat(24)],
  ['18 characters of four bytes', '🔑'.repeat(18)],
  ['70 bytes and one character of two', `${'x'.repeat(70)}é`],
];

const notAddresses = [
  '',
  ' ',
  'no-at-sign',
  '@',
  'a@',
  '@example.com',
  'a b@example.com',
  'a@b@example.com',
  'a@example..com',
];

test('sign-up', async (t) => {
  const server = await startContractServer(t);

  await t.test('answers a password over 72 bytes as the setting says', async (each) => {
    const hardened = await startContractServer(each, { QUIRK_SIGNUP_PASSWORD_TOO_LONG_409: 'hardened' });
    for (const [name, password] of tooLong) {
      await each.test(name, async () => {
        const legacy = await post(server, { password });
        const other = await post(hardened, { password });

        assert.equal(legacy.status, 409, legacy.body);
        assert.deepEqual(legacy.json(), { detail: 'Password must not exceed 72 bytes in length' });
        assertItem(other, 'password');
        assert.ok(!other.body.includes(password), 'the password is echoed');
      });
    }
    for (const [name, password] of justFits) {
      await each.test(`${name}: taken by both`, async () => {
        assert.equal((await post(server, { password })).status, 201);
        assert.equal((await post(hardened, { password })).status, 201);
      });
    }
    await each.test('after the address that is taken, before the name that is too long', async () => {
      const { email } = await signUp(server);
      const long = { password: 'x'.repeat(73), name: 'n'.repeat(101) };

      const taken = await post(server, { email, ...long });
      const free = await post(server, long);

      assert.deepEqual(taken.json(), { detail: 'User with this email already exists' });
      assert.deepEqual(free.json(), { detail: 'Password must not exceed 72 bytes in length' });
    });
  });

  await t.test('takes any text for an e-mail address unless hardened', async (each) => {
    const odd = [...notAddresses, '  padded@example.com ', 'trailing@example.com\n'];
    for (const email of odd) {
      await each.test(`legacy: ${JSON.stringify(email)}`, async () => {
        const made = await post(server, { email });
        const again = await post(server, { email });
        const back = await server.send('POST', '/api/v1/auth/signin', { body: { email, password: 'Passw0rd!' } });

        assert.equal(made.status, 201, made.body);
        assert.equal(made.json().data.email, email);
        assert.equal(again.status, 409);
        assert.equal(back.json().data?.email, email);
      });
    }

    const hardened = await startContractServer(each, { QUIRK_EMAIL_NOT_VALIDATED: 'hardened' });
    for (const email of odd) {
      await each.test(`hardened: ${JSON.stringify(email)}`, async () =>
        assertItem(await post(hardened, { email }), 'email'),
      );
    }
    for (const email of ['Some.One+tag@Example.COM', 'ünï@example.com', "o'brien@sub.example.org"]) {
      await each.test(`hardened: ${email} is taken as it was sent`, async () => {
        const answer = await post(hardened, { email });

        assert.equal(answer.json().data?.email, email, answer.body);
      });
    }
  });

  await t.test('takes an empty password unless hardened', async (each) => {
    for (const password of ['', ' ', 'x', '1234567']) {
      await each.test(`legacy: ${JSON.stringify(password)}`, async () => {
        const email = freshEmail();
        const made = await post(server, { email, password });
        const back = await server.send('POST', '/api/v1/auth/signin', { body: { email, password } });
        const wrong = await server.send('POST', '/api/v1/auth/signin', { body: { email, password: `${password}.` } });

        assert.deepEqual([made.status, back.status, wrong.status], [201, 200, 401]);
      });
    }

    const hardened = await startContractServer(each, { QUIRK_EMPTY_PASSWORD_ACCEPTED: 'hardened' });
    for (const password of ['', '1234567', '🔑'.repeat(7)]) {
      await each.test(`hardened: ${JSON.stringify(password)}`, async () =>
        assertItem(await post(hardened, { password }), 'password', 'string_too_short'),
      );
    }
    for (const password of ['12345678', '🔑'.repeat(8)]) {
      await each.test(`hardened: ${JSON.stringify(password)} is taken`, async () => {
        assert.equal((await post(hardened, { password })).status, 201);
      });
    }
  });

  await t.test('refuses a name over 100 code points', async (each) => {
    for (const name of ['n'.repeat(101), '🧾'.repeat(101), 'n'.repeat(100_000)]) {
      await each.test(`${name.slice(0, 2)} over ${name.length} units`, async () => {
        const email = freshEmail();
        assertItem(await post(server, { email, name }), 'name', 'string_too_long');
        assert.equal((await post(server, { email })).status, 201, 'the refused account was stored');
      });
    }
    for (const name of ['n'.repeat(100), '🧾'.repeat(100), '', null]) {
      await each.test(`takes ${JSON.stringify(name)?.slice(0, 12)}`, async () => {
        const answer = await post(server, { name });

        assert.equal(answer.status, 201, answer.body);
        assert.equal(answer.json().data.name, name);
      });
    }
  });

  await t.test('refuses unstorable text without a word of a library', async (each) => {
    const texts = ['\0', 'a\0b', 'end\0', '\ud800', 'a\udfffb', '\udc00\ud800'];
    for (const field of ['email', 'password', 'name']) {
      for (const text of texts) {
        await each.test(`${JSON.stringify(text)} in ${field}`, async () => {
          const answer = await post(server, { [field]: text });

          assertItem(answer, field);
          assert.doesNotMatch(answer.body, /bcrypt|argon|passlib|psycopg|postgres|codec|literal|encoding/i);
        });
      }
    }
  });
});
