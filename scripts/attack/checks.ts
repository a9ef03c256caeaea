import { randomBytes } from 'node:crypto';
import { type Account, type Answer, type KnownKey, type Lab, Open, type Target, Untested } from './types.ts';

export const longPassword = 'an attacker’s own long password';

export function hold(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Open(what);
}

export function needLab({ lab }: Target): Lab {
  if (!lab) throw new Untested('needs a server that the run starts itself');
  return lab;
}

export function needSecret({ secret }: Target): string {
  if (secret === undefined) throw new Untested('needs --secret, the HMAC secret of the server');
  return secret;
}

export function needKey({ keys }: Target): KnownKey {
  const [key] = keys;
  if (!key) throw new Untested('needs a signing key of the server');
  return key;
}

export function needRefresh(account: Account): string {
  if (account.refresh === undefined) throw new Untested('there are no refresh tokens here');
  return account.refresh;
}

/** Needs the product's own routes: the old backend has none of them. */
export function needProduct({ surface }: Target): void {
  if (surface.name !== 'product') throw new Untested('there is no such route here');
}

export async function newAccount(target: Target, password = longPassword): Promise<Account> {
  const email = `attack-${randomBytes(8).toString('hex')}@example.com`;
  const registered = await target.surface.register(target, email, password);
  if (registered.status >= 300)
    throw new Untested(`registering answered ${registered.status}: ${registered.body.slice(0, 200)}`);
  const login = await target.surface.logIn(target, email, password);
  return target.surface.accountOf(login, password, email, target);
}

export function post(
  target: Target,
  path: string,
  body: object,
  headers: readonly (readonly [string, string])[] = [],
): Promise<Answer> {
  return target.send({
    method: 'POST',
    path,
    headers: [['content-type', 'application/json'], ...headers],
    body: JSON.stringify(body),
  });
}

export function withToken(
  target: Target,
  token: string,
  method = 'GET',
  path = target.surface.guarded[0] ?? '/',
): Promise<Answer> {
  return target.send({ method, path, headers: [['authorization', `Bearer ${token}`]] });
}

export async function isLetIn(target: Target, token: string): Promise<boolean> {
  return (await withToken(target, token)).status === 200;
}

/** Refused as one that is none of ours: by the same answer as every other, and never by a fault. */
export async function holdOut(target: Target, tokens: Readonly<Record<string, string>>): Promise<void> {
  const answers = new Set<string>();
  for (const [name, token] of Object.entries(tokens)) {
    for (const path of target.surface.guarded) {
      const answer = await withToken(target, token, 'GET', path);
      hold(
        answer.status === 401 || answer.status === 403 || answer.status === 431 || answer.status === 400,
        `${name} is answered ${answer.status} on ${path}`,
      );
      if (answer.status === 401) answers.add(answer.body);
    }
  }
  hold(answers.size <= 3, `the refusals differ: ${[...answers].join(' | ').slice(0, 300)}`);
}

export function hold500Free(answers: readonly Answer[]): void {
  const fault = answers.find(({ status }) => status === 500 || status === 502 || status === 504);
  hold(fault === undefined, `answered ${fault?.status}: ${fault?.body.slice(0, 120)}`);
}

export function times<Value>(count: number, make: (n: number) => Value): Value[] {
  return Array.from({ length: count }, (_, n) => make(n));
}
