import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ContractServer, createTask, type Received, signUp, startContractServer } from '../contract-server.ts';

function signIn(server: ContractServer, email: string, password: string): Promise<Received> {
  return server.send('POST', '/api/v1/auth/signin', { body: { email, password } });
}

function assertInvalid(answer: Received): void {
  assert.equal(answer.status, 401, answer.body);
  assert.deepEqual(answer.json(), { detail: 'Invalid credentials' });
  assert.equal(answer.headers['www-authenticate'], undefined);
}

async function hashOf(server: ContractServer, email: string): Promise<string> {
  const [row] = await server.test.database.sql('SELECT hashed_password FROM "user" WHERE email = $1', [email]);
  return String(row?.hashed_password);
}

/** The seeded account whose password fills bcrypt's 72 bytes with characters of two. */
const exact = `Passw0rd-18${'é'.repeat(30)}x`;

async function findSeeded(server: ContractServer): Promise<string> {
  await server.reset('legacy');
  const [row] = await server.test.database.sql('SELECT email FROM "user" ORDER BY created_at OFFSET 17 LIMIT 1');
  return String(row?.email);
}

test('sign-in', async (t) => {
  const server = await startContractServer(t);
  const user = await signUp(server, { email: 'Sign.In@Example.com', password: 'x'.repeat(72) });

  await t.test('answers an impossible password like a wrong one', async (each) => {
    const passwords: readonly (readonly [name: string, password: string])[] = [
      ['U+0000', 'a\0b'],
      ['U+0000 alone', '\0'],
      ['U+0000 after the 72 bytes that count', `${user.password}\0`],
      ['an unpaired surrogate', '\ud800'],
      ['an unpaired surrogate after the 72 bytes that count', `${user.password}\udfff`],
      ['4097 characters that begin with the password', 'x'.repeat(4097)],
      ['4097 characters of four bytes', '🔑'.repeat(4097)],
      ['100,000 characters', 'y'.repeat(100_000)],
    ];
    for (const [name, password] of passwords) {
      await each.test(name, async () => assertInvalid(await signIn(server, user.email, password)));
      await each.test(`${name}, for an unknown account`, async () =>
        assertInvalid(await signIn(server, 'nobody@example.com', password)),
      );
    }
    for (const email of ['\0', `${user.email}\0`, '\ud800', `${user.email}\udc00`]) {
      await each.test(`the address ${JSON.stringify(email)}`, async () =>
        assertInvalid(await signIn(server, email, user.password)),
      );
    }
    for (const hash of [
      '!',
      '',
      '*',
      'plain text',
      '$2b$12$short',
      '$argon2id$v=19$m=1',
      '$1$old$crypt',
      '\u{1f512}',
    ]) {
      await each.test(`the stored hash ${JSON.stringify(hash)}`, async () => {
        const other = await signUp(server);
        await server.test.database.sql('UPDATE "user" SET hashed_password = $1 WHERE id = $2', [hash, other.id]);

        assertInvalid(await signIn(server, other.email, other.password));
        assertInvalid(await signIn(server, other.email, hash));
      });
    }
  });

  await t.test('compares the first 72 bytes unless hardened', async (each) => {
    await each.test('legacy: of a password that was stored here', async () => {
      assert.equal((await signIn(server, user.email, user.password)).status, 200);
      assert.equal((await signIn(server, user.email, `${user.password} and more`)).status, 200);
      assert.equal((await signIn(server, user.email, 'x'.repeat(4096))).status, 200);
      assertInvalid(await signIn(server, user.email, 'x'.repeat(71)));
      assertInvalid(await signIn(server, user.email, `y${'x'.repeat(80)}`));
    });

    const orders: readonly (readonly string[])[] = [
      [exact, `${exact} and more`, exact],
      [`${exact} and more`, exact, `${exact}€`],
      [`${exact}é`, `${exact} and more`, exact],
    ];
    for (const [index, passwords] of orders.entries()) {
      await each.test(`legacy: of a bcrypt password, also after its upgrade (order ${index + 1})`, async () => {
        const email = await findSeeded(server);
        for (const password of passwords) {
          assert.equal((await signIn(server, email, password)).status, 200, `after ${await hashOf(server, email)}`);
        }
        assert.match(await hashOf(server, email), /^\$argon2id\$/);
        assertInvalid(await signIn(server, email, exact.slice(0, -1)));
        assertInvalid(await signIn(server, email, `${exact.slice(0, -1)}y`));
        const login = await server.send('POST', '/auth/login', { body: { email, password: exact } });
        assert.equal(login.status, 200, login.body);
      });
    }

    await each.test('legacy: a longer password on the new route does not change the password', async () => {
      const email = await findSeeded(server);
      await server.send('POST', '/auth/login', { body: { email, password: `${exact} and more` } });

      assert.equal((await signIn(server, email, exact)).status, 200);
      const login = await server.send('POST', '/auth/login', { body: { email, password: exact } });
      assert.equal(login.status, 200, login.body);
    });

    await each.test('hardened: every byte counts', async (flag) => {
      const hardened = await startContractServer(flag, { QUIRK_SIGNIN_TRUNCATES_72: 'hardened' });
      const email = await findSeeded(hardened);

      assertInvalid(await signIn(hardened, email, `${exact} and more`));
      assert.equal((await signIn(hardened, email, exact)).status, 200);
      assertInvalid(await signIn(hardened, email, `${exact} and more`));
      assert.equal((await signIn(hardened, email, exact)).status, 200);
    });

    await each.test('a password of over 72 bytes that the new route stored works on both', async () => {
      const email = 'long.password@example.com';
      const password = 'a long test password, '.repeat(5);
      await server.send('POST', '/auth/register', { body: { email, password } });

      assert.equal((await signIn(server, email, password)).status, 200);
      assertInvalid(await signIn(server, email, password.slice(0, 72)));
      assertInvalid(await signIn(server, email, `${password}.`));
    });
  });

  await t.test('tells accounts apart by the letter case of their address', async (each) => {
    const upper = await signUp(server, { email: 'Letter.Case@Example.com', password: 'first' });
    const lower = await signUp(server, { email: 'letter.case@example.com', password: 'another' });

    await each.test('in their tasks', async () => {
      const id = await createTask(server, upper.token);

      const answer = await server.send('GET', `/api/tasks/${id}`, { token: lower.token });

      assert.equal(answer.status, 404);
    });

    await each.test('at sign-in', async () => {
      assert.equal((await signIn(server, upper.email, upper.password)).json().data?.user_id, upper.id);
      assert.equal((await signIn(server, lower.email, lower.password)).json().data?.user_id, lower.id);
      assertInvalid(await signIn(server, lower.email, upper.password));
      assertInvalid(await signIn(server, 'LETTER.CASE@EXAMPLE.COM', upper.password));
      assertInvalid(await signIn(server, ` ${upper.email}`, upper.password));
    });

    await each.test('but the new routes take no third spelling', async () => {
      const body = { email: 'LETTER.CASE@EXAMPLE.COM', password: 'a long test password' };

      const answer = await server.send('POST', '/auth/register', { body });

      assert.equal(answer.status, 409, answer.body);
    });

    await each.test('also when many sign up at once', async () => {
      const spellings = ['Race@Example.com', 'race@example.com', 'RACE@EXAMPLE.COM', 'rAce@example.com'];
      const answers = await Promise.all(
        [...spellings, ...spellings].map((email) =>
          server.send('POST', '/api/v1/auth/signup', { body: { email, password: 'Passw0rd!' } }),
        ),
      );

      const made: string[] = answers.filter(({ status }) => status === 201).map((answer) => answer.json().data.email);
      assert.deepEqual(made.toSorted(), spellings.toSorted());
      assert.deepEqual(
        answers.filter(({ status }) => status !== 201).map(({ status }) => status),
        [409, 409, 409, 409],
      );
    });
  });
});
