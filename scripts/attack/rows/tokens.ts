import { generateKeyPairSync } from 'node:crypto';
import {
  hold,
  holdOut,
  isLetIn,
  needKey,
  needProduct,
  needRefresh,
  needSecret,
  newAccount,
  times,
  withToken,
} from '../checks.ts';
import { headerOf, partsOf, publicPem, segment, signHmac, signWith } from '../forge.ts';
import { jsonOf } from '../http.ts';
import { type Account, type Attack, type Target, Untested } from '../types.ts';

const hour = 3600;
const now = () => Math.floor(Date.now() / 1000);

/** Claims that would be taken: of the account's own token. */
function claimsOf(account: Account): Record<string, unknown> {
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

async function withSigner(target: Target) {
  const account = await newAccount(target);
  const sign = signerOf(target, account);
  const claims = claimsOf(account);
  hold(
    await isLetIn(target, sign(claims)),
    'the honest token of the same making is refused, so that nothing could be told',
  );
  return { account, sign, claims };
}

export const tokenAttacks: readonly Attack[] = [
  {
    number: 1,
    title: 'alg none in any spelling, and an empty signature',
    async run(target) {
      const account = await newAccount(target);
      const [header, payload] = account.access.split('.');
      const spellings = ['none', 'None', 'NONE', 'nOnE', ''];
      await holdOut(target, {
        'no signature': `${header}.${payload}.`,
        ...Object.fromEntries(spellings.map((alg) => [`alg ${alg}`, `${segment({ alg, typ: 'JWT' })}.${payload}.`])),
        ...Object.fromEntries(
          spellings.map((alg) => [`alg ${alg} with a signature`, `${segment({ alg })}.${payload}.AAAA`]),
        ),
      });
    },
  },
  {
    number: 2,
    title: 'HS256 signed with the public key, in every form of it',
    async run(target) {
      const account = await newAccount(target);
      const jwks = await target.send({ path: '/.well-known/jwks.json' });
      const { keys } = jwks.status === 200 ? jsonOf(jwks) : { keys: [] };
      if (!Array.isArray(keys) || keys.length === 0) return 'there is no public key here';
      const claims = claimsOf(account);
      const texts = target.keys.flatMap((key) => {
        const pem = publicPem(key);
        const der = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
        return [pem, pem.trim(), `\ufeff${pem}`, ` ${pem}`, der];
      });
      const secrets = [
        ...texts,
        ...keys.flatMap((key: unknown) => [JSON.stringify(key), JSON.stringify({ keys: [key] })]),
      ];
      const kids = keys.map((key: { kid?: string }) => key.kid);
      const forged = secrets.flatMap((secret) => [
        signHmac({ alg: 'HS256', typ: 'JWT' }, claims, secret),
        ...kids.map((kid) => signHmac({ alg: 'HS256', typ: 'at+jwt', kid }, claims, secret)),
      ]);
      await holdOut(target, Object.fromEntries(forged.map((token, n) => [`form ${n}`, token])));
      return undefined;
    },
  },
  {
    number: 3,
    title: 'another algorithm than the key has',
    async run(target) {
      const account = await newAccount(target);
      const claims = claimsOf(account);
      const { header } = partsOf(account.access);
      const secret = target.secret;
      const other = target.keys.find(({ alg }) => alg !== header.alg);
      await holdOut(target, {
        ...(secret === undefined
          ? {}
          : {
              HS512: signHmac({ alg: 'HS512', typ: 'JWT' }, claims, secret, 'sha512'),
              HS384: signHmac({ alg: 'HS384', typ: 'JWT' }, claims, secret, 'sha384'),
            }),
        ...(other ? { 'the algorithm of another key': signWith(other, claims, { ...header, alg: other.alg }) } : {}),
        'RS256 in the header': `${segment({ ...header, alg: 'RS256' })}.${account.access.split('.').slice(1).join('.')}`,
      });
    },
  },
  {
    number: 4,
    title: 'a kid that is unknown, no text, a path, SQL or a name of the language; an HMAC under an empty key',
    async run(target) {
      const { sign, claims } = await withSigner(target);
      const kids = [
        'unknown',
        ['a'],
        { a: 1 },
        7,
        null,
        '../../../dev/null',
        "' or 1=1 --",
        '__proto__',
        'constructor',
        '',
      ];
      await holdOut(target, {
        ...Object.fromEntries(kids.map((kid) => [`kid ${JSON.stringify(kid)}`, sign(claims, { kid })])),
        'an empty HMAC key': signHmac({ alg: 'HS256', typ: 'JWT' }, claims, ''),
      });
    },
  },
  {
    number: 5,
    title: 'no kid in the native profile, a kid in the old one',
    async run(target) {
      const account = await newAccount(target);
      const claims = claimsOf(account);
      const forged: Record<string, string> = {};
      const [key] = target.keys;
      if (key) forged['native without kid'] = signWith(key, claims, { alg: key.alg, typ: 'at+jwt' });
      if (target.secret !== undefined && key) {
        forged['HS256 with a native kid'] = signHmac({ alg: 'HS256', typ: 'JWT', kid: key.kid }, claims, target.secret);
      }
      if (Object.keys(forged).length === 0) throw new Untested('needs a signing key of the server');
      await holdOut(target, forged);
    },
  },
  {
    number: 6,
    title: 'a header that brings a key of its own: jwk, jku, x5u, x5c',
    async run(target) {
      const account = await newAccount(target);
      const { publicKey, privateKey } = generateKeyPairSync('ed25519');
      const jwk = publicKey.export({ format: 'jwk' });
      const own = { kid: 'own', alg: 'EdDSA', privateKey } as const;
      const members = { jwk, jku: 'http://127.0.0.1:1/keys', x5u: 'http://127.0.0.1:1/chain', x5c: ['AAAA'] };
      const forged = Object.entries(members).flatMap(([name, value]) => [
        [`${name} under its own key`, signWith(own, claimsOf(account), { alg: 'EdDSA', typ: 'at+jwt', [name]: value })],
      ]);
      const { sign, claims } = await withSigner(target);
      const honest =
        target.surface.name === 'product'
          ? Object.entries(members).map(([name, value]) => [
              `${name} beside a right signature`,
              sign(claims, { [name]: value }),
            ])
          : [];
      await holdOut(target, Object.fromEntries([...forged, ...honest]));
    },
  },
  {
    number: 7,
    title: 'crit: unknown, b64, empty',
    async run(target) {
      const { sign, claims } = await withSigner(target);
      await holdOut(target, {
        'crit unknown': sign(claims, { crit: ['x'], x: 1 }),
        'crit b64': sign(claims, { crit: ['b64'], b64: false }),
        'crit empty': sign(claims, { crit: [] }),
      });
    },
  },
  {
    number: 8,
    title: 'a key that stands twice in header or payload',
    async run(target) {
      needProduct(target);
      const { account, sign, claims } = await withSigner(target);
      const text = JSON.stringify(claims);
      const [key] = target.keys;
      await holdOut(target, {
        'sub twice': sign(`${text.slice(0, -1)},"sub":"${account.id}"}`),
        'exp twice': sign(`{"exp":${now() + 9 * hour},${text.slice(1)}`),
        ...(key
          ? { 'alg twice': signWith(key, claims, `{"alg":"none",${JSON.stringify(headerOf(key)).slice(1)}`) }
          : {}),
      });
    },
  },
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
    number: 10,
    title: 'a signature that is cut, padded, or has stray bits, blanks or the other alphabet',
    async run(target) {
      const { access } = await newAccount(target);
      const at = access.lastIndexOf('.') + 1;
      const [head, signature] = [access.slice(0, at), access.slice(at)];
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      const last = alphabet.indexOf(signature.slice(-1));
      const stray = alphabet[last ^ 1] ?? 'A';
      await holdOut(target, {
        'cut off': head + signature.slice(0, -4),
        'stray bits': head + signature.slice(0, -1) + stray,
        padded: `${access}=`,
        'with a blank behind': `${access}%20`,
        'with a dot behind': `${access}.`,
        'the other alphabet': `${head}+/${signature.slice(2)}`,
      });
    },
  },
  {
    number: 11,
    title: 'one, two, four and five parts; a JWE; JSON serialisation',
    async run(target) {
      const { access } = await newAccount(target);
      const [header = '', payload = '', signature = ''] = access.split('.');
      await holdOut(target, {
        'one part': header,
        'two parts': `${header}.${payload}`,
        'four parts': `${access}.${signature}`,
        'five parts, a JWE': `${segment({ alg: 'dir', enc: 'A256GCM' })}..AAAA.${payload}.${signature}`,
        JSON: JSON.stringify({ protected: header, payload, signature }),
        empty: '..',
      });
    },
  },
  {
    number: 12,
    title: 'a token of a megabyte, and one just above the limit',
    async run(target) {
      const { access } = await newAccount(target);
      for (const length of [8_193, 16_000, 1_000_000]) {
        const answer = await withToken(target, `${access}.${'A'.repeat(length)}`);
        hold(
          [0, 400, 401, 413, 414, 431].includes(answer.status),
          `${length} characters are answered ${answer.status}`,
        );
      }
      hold(await isLetIn(target, access), 'the server no longer answers');
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
    number: 17,
    title: 'a refresh token for an access token, and the reverse',
    async run(target) {
      const account = await newAccount(target);
      const refresh = needRefresh(account);
      await holdOut(target, { 'a refresh token': refresh });
      const body = JSON.stringify({ refresh_token: account.access });
      const answer = await target.send({
        method: 'POST',
        path: '/auth/refresh',
        headers: [['content-type', 'application/json']],
        body,
      });
      hold(answer.status === 401, `an access token is answered ${answer.status} at the refresh`);
      const reset = JSON.stringify({ token: account.access, password: 'another long password of a test' });
      const used = await target.send({
        method: 'POST',
        path: '/auth/password/reset',
        headers: [['content-type', 'application/json']],
        body: reset,
      });
      hold(used.status === 400 || used.status === 404, `an access token is answered ${used.status} at the reset`);
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
  {
    number: 21,
    title: 'two Authorization headers, the scheme in any case, a token in the query',
    async run(target) {
      const { access } = await newAccount(target);
      const path = target.surface.guarded[0] ?? '/';
      const query = await target.send({ path: `${path}?access_token=${access}&token=${access}` });
      hold(query.status === 401, `a token in the query is answered ${query.status}`);
      const second = await target.send({
        path,
        headers: [
          ['authorization', 'Bearer junk'],
          ['authorization', `Bearer ${access}`],
        ],
      });
      hold(second.status === 401 || second.status === 400, `a second header is answered ${second.status}`);
      const schemes = await Promise.all(
        times(3, (n) =>
          target.send({ path, headers: [['authorization', `${['bearer', 'BEARER', 'Bearer'][n]} ${access}`]] }),
        ),
      );
      hold(
        schemes.every(({ status }) => status === 200),
        'the scheme is not case-insensitive (RFC 9110 §11.1)',
      );
    },
  },
];
