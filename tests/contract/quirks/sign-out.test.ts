import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ContractServer, type GivenRequest, signUp, startContractServer } from '../contract-server.ts';

const signedOut = { success: true, message: 'Successfully signed out' };

async function assertSignsOut(server: ContractServer, given: GivenRequest = {}): Promise<void> {
  const answer = await server.send('POST', '/api/v1/auth/signout', given);
  assert.equal(answer.status, 200, answer.body);
  assert.deepEqual(answer.json(), signedOut);
}

function whoAmI(server: ContractServer, token: string): Promise<number> {
  return server.send('GET', '/api/v1/auth/me', { token }).then(({ status }) => status);
}

test('sign-out', async (t) => {
  await t.test('ends the session only when hardened', async (each) => {
    const legacy = await startContractServer(each);
    const hardened = await startContractServer(each, { QUIRK_SIGNOUT_DOES_NOT_REVOKE: 'hardened' });

    await each.test('legacy: the token goes on working', async () => {
      const { token } = await signUp(legacy);
      await assertSignsOut(legacy, { token });

      assert.equal(await whoAmI(legacy, token), 200);
    });

    await each.test('hardened: the token dies, the user’s other sign-in does not', async () => {
      const { token, email, password } = await signUp(hardened);
      const other = await hardened.send('POST', '/api/v1/auth/signin', { body: { email, password } });
      await assertSignsOut(hardened, { token });

      assert.equal(await whoAmI(hardened, token), 401);
      assert.equal(await whoAmI(hardened, other.json().data.token), 200);
    });

    await each.test('hardened: a token of the old backend, which belongs to no session, goes on working', async () => {
      const { id } = await signUp(hardened);
      const token = hardened.mint({ user_id: id });
      await assertSignsOut(hardened, { token });

      assert.equal(await whoAmI(hardened, token), 200);
    });

    for (const [name, server] of [
      ['legacy', legacy],
      ['hardened', hardened],
    ] as const) {
      const { token } = await signUp(server);
      const odd: readonly (readonly [name: string, given: GivenRequest])[] = [
        ['without a token', {}],
        ['with a token that is none', { token: 'junk' }],
        ['with an expired token', { token: server.mint({ user_id: 'x', exp: 1 }) }],
        ['with another scheme', { headers: { authorization: 'Basic YTpi' } }],
        ['with an empty token', { headers: { authorization: 'Bearer ' } }],
        ['with a body that is no JSON', { token, headers: { 'content-type': 'application/json' }, body: '{' }],
        ['with a body of any type', { headers: { 'content-type': 'text/plain' }, body: Buffer.from([0xff]) }],
        ['twice with one token', { token }],
      ];
      for (const [how, given] of odd) await each.test(`${name}: ${how}`, () => assertSignsOut(server, given));
    }
  });
});
