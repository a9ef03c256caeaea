import { hold, hold500Free, longPassword, needLab, needProduct, newAccount, post, times } from '../checks.ts';
import type { Answer, Attack, Target } from '../types.ts';

const strict = { LOGIN_RATE_LIMIT_PER_ACCOUNT: '5/1h', LOGIN_RATE_LIMIT_PER_ADDRESS: '30/1h' } as const;
const behindProxy = { ...strict, LOGIN_RATE_LIMIT_PER_ADDRESS: '1000/1h', TRUSTED_PROXIES: '127.0.0.1' } as const;

function from(target: Target, address: string, email: string, password = 'a guess of a stranger'): Promise<Answer> {
  return post(target, '/auth/login', { email, password }, [['x-forwarded-for', address]]);
}

function statusesOf(answers: readonly Answer[]): string {
  return [...new Set(answers.map(({ status }) => status))].toSorted((a, b) => a - b).join();
}

export const limitAttacks: readonly Attack[] = [
  {
    number: 38,
    title: 'one guess on each of many accounts, from one address and from many',
    async run(target) {
      const one = await needLab(target).start(strict);
      needProduct(target);
      const answers = await Promise.all(
        times(100, (n) => one.surface.logIn(one, `victim-${n}@example.com`, 'a guess of a stranger')),
      );
      hold500Free(answers);
      hold(
        answers.filter(({ status }) => status === 401).length <= 30,
        `one address made ${answers.filter(({ status }) => status === 401).length} guesses`,
      );
      const log = needLab(target).log();
      hold(
        log.includes('authn_login_fail') && log.includes('excess_rate_limit_exceeded'),
        'nothing of it is told to an operator',
      );
    },
  },
  {
    number: 39,
    title: 'a stranger who uses up the attempts of a victim (who must still get in)',
    async run(target) {
      const server = await needLab(target).start(behindProxy);
      const victim = await newAccount(server);
      hold((await from(server, '192.0.2.7', victim.email, victim.password)).status === 200, 'the victim never got in');
      const guesses = await Promise.all(times(50, (n) => from(server, `198.51.100.${n + 1}`, victim.email)));
      hold(statusesOf(guesses) === '401,429', `the guesses are answered ${statusesOf(guesses)}`);
      hold(
        (await from(server, '192.0.2.7', victim.email, victim.password)).status === 200,
        'the victim is locked out at home',
      );
    },
  },
  {
    number: 40,
    title: 'addresses that a client makes up: X-Forwarded-For, many of one IPv6 /64, IPv4-mapped, a false Host',
    async run(target) {
      const lab = needLab(target);
      const open = await lab.start(strict);
      const direct = await Promise.all(times(60, (n) => from(open, `203.0.113.${n}`, `spoof-${n}@example.com`)));
      hold(direct.filter(({ status }) => status === 401).length <= 30, 'a made-up X-Forwarded-For opens a new bucket');
      const proxied = await lab.start({ ...behindProxy, LOGIN_RATE_LIMIT_PER_ADDRESS: '10/1h' });
      const sixes = await Promise.all(
        times(40, (n) => from(proxied, `2001:db8:1:2::${n.toString(16)}`, `six-${n}@example.com`)),
      );
      hold(sixes.filter(({ status }) => status === 401).length <= 10, 'each address of a /64 has a bucket of its own');
      const mapped = await Promise.all(
        times(40, (n) => from(proxied, n % 2 === 0 ? '192.0.2.99' : '::ffff:192.0.2.99', `map-${n}@example.com`)),
      );
      hold(
        mapped.filter(({ status }) => status === 401).length <= 10,
        'the mapped form of an address has a bucket of its own',
      );
      hold(lab.faultsOf({ TRUSTED_PROXIES: '1' }).length > 0, 'a number of trusted hops is taken');
      const victim = await newAccount(target);
      lab.clearLog();
      const headers = [
        ['x-forwarded-host', 'evil.example'],
        ['x-forwarded-proto', 'http'],
      ] as const;
      await post(target, '/auth/password/forgot', { email: victim.email }, headers);
      hold(!lab.log().includes('evil.example'), 'the link of a mail follows the request');
    },
  },
  {
    number: 41,
    title: 'parallel guesses that race the counter',
    async run(target) {
      const server = await needLab(target).start(behindProxy);
      const victim = await newAccount(server, longPassword);
      const guesses = await Promise.all(times(100, (n) => from(server, `203.0.113.${n + 1}`, victim.email)));
      hold500Free(guesses);
      const tried = guesses.filter(({ status }) => status === 401).length;
      hold(tried <= 5, `${tried} guesses got through a limit of 5`);
    },
  },
];
