import { hold, isLetIn, needKey, needSecret, newAccount } from './checks.ts';
import { headerOf, partsOf, signHmac, signWith } from './forge.ts';
import type { Account, Target } from './types.ts';

export const hour = 3600;
export const now = () => Math.floor(Date.now() / 1000);

/** Claims that would be taken: of the account's own token. */
export function claimsOf(account: Account): Record<string, unknown> {
  return { ...partsOf(account.access).payload, exp: now() + 600 };
}

/** A signer whose signature is right on this target: only what is named can be the reason of a refusal. */
function signerOf(target: Target, account: Account): (payload: unknown, header?: object) => string {
  const { header } = partsOf(account.access);
  if (typeof header.kid === 'string') {
    const key = target.keys.find(({ kid }) => kid === header.kid) ?? needKey(target);
    return (payload, changed = {}) => signWith(key, payload, { ...headerOf(key), ...changed });
  }
  const secret = needSecret(target);
  return (payload, changed = {}) => signHmac({ alg: 'HS256', typ: 'JWT', ...changed }, payload, secret);
}

export async function withSigner(target: Target) {
  const account = await newAccount(target);
  const sign = signerOf(target, account);
  const claims = claimsOf(account);
  hold(
    await isLetIn(target, sign(claims)),
    'the honest token of the same making is refused, so that nothing could be told',
  );
  return { account, sign, claims };
}
