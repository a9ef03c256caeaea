import { hold, holdOut, isLetIn, needKey, needLab, needSecret, newAccount } from '../checks.ts';
import { partsOf, signHmac } from '../forge.ts';
import type { Attack } from '../types.ts';

export const keyAttacks: readonly Attack[] = [
  {
    number: 19,
    title: 'a retired key after its overlap; a key that rotates while two instances serve',
    async run(target) {
      const lab = needLab(target);
      const [first, second] = target.keys;
      hold(first !== undefined && second !== undefined, 'the run has no two keys');
      const jwk = (at: number) => ({ ...target.keys[at]?.privateKey.export({ format: 'jwk' }) });
      const account = await newAccount(target);
      const rotated = await lab.start({ AUTH_PRIVATE_KEYS: JSON.stringify({ keys: [jwk(1), jwk(0)] }) });
      hold(await isLetIn(rotated, account.access), 'a token of the former key is refused during the overlap');
      const fresh = await newAccount(rotated);
      hold(partsOf(fresh.access).header.kid === second.kid, 'the new key does not sign');
      hold(
        await isLetIn(target, fresh.access),
        'a token of the new key is refused by an instance that still signs with the former one',
      );
      const retired = await lab.start({ AUTH_PRIVATE_KEYS: JSON.stringify({ keys: [jwk(1)] }) });
      await holdOut(retired, { 'a token of the retired key': account.access });
    },
  },
  {
    number: 20,
    title: 'the old secret after its end; a secret too weak to start with',
    async run(target) {
      const lab = needLab(target);
      const secret = needSecret(target);
      needKey(target);
      const account = await newAccount(target);
      const legacy = signHmac(
        { alg: 'HS256', typ: 'JWT' },
        { user_id: account.id, email: account.email, name: null, exp: Math.floor(Date.now() / 1000) + 600 },
        secret,
      );
      hold(await isLetIn(target, legacy), 'a token of the old kind is refused before the end');
      const ended = await lab.start({ LEGACY_TOKENS_ACCEPT_UNTIL: '2020-01-01T00:00:00Z' });
      await holdOut(ended, { 'a token of the old kind': legacy });
      for (const weak of [
        'short',
        'secret'.repeat(3),
        'a'.repeat(80),
        'your-256-bit-secret-your-256-bit-secret-your-256-bit-secret-your-256',
      ]) {
        hold(
          lab.faultsOf({ ENVIRONMENT: 'production', JWT_SECRET: weak }).some((fault) => fault.includes('JWT_SECRET')),
          `production starts with the secret ${weak.slice(0, 20)}`,
        );
      }
    },
  },
];
