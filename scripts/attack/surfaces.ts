import { jsonOf } from './http.ts';
import { type Account, type Answer, type Surface, type Target, Untested } from './types.ts';

function post(target: Target, path: string, body: object): Promise<Answer> {
  return target.send({
    method: 'POST',
    path,
    headers: [['content-type', 'application/json']],
    body: JSON.stringify(body),
  });
}

/** This backend's own routes. */
export const product: Surface = {
  name: 'product',
  guarded: ['/auth/me', '/api/tasks'],
  register: (target, email, password, more = {}) => post(target, '/auth/register', { email, password, ...more }),
  logIn: (target, email, password) => post(target, '/auth/login', { email, password }),
  async accountOf(answer, password, email, target): Promise<Account> {
    const { access_token: access, refresh_token: refresh } = jsonOf(answer);
    if (typeof access !== 'string' || typeof refresh !== 'string')
      throw new Untested(`the login answered ${answer.status}: ${answer.body.slice(0, 200)}`);
    const me = await target.send({ path: '/auth/me', headers: [['authorization', `Bearer ${access}`]] });
    return { id: String(jsonOf(me).id), email, password, access, refresh };
  },
};

/** The old backend's routes, which this backend has too. */
export const incumbent: Surface = {
  name: 'incumbent',
  guarded: ['/api/v1/auth/me', '/api/tasks'],
  register: (target, email, password, more = {}) => post(target, '/api/v1/auth/signup', { email, password, ...more }),
  logIn: (target, email, password) => post(target, '/api/v1/auth/signin', { email, password }),
  async accountOf(answer, password, email): Promise<Account> {
    const { data } = jsonOf(answer);
    if (typeof data !== 'object' || data === null || !('token' in data) || !('user_id' in data)) {
      throw new Untested(`the sign-in answered ${answer.status}: ${answer.body.slice(0, 200)}`);
    }
    return { id: String(data.user_id), email, password, access: String(data.token), refresh: undefined };
  },
};

/** Which of the two a server has: asked with a body that registers nobody. */
export async function findSurface(target: Omit<Target, 'surface'>): Promise<Surface> {
  const answer = await target.send({
    method: 'POST',
    path: '/auth/login',
    headers: [['content-type', 'application/json']],
    body: '{}',
  });
  return answer.status === 404 || answer.status === 405 ? incumbent : product;
}
