import {
  hold,
  hold500Free,
  isLetIn,
  longPassword,
  needLab,
  needProduct,
  newAccount,
  post,
  times,
  withToken,
} from '../checks.ts';
import { jsonOf } from '../http.ts';
import type { Answer, Attack } from '../types.ts';

async function medianMs(send: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await send();
  return performance.now() - began;
}

/** How far apart two questions are in time, asked in turns: the ratio of their medians. */
async function ratioOfMedians(
  first: () => Promise<unknown>,
  second: () => Promise<unknown>,
  rounds = 25,
): Promise<number> {
  const [one, two]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    one.push(await medianMs(first));
    two.push(await medianMs(second));
  }
  const median = (list: number[]) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? 1;
  return median(one) / median(two);
}

/** Clearly apart: on a busy machine equal work may differ by this much, and skipped work differs by far more. */
const apart = 2;

function sameAnswer(one: Answer, two: Answer): boolean {
  return one.status === two.status && one.body === two.body;
}

export const passwordAttacks: readonly Attack[] = [
  {
    number: 33,
    title: 'bcrypt: 72 and 73 bytes, U+0000 inside, a hash of absurd cost',
    async run(target) {
      const long = 'p'.repeat(72);
      const account = await target.surface.register(target, `bcrypt-${Date.now()}@example.com`, `${long}tail`);
      if (target.surface.name === 'product') {
        hold(account.status === 201, `a long password is answered ${account.status}`);
        const email = `bcrypt-${Date.now()}-2@example.com`;
        await target.surface.register(target, email, `${long}tail`);
        hold(
          (await target.surface.logIn(target, email, `${long}other`)).status === 401,
          'only the first 72 bytes count',
        );
        hold((await target.surface.logIn(target, email, `${long}tail\0`)).status === 401, 'U+0000 ends the password');
      } else {
        hold(account.status < 500, `73 bytes are answered ${account.status}`);
      }
      const lab = target.lab;
      if (!lab) return 'the stored hash was not tried';
      const email = `cost-${Date.now()}@example.com`;
      const digest = `${'.'.repeat(22)}${'.'.repeat(31)}`;
      await lab.sql(
        `insert into "user" (email, is_active, id, hashed_password, created_at, updated_at)
         values ('${email}', true, gen_random_uuid(), '$2b$31$${digest}', now(), now())`,
      );
      const answer = await target.surface.logIn(target, email, 'any password at all');
      hold(answer.status === 401, `a hash of cost 31 is answered ${answer.status}`);
      return undefined;
    },
  },
  {
    number: 34,
    title: 'a password of a megabyte, deep Unicode, lone surrogates, two forms of one text',
    async run(target) {
      const email = () => `text-${Math.random().toString(36).slice(2)}@example.com`;
      const refused = [await target.surface.register(target, email(), 'x'.repeat(1_000_000))];
      refused.push(
        await target.send({
          method: 'POST',
          path: target.surface.name === 'product' ? '/auth/register' : '/api/v1/auth/signup',
          headers: [['content-type', 'application/json']],
          body: `{"email":"${email()}","password":"half a pair \\ud800 and a long rest of it"}`,
        }),
      );
      for (const { status } of refused) hold([400, 409, 413, 422].includes(status), `answered ${status}`);
      const address = email();
      const composed = `pässword of an attacker é`.normalize('NFC');
      hold((await target.surface.register(target, address, composed)).status === 201, 'a composed text is refused');
      hold(
        (await target.surface.logIn(target, address, composed.normalize('NFD'))).status === 401,
        'another text is taken for it',
      );
    },
  },
  {
    number: 35,
    title: '200 parallel logins: the other routes go on',
    async run(target) {
      const account = await newAccount(target);
      const flood = { isOver: false };
      const logins = times(200, () => target.surface.logIn(target, 'nobody@example.com', longPassword));
      const over = Promise.all(logins).then(() => (flood.isOver = true));
      let served = 0;
      for (; !flood.isOver && served < 200; served += 1) {
        hold(await isLetIn(target, account.access), 'another route is not served meanwhile');
      }
      await over;
      const answers = await Promise.all(logins);
      hold500Free(answers);
      hold(
        answers.every(({ status }) => [401, 429, 503].includes(status)),
        `answered ${[...new Set(answers.map(({ status }) => status))].join()}`,
      );
      hold(served >= 10, `${served} other requests were served during the flood`);
    },
  },
  {
    number: 36,
    title: 'known and unknown addresses at login and recovery: same answer, same time',
    async run(target) {
      const { email } = await newAccount(target);
      const known = () => target.surface.logIn(target, email, 'a wrong password of some length');
      const unknown = () =>
        target.surface.logIn(target, `nobody-${Math.random()}@example.com`, 'a wrong password of some length');
      hold(sameAnswer(await known(), await unknown()), 'the answers to a login differ');
      const login = await ratioOfMedians(known, unknown);
      hold(login < apart && login > 1 / apart, `a login takes ${login.toFixed(2)} times as long for a known address`);
      if (target.surface.name !== 'product') return undefined;
      const forgot = (address: string) => post(target, '/auth/password/forgot', { email: address });
      const first = await forgot(email);
      if (first.status === 404) return 'no mail is configured: recovery was not tried';
      hold(sameAnswer(first, await forgot('nobody@example.com')), 'the answers to a recovery differ');
      const recovery = await ratioOfMedians(
        () => forgot(email),
        () => forgot(`nobody-${Math.random()}@example.com`),
      );
      hold(
        recovery < apart && recovery > 1 / apart,
        `a recovery takes ${recovery.toFixed(2)} times as long for a known address`,
      );
      return undefined;
    },
  },
  {
    number: 37,
    title: 'a disabled user with the right password, against a wrong one',
    async run(target) {
      const lab = needLab(target);
      const account = await newAccount(target);
      await lab.sql(`update "user" set is_active = false where id = '${account.id}'`);
      const right = await target.surface.logIn(target, account.email, account.password);
      const wrong = await target.surface.logIn(target, account.email, 'a wrong password of some length');
      hold(
        right.status === 401 && sameAnswer(right, wrong),
        `answered ${right.status} ${right.body} and ${wrong.status} ${wrong.body}`,
      );
    },
  },
  {
    number: 43,
    title: 'addresses: Kelvin sign, dotless i, full width, homoglyphs, +tag, trailing dot, CRLF',
    async run(target) {
      needProduct(target);
      const name = `kim-${Date.now()}`;
      hold(
        (await target.surface.register(target, `${name}@example.com`, longPassword)).status === 201,
        'the plain address is refused',
      );
      const others = [
        `\u212aim-${name.slice(4)}@example.com`,
        `${name.replace('i', '\u0131')}@example.com`,
        `${name}@ex\u0430mple.com`,
        `${name}+tag@example.com`,
        `${name}@\uff45xample.com`,
      ];
      for (const email of others) {
        const { status } = await target.surface.register(target, email, longPassword);
        hold([201, 409, 422].includes(status), `${JSON.stringify(email)} is answered ${status}`);
        const login = await target.surface.logIn(target, `${name}@example.com`, longPassword);
        const account = await target.surface.accountOf(login, longPassword, name, target);
        const me = jsonOf(await withToken(target, account.access));
        hold(me.email === `${name}@example.com`, `${JSON.stringify(email)} reaches the plain account`);
      }
      for (const email of [
        `${name}@example.com.`,
        `${name}@example.com\r\nBcc: evil@example.com`,
        `${name}@example.com\0`,
        `"${name}"@example.com`,
        `${name}@@example.com`,
      ]) {
        const { status } = await target.surface.register(target, email, longPassword);
        hold(status === 422 || status === 409, `${JSON.stringify(email)} is answered ${status}`);
      }
    },
  },
];
