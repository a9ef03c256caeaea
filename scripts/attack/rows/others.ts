import { hold, needLab, needProduct, newAccount, post, withToken } from '../checks.ts';
import { jsonOf } from '../http.ts';
import type { Answer, Attack, Target } from '../types.ts';

async function pathsOf(target: Target): Promise<string[]> {
  const answer = await target.send({ path: target.surface.name === 'product' ? '/openapi.json' : '/api/openapi.json' });
  const { paths } = jsonOf(answer);
  hold(typeof paths === 'object' && paths !== null, `the document is answered ${answer.status}`);
  return Object.keys(paths);
}

function cookiesOf(answer: Answer): string {
  return [answer.headers['set-cookie'] ?? []]
    .flat()
    .flatMap((line) => /^([^=]+=[^;]+);/.exec(line)?.[1] ?? [])
    .join('; ');
}

export const otherAttacks: readonly Attack[] = [
  {
    number: 32,
    title: 'a cookie that was planted before the login',
    async run(target) {
      needProduct(target);
      const [attacker, victim] = [await newAccount(target), await newAccount(target)];
      const origin = [['origin', target.base]] as const;
      const planted = await post(
        target,
        '/auth/cookie/login',
        { email: attacker.email, password: attacker.password },
        origin,
      );
      const login = await post(target, '/auth/cookie/login', { email: victim.email, password: victim.password }, [
        ...origin,
        ['cookie', cookiesOf(planted)],
      ]);
      hold(login.status === 200, `the login is answered ${login.status}`);
      const cleared = [login.headers['set-cookie'] ?? []].flat();
      hold(
        cleared.some((line) => /__Host-refresh-0=;.*Max-Age=0/.test(line)),
        'a planted cookie stays',
      );
      const me = await target.send({ path: '/auth/me', headers: [['cookie', cookiesOf(login)]] });
      hold(jsonOf(me).email === victim.email, 'the session is not the victim’s own');
      hold(
        !cookiesOf(planted)
          .split('; ')
          .some((cookie) => cookiesOf(login).includes(cookie)),
        'the session is the planted one',
      );
    },
  },
  {
    number: 48,
    title: 'one-time codes: replay, parallel use, brute force, a pending login as a whole one',
    async run(target) {
      const found = (await pathsOf(target)).filter((path) => /totp|otp|mfa|2fa|two-factor/i.test(path));
      hold(found.length === 0, `there are routes that this run does not know: ${found.join()}`);
      return 'there are no one-time codes, and so no login that is half done';
    },
  },
  {
    number: 49,
    title: 'OAuth: linking by an unverified address, a chosen issuer, missing state, redirects by prefix',
    async run(target) {
      const found = (await pathsOf(target)).filter((path) => /oauth|oidc|callback|authorize|social/i.test(path));
      hold(found.length === 0, `there are routes that this run does not know: ${found.join()}`);
      const answer = await target.send({ path: '/auth/login?redirect_uri=https://evil.example' });
      hold(answer.status === 404 || answer.status === 405, `answered ${answer.status}`);
      return 'there is no login by another provider, and no redirect';
    },
  },
  {
    number: 50,
    title:
      'cookies used by another site: form posts, text/plain, no Origin, method override, signing in as somebody else, names that look like ours',
    async run(target) {
      needProduct(target);
      const account = await newAccount(target);
      const login = await post(target, '/auth/cookie/login', { email: account.email, password: account.password }, [
        ['origin', target.base],
      ]);
      const cookie = ['cookie', cookiesOf(login)] as const;
      // A neighbouring host may set these: no browser holds them to the prefix, and trim() makes them ours.
      for (const blank of ['\u00a0', '\u0085']) {
        const planted = ['cookie', `${blank}__Host-access=${account.access}`] as const;
        const { status } = await target.send({ path: '/auth/me', headers: [planted] });
        hold(status === 401, `a cookie named ${JSON.stringify(blank)}__Host-access is answered ${status}`);
      }
      const task = JSON.stringify({ title: 'planted', priority: 'urgent_important' });
      const tries: readonly (readonly [string, string])[][] = [
        [['origin', 'https://evil.example']],
        [['origin', 'null']],
        [],
        [['sec-fetch-site', 'cross-site']],
        [
          ['origin', 'https://evil.example'],
          ['x-http-method-override', 'GET'],
        ],
        [['origin', `${target.base}.evil.example`]],
      ];
      for (const headers of tries) {
        for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
          const answer = await target.send({
            method: 'POST',
            path: '/api/tasks',
            headers: [cookie, ['content-type', type], ...headers],
            body: task,
          });
          hold(answer.status === 403, `${JSON.stringify(headers)} as ${type} is answered ${answer.status}`);
        }
        const signIn = await post(target, '/auth/cookie/login', { email: account.email, password: account.password }, [
          ...headers,
        ]);
        hold(signIn.status === 403, `signing in from ${JSON.stringify(headers)} is answered ${signIn.status}`);
      }
    },
  },
  {
    number: 51,
    title: 'service tokens: revoked, beyond their scopes, asking for more, guessed',
    async run(target) {
      const lab = needLab(target);
      needProduct(target);
      const admin = await newAccount(target);
      await lab.sql(`update "user" set role = 'admin' where id = '${admin.id}'`);
      const server = await lab.start({ SESSION_CHECK_SECONDS: '0' });
      const authorization = (token: string) => [['authorization', `Bearer ${token}`]] as const;
      const create = (token: string, scopes: string[]) =>
        post(server, '/admin/service-tokens', { name: 'attacked', scopes }, authorization(token));
      const made = jsonOf(await create(admin.access, ['users:read', 'service-tokens:write']));
      const token = String(made.token);
      const read = (bearer: string) => withToken(server, bearer, 'GET', `/admin/users/${admin.id}`);
      hold((await read(token)).status === 200, 'the token does not work');
      hold(
        (await withToken(server, token, 'DELETE', `/admin/users/${admin.id}/sessions`)).status === 403,
        'it acts beyond its scopes',
      );
      hold((await create(token, ['users:write'])).status === 403, 'it makes one with more than it has');
      const { token: writing } = jsonOf(await create(admin.access, ['users:write']));
      const promoted = await server.send({
        method: 'PATCH',
        path: `/admin/users/${(await newAccount(target)).id}`,
        headers: [...authorization(String(writing)), ['content-type', 'application/json']],
        body: JSON.stringify({ role: 'admin' }),
      });
      hold(promoted.status === 403, 'it makes an administrator, who has what it has not');
      const stored = await lab.sql('select * from service_tokens');
      hold(!JSON.stringify(stored).includes(token.split('.').at(-1) ?? token), 'it is stored as it is');
      for (const guess of [`${token.slice(0, -2)}AA`, token.slice(0, 20), `${token}A`])
        hold((await read(guess)).status === 401, 'a guess is taken');
      await withToken(server, admin.access, 'DELETE', `/admin/service-tokens/${String(made.id)}`);
      hold((await read(token)).status === 401, 'it works after it was revoked');
    },
  },
  {
    number: 52,
    title: 'tokens, passwords and hashes in logs and error bodies',
    async run(target) {
      const lab = needLab(target);
      lab.clearLog();
      const account = await newAccount(target);
      const canary = 'a canary password of an attacked user';
      const bodies: Answer[] = [
        await target.surface.logIn(target, account.email, canary),
        await target.surface.register(target, 'no address', canary),
        await withToken(target, account.access, 'POST', '/auth/refresh'),
        await post(target, '/auth/refresh', { refresh_token: [account.refresh] }),
        await withToken(target, `${account.access}x`),
      ];
      const log = lab.log();
      const secrets = [canary, account.password, account.access, account.refresh ?? account.access, '$argon2', '$2b$'];
      for (const secret of secrets) {
        hold(!log.includes(secret), `the log has ${secret.slice(0, 12)}…`);
        if (target.surface.name === 'product')
          hold(!bodies.some(({ body }) => body.includes(secret)), `an answer has ${secret.slice(0, 12)}…`);
      }
      hold(log.length > 0, 'nothing was logged at all');
    },
  },
];
