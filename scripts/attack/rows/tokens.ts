import { generateKeyPairSync } from 'node:crypto';
import { hold, holdOut, isLetIn, needProduct, needRefresh, newAccount, times, withToken } from '../checks.ts';
import { headerOf, partsOf, publicPem, segment, signHmac, signWith } from '../forge.ts';
import { jsonOf } from '../http.ts';
import { claimsOf, hour, now, withSigner } from '../signer.ts';
import { type Attack, Untested } from '../types.ts';

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
