import { hold, holdOut, newAccount, withToken } from '../checks.ts';
import { hour, now, withSigner } from '../signer.ts';
import type { Attack } from '../types.ts';

export const claimAttacks: readonly Attack[] = [
  {
    number: 9,
    title: '__proto__ and constructor in the payload',
    async run(target) {
      const { sign, claims } = await withSigner(target);
      const text = JSON.stringify(claims).slice(0, -1);
      const tokens = [
        `${text},"__proto__":{"role":"admin","is_active":true}}`,
        `${text},"constructor":{"prototype":{"role":"admin"}}}`,
      ];
      for (const payload of tokens) {
        const answer = await withToken(target, sign(payload));
        hold(answer.status === 200 || answer.status === 401, `answered ${answer.status}`);
      }
      const { access } = await newAccount(target);
      const answer = await target.send({
        path: '/admin/users/3f2c9a10-7b1d-4e55-9a6e-0c1d2e3f4a5b',
        headers: [['authorization', `Bearer ${access}`]],
      });
      hold(answer.status === 403 || answer.status === 404, `an ordinary user is answered ${answer.status} afterwards`);
    },
  },
  {
    number: 13,
    title: 'expired; exp as a text, infinite, negative, missing',
    async run(target) {
      const { sign, claims } = await withSigner(target);
      const { exp: _exp, ...without } = claims;
      const strict =
        target.surface.name === 'product'
          ? {
              'exp as a text': sign({ ...claims, exp: String(now() + 600) }),
              'exp true': sign({ ...claims, exp: true }),
              'no exp': sign(without),
            }
          : {};
      await holdOut(target, {
        expired: sign({ ...claims, exp: now() - 120 }),
        'exp negative': sign({ ...claims, exp: -1 }),
        'exp 1e308': sign(JSON.stringify(without).replace(/\}$/, ',"exp":1e308}')),
        'exp NaN': sign(JSON.stringify(without).replace(/\}$/, ',"exp":NaN}')),
        'exp null': sign({ ...claims, exp: null }),
        ...strict,
      });
    },
  },
  {
    number: 14,
    title: 'not yet valid; issued in the future; a lifetime beyond any of ours',
    async run(target) {
      const { sign, claims } = await withSigner(target);
      const native = target.surface.name === 'product';
      await holdOut(target, {
        'nbf ahead': sign({ ...claims, nbf: now() + hour }),
        ...(native
          ? {
              'iat ahead': sign({ ...claims, iat: now() + hour }),
              'a year of lifetime': sign({ ...claims, exp: now() + 365 * 24 * hour }),
            }
          : {}),
      });
    },
  },
  {
    number: 15,
    title: 'iss missing, another, a list; aud missing, another, a list with others',
    async run(target) {
      const { sign, claims } = await withSigner(target);
      if (target.surface.name === 'incumbent') {
        await holdOut(target, { 'any aud': sign({ ...claims, aud: 'somebody' }) });
        return 'the old kind has neither; a token with aud is refused';
      }
      const { iss, aud, ...rest } = claims;
      await holdOut(target, {
        'no iss': sign({ ...rest, aud }),
        'another iss': sign({ ...rest, aud, iss: 'https://evil.example' }),
        'iss a list': sign({ ...rest, aud, iss: [iss] }),
        'no aud': sign({ ...rest, iss }),
        'another aud': sign({ ...rest, iss, aud: 'another-api' }),
        'aud a list of others': sign({ ...rest, iss, aud: ['another-api'] }),
      });
      return undefined;
    },
  },
  {
    number: 16,
    title: 'a subject that is missing, an object, a number, or somebody else’s session',
    async run(target) {
      const { sign, claims } = await withSigner(target);
      const other = await newAccount(target);
      const name = target.surface.name === 'product' ? 'sub' : 'user_id';
      const { [name]: _own, ...rest } = claims;
      await holdOut(target, {
        missing: sign(rest),
        'an object': sign({ ...rest, [name]: { id: other.id } }),
        'a number': sign({ ...rest, [name]: 7 }),
        'not a UUID': sign({ ...rest, [name]: `${other.id} or 1=1` }),
        ...('sid' in claims && target.surface.name === 'product'
          ? { 'another user in this session': sign({ ...rest, [name]: other.id }) }
          : {}),
      });
    },
  },
  {
    number: 18,
    title: 'a payload that is no UTF-8, has U+0000, or is a list',
    async run(target) {
      const { sign, claims } = await withSigner(target);
      const text = JSON.stringify(claims);
      await holdOut(target, {
        'invalid UTF-8': sign(
          Buffer.concat([Buffer.from(`${text.slice(0, -1)},"x":"`), Buffer.of(0xff, 0xfe), Buffer.from('"}')]),
        ),
        'U+0000 in the subject': sign(
          text.replace(String(claims.sub ?? claims.user_id), `${String(claims.sub ?? claims.user_id)}\\u0000`),
        ),
        'a list': sign([claims]),
        'a text': sign('"text"'),
        'no JSON': sign('{'),
      });
    },
  },
];
