import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { faultOf, load } from './support.ts';

const one = 'a-pepper-of-a-test-0123456789-abcdefgh';
const two = 'b-pepper-of-a-test-0123456789-abcdefgh';

describe('PASSWORD_PEPPERS', () => {
  test('is a list of ids with secrets, the first in use', () => {
    const { secrets } = load({ env: { PASSWORD_PEPPERS: `2026-11:${two}, 2026-01:${one}` } });
    assert.deepEqual(secrets.passwordPeppers, [
      { id: '2026-11', secret: two },
      { id: '2026-01', secret: one },
    ]);
  });

  for (const [what, value] of [
    ['without an id', one],
    ['with an id that is too long', `2026-11-29:${one}`],
    ['with a short secret', 'a:short'],
    ['with an empty entry', `a:${one},`],
    ['with one id twice', `a:${one},a:${two}`],
  ] as const) {
    test(`is refused ${what}, without being printed`, () => {
      const fault = faultOf('PASSWORD_PEPPERS', { env: { PASSWORD_PEPPERS: value } });
      assert.ok(!JSON.stringify(fault).includes('pepper-of-a-test'));
    });
  }

  test('is refused beside hashes for the incumbent, which have none', () => {
    const env = { PASSWORD_PEPPERS: `a:${one}`, PASSWORD_SCHEME: 'bcrypt' };
    assert.match(faultOf('PASSWORD_PEPPERS', { env }).problem, /PASSWORD_SCHEME is bcrypt/);
  });
});
