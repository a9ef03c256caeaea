import type { LoadRequest } from './load/jobs.ts';
import { password, type SeededUser } from './seed.ts';

export function loginRequest(user: SeededUser): LoadRequest {
  return { method: 'POST', path: '/auth/login', body: JSON.stringify({ email: user.email, password }) };
}

/** The same user with an access token of our own kind. */
export async function logIn(port: number, user: SeededUser): Promise<SeededUser> {
  const { path, body = null } = loginRequest(user);
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body });
  const text = await response.text();
  const answer: unknown = response.ok ? JSON.parse(text) : undefined;
  if (typeof answer !== 'object' || answer === null || !('access_token' in answer)) {
    throw new Error(`${path} answers ${response.status}: ${text}`);
  }
  return { ...user, token: String(answer.access_token) };
}
