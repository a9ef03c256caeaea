import {
  hold,
  hold500Free,
  isLetIn,
  needLab,
  needProduct,
  needRefresh,
  newAccount,
  post,
  times,
  withToken,
} from '../checks.ts';
import { jsonOf } from '../http.ts';
import type { Account, Answer, Attack, Target } from '../types.ts';

function refresh(target: Target, token: string): Promise<Answer> {
  return post(target, '/auth/refresh', { refresh_token: token });
}

function successorOf(answer: Answer): string {
  const { refresh_token: token } = jsonOf(answer);
  hold(
    answer.status === 200 && typeof token === 'string',
    `a refresh is answered ${answer.status}: ${answer.body.slice(0, 120)}`,
  );
  return token;
}

/** As if the reuse window had passed since the last rotation. */
async function passWindow(target: Target): Promise<void> {
  await needLab(target).sql(
    `update sessions set rotated_at = rotated_at - interval '2 hours', last_used_at = last_used_at - interval '2 hours'`,
  );
}

async function isSpent(target: Target, account: Account, tokens: readonly string[]): Promise<void> {
  for (const token of tokens) {
    const { status } = await refresh(target, token);
    hold(status === 401, `a refresh token is answered ${status} afterwards`);
  }
  hold(!(await isLetIn(target, account.access)), 'the access token still works afterwards');
}

export const refreshAttacks: readonly Attack[] = [
  {
    number: 23,
    title: '300 parallel refreshes of one token',
    async run(target) {
      const account = await newAccount(target);
      const token = needRefresh(account);
      const answers = await Promise.all(times(300, () => refresh(target, token)));
      const served = answers.filter(({ status }) => status === 200);
      hold(
        answers.every(({ status }) => status === 200 || status === 503),
        `answered ${[...new Set(answers.map(({ status }) => status))].join()}`,
      );
      hold(new Set(served.map(({ body }) => body)).size === 1, 'the successors differ');
    },
  },
  {
    number: 24,
    title: 'a refresh that races a logout, a logout everywhere, a change of password',
    async run(target) {
      needProduct(target);
      const ends: readonly ((account: Account) => Promise<Answer>)[] = [
        ({ access }) => withToken(target, access, 'POST', '/auth/logout'),
        ({ access }) => withToken(target, access, 'POST', '/auth/logout-all'),
        ({ access, password }) =>
          post(
            target,
            '/auth/password/change',
            { current_password: password, new_password: 'the next password of the attacked' },
            [['authorization', `Bearer ${access}`]],
          ),
      ];
      for (const [kind, end] of ends.entries()) {
        for (let round = 0; round < 5; round += 1) {
          const account = await newAccount(target);
          // For a change of password: the session that asks stays, so another one races.
          const raced =
            kind === 2
              ? await target.surface.accountOf(
                  await target.surface.logIn(target, account.email, account.password),
                  account.password,
                  account.email,
                  target,
                )
              : account;
          const token = needRefresh(raced);
          const [answer] = await Promise.all([refresh(target, token), end(account), refresh(target, token)]);
          const tokens = answer.status === 200 ? [token, successorOf(answer)] : [token];
          for (const one of tokens)
            hold((await refresh(target, one)).status === 401, 'a refresh token works after the end of its session');
          const access = answer.status === 200 ? String(jsonOf(answer).access_token) : raced.access;
          hold(!(await isLetIn(target, access)), 'an access token works after the end of its session');
        }
      }
    },
  },
  {
    number: 25,
    title: 'the parent again, after the successor was confirmed and the window has passed',
    async run(target) {
      const account = await newAccount(target);
      const parent = needRefresh(account);
      needLab(target);
      const child = successorOf(await refresh(target, parent));
      await passWindow(target);
      const grandchild = successorOf(await refresh(target, child));
      await passWindow(target);
      hold((await refresh(target, parent)).status === 401, 'a spent token is served');
      await isSpent(target, account, [parent, child, grandchild]);
    },
  },
  {
    number: 26,
    title: 'a lost answer, asked for again at once and eight hours later (must be served)',
    async run(target) {
      const account = await newAccount(target);
      const token = needRefresh(account);
      const first = successorOf(await refresh(target, token));
      hold(successorOf(await refresh(target, token)) === first, 'the successor differs at once');
      needLab(target);
      await needLab(target).sql(`update sessions set rotated_at = rotated_at - interval '8 hours'`);
      hold(successorOf(await refresh(target, token)) === first, 'the successor differs later');
    },
  },
  {
    number: 27,
    title: 'the cookies of an older answer after those of a newer one (must be served)',
    async run(target) {
      needProduct(target);
      const account = await newAccount(target);
      const headers = [['origin', target.base]] as const;
      const jar = new Map<string, string>();
      const store = (answer: Answer) => {
        for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
          const [, name = '', value = '', rest = ''] = /^([^=]+)=([^;]*)(.*)$/.exec(line) ?? [];
          if (rest.includes('Max-Age=0;')) jar.delete(name);
          else jar.set(name, value);
        }
      };
      const cookie = () => [['cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; ')]] as const;
      store(await post(target, '/auth/cookie/login', { email: account.email, password: account.password }, headers));
      const older = await post(target, '/auth/cookie/refresh', {}, [...headers, ...cookie()]);
      store(older);
      await passWindow(target);
      store(await post(target, '/auth/cookie/refresh', {}, [...headers, ...cookie()]));
      store(older);
      await passWindow(target);
      const last = await post(target, '/auth/cookie/refresh', {}, [...headers, ...cookie()]);
      hold(last.status === 200, `the session is answered ${last.status}`);
    },
  },
  {
    number: 28,
    title: 'a refresh token with a flipped bit, another session’s MAC, the next generation, one far ahead',
    async run(target) {
      const [account, other] = [await newAccount(target), await newAccount(target)];
      const [token, foreign] = [needRefresh(account), needRefresh(other)];
      const parts = token.split('.');
      const swap = (at: number, value: string) => parts.map((part, n) => (n === at ? value : part)).join('.');
      const mac = parts.at(-1) ?? '';
      const flipped = times(8, (n) =>
        swap(parts.length - 1, mac.slice(0, n * 4) + (mac[n * 4] === 'A' ? 'B' : 'A') + mac.slice(n * 4 + 1)),
      );
      const forged = [
        ...flipped,
        swap(parts.length - 1, foreign.split('.').at(-1) ?? ''),
        swap(2, foreign.split('.')[2] ?? ''),
        swap(3, '2'),
        swap(3, '9007199254740991'),
        `${token}x`,
        ` ${token}`,
      ];
      for (const one of forged)
        hold((await refresh(target, one)).status === 401, `a forged token is not refused: ${one}`);
      successorOf(await refresh(target, token));
      successorOf(await refresh(target, foreign));
    },
  },
  {
    number: 29,
    title: 'a spent token across a restart, and under a clock that steps',
    async run(target) {
      const lab = needLab(target);
      const account = await newAccount(target);
      const parent = needRefresh(account);
      const child = successorOf(await refresh(target, parent));
      await passWindow(target);
      successorOf(await refresh(target, child));
      await passWindow(target);
      await lab.restart();
      hold((await refresh(target, parent)).status === 401, 'a restart makes a spent token good again');
      const lost = await newAccount(target);
      const first = successorOf(await refresh(target, needRefresh(lost)));
      await lab.sql(`update sessions set rotated_at = rotated_at + interval '1 hour'`);
      hold(
        successorOf(await refresh(target, needRefresh(lost))) === first,
        'a clock that stepped back changes the verdict',
      );
      await lab.sql(`update sessions set rotated_at = rotated_at - interval '2 hours'`);
      hold(
        successorOf(await refresh(target, needRefresh(lost))) === first,
        'a clock that stepped ahead changes the verdict',
      );
    },
  },
  {
    number: 30,
    title: 'the database away during a refresh (must be a 503, and the session must live)',
    async run(target) {
      const lab = needLab(target);
      const account = await newAccount(target);
      const token = needRefresh(account);
      await lab.haltDatabase();
      const answers = await Promise.all(times(5, () => refresh(target, token)));
      await lab.resumeDatabase();
      for (const { status, headers } of answers) {
        hold(
          status === 503 && Number(headers['retry-after']) > 0,
          `answered ${status}, Retry-After ${String(headers['retry-after'])}`,
        );
        hold(headers['set-cookie'] === undefined, 'cookies are cleared');
      }
      successorOf(await refresh(target, token));
    },
  },
  {
    number: 31,
    title: 'two clients that share one refresh token',
    async run(target) {
      const account = await newAccount(target);
      const stolen = needRefresh(account);
      needLab(target);
      const owner = successorOf(await refresh(target, stolen));
      hold(successorOf(await refresh(target, stolen)) === owner, 'the two get chains of their own');
      await passWindow(target);
      const next = successorOf(await refresh(target, owner));
      await passWindow(target);
      hold((await refresh(target, owner)).status === 200 || (await refresh(target, owner)).status === 401, 'a fault');
      await withToken(target, account.access);
      successorOf(await refresh(target, next));
      await passWindow(target);
      const late = await refresh(target, owner);
      hold(late.status === 401, 'who comes second is not noticed');
      hold500Free([late]);
      await isSpent(target, account, [owner, next]);
    },
  },
];
