import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ContractServer,
  contractSecret,
  createTask,
  type Received,
  signUp,
  startContractServer,
} from '../contract-server.ts';
import { mintToken } from '../replay/placeholders.ts';

const anyToken = 'Could not validate credentials';
const hour = 3600;

function assertRefused(answer: Received, detail: string): void {
  assert.equal(answer.status, 401, answer.body);
  assert.deepEqual(answer.json(), { detail });
  assert.equal(answer.headers['www-authenticate'], 'Bearer');
}

async function assertBothRoutes(server: ContractServer, token: string, detail: string): Promise<void> {
  assertRefused(await server.send('GET', '/api/v1/auth/me', { token }), detail);
  assertRefused(await server.send('GET', '/api/tasks', { token }), detail);
}

test("tokens of the incumbent's kind", async (t) => {
  const server = await startContractServer(t);
  const user = await signUp(server);
  const now = Math.floor(Date.now() / 1000);

  await t.test('refuses a user_id that is no text', async (each) => {
    for (const user_id of [42, 0, -1, 1.5, 1e300, true, false, [], [user.id], {}, { id: user.id }]) {
      await each.test(JSON.stringify(user_id), () =>
        assertBothRoutes(server, server.mint({ user_id }), 'Invalid user_id in token'),
      );
    }
    await each.test('null, which is no user_id at all', () =>
      assertBothRoutes(server, server.mint({ user_id: null }), `${anyToken} - no user_id in token`),
    );
  });

  await t.test('refuses a time claim that is no number', async (each) => {
    const values = ['null', '[]', '[4102444800]', '{}', '{"a":1}', '1e999', '-1e999', 'NaN', 'Infinity', '-Infinity'];
    for (const claim of ['exp', 'nbf', 'iat']) {
      for (const value of values) {
        await each.test(`${claim} ${value}`, () => {
          const rest = claim === 'exp' ? '' : `,"exp":${now + hour}`;
          const token = mintToken({ raw: `{"user_id":"${user.id}"${rest},"${claim}":${value}}` }, contractSecret);

          return assertBothRoutes(server, token, anyToken);
        });
      }
    }
  });

  await t.test('refuses a time claim that is no whole-number text', async () => {
    for (const exp of ['', 'soon', '4102444800.5', '0x7fffffff', '4_1__0', '1e10']) {
      await assertBothRoutes(server, server.mint({ user_id: user.id, exp }), anyToken);
    }
  });

  await t.test('takes whole-number text, fractions and booleans as times', async () => {
    const accepted = [
      { exp: String(now + hour) },
      { exp: ` +${now + hour} ` },
      { exp: now + hour + 0.5 },
      { nbf: true },
      { nbf: '1' },
      { iat: now + 10 * hour },
      { iat: false },
    ];
    for (const claims of accepted) {
      const answer = await server.send('GET', '/api/v1/auth/me', {
        token: server.mint({ user_id: user.id, ...claims }),
      });

      assert.equal(answer.status, 200, `${JSON.stringify(claims)}: ${answer.body}`);
    }
  });

  await t.test('reads a user_id in every form of a UUID', async (each) => {
    const bare = user.id.replaceAll('-', '');
    const id = await createTask(server, user.token);
    const forms = [
      user.id.toUpperCase(),
      bare,
      bare.toUpperCase(),
      `{${user.id}}`,
      `{${bare}}`,
      `urn:uuid:${user.id}`,
      `urn:uuid:${bare}`,
      `uuid:${user.id}`,
      `${bare.slice(0, 5)}-${bare.slice(5)}`,
    ];
    for (const user_id of forms) {
      await each.test(user_id, async () => {
        const token = server.mint({ user_id });

        const me = await server.send('GET', '/api/v1/auth/me', { token });
        const own = await server.send('GET', `/api/tasks/${id}`, { token });

        assert.equal(me.json().data?.user_id, user.id, me.body);
        assert.equal(own.json().data?.user_id, user.id, own.body);
      });
    }
    for (const user_id of ['', ' ', bare.slice(1), `${bare}0`, `g${bare.slice(1)}`, user.email]) {
      await each.test(`but not ${JSON.stringify(user_id)}`, () =>
        assertBothRoutes(server, server.mint({ user_id }), 'Invalid user_id in token'),
      );
    }
  });

  await t.test('takes a token without exp unless hardened', async (each) => {
    const token = mintToken({ claims: { user_id: user.id } }, contractSecret);

    assert.equal((await server.send('GET', '/api/v1/auth/me', { token })).status, 200);

    const hardened = await startContractServer(each, { QUIRK_TOKEN_WITHOUT_EXP: 'hardened' });
    const own = await signUp(hardened);
    await assertBothRoutes(hardened, mintToken({ claims: { user_id: own.id } }, contractSecret), anyToken);
    assert.equal((await hardened.send('GET', '/api/v1/auth/me', { token: own.token })).status, 200);
  });

  await t.test('ignores crit unless hardened', async (each) => {
    const headers = [{ crit: ['b64'], b64: true }, { crit: ['exp'] }, { crit: [] }, { crit: 'b64' }, { crit: {} }];
    for (const header of headers) {
      const token = server.mint({ user_id: user.id }, { header });

      assert.equal((await server.send('GET', '/api/v1/auth/me', { token })).status, 200, JSON.stringify(header));
    }

    const hardened = await startContractServer(each, { QUIRK_TOKEN_CRIT_IGNORED: 'hardened' });
    const own = await signUp(hardened);
    for (const header of headers) {
      await assertBothRoutes(hardened, hardened.mint({ user_id: own.id }, { header }), anyToken);
    }
    assert.equal((await hardened.send('GET', '/api/v1/auth/me', { token: own.token })).status, 200);
  });

  await t.test('refuses loose base64 unless told otherwise', async (each) => {
    const loose = [
      ['one padding sign', (token: string) => `${token}=`],
      ['two padding signs', (token: string) => `${token}==`],
      ['stray bits in the last character', withStrayBits],
    ] as const;
    for (const [name, loosen] of loose) {
      await each.test(`hardened: ${name}`, () => assertBothRoutes(server, loosen(user.token), anyToken));
    }

    const legacy = await startContractServer(each, { QUIRK_TOKEN_LOOSE_BASE64: 'legacy' });
    const own = await signUp(legacy);
    for (const [name, loosen] of loose) {
      await each.test(`legacy: ${name}`, async () => {
        const answer = await legacy.send('GET', '/api/v1/auth/me', { token: loosen(own.token) });

        assert.equal(answer.status, 200, answer.body);
      });
    }
    await each.test('legacy: another signature is still refused', async () => {
      const [head, payload, signature = ''] = own.token.split('.');
      const other = [head, payload, `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}=`].join('.');

      await assertBothRoutes(legacy, other, anyToken);
    });
  });
});

/** The same 32 bytes, written with bits that base64 does not use. */
function withStrayBits(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(token.at(-1) ?? '');
  return `${token.slice(0, -1)}${alphabet[last ^ 1]}`;
}
