import { bearer, createTestApp, json, registerUser, type TestApp, type TestAppOptions } from '../support/app.ts';

export function send(
  { app }: TestApp,
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  url: string,
  token?: string,
  body?: object,
) {
  const headers = { ...(body === undefined ? {} : json), ...(token === undefined ? {} : bearer(token)) };
  return app.inject({ method, url, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
}

export async function withAdmin(t: Parameters<typeof createTestApp>[0], options: TestAppOptions = {}) {
  const server = await createTestApp(t, { ...options, env: { SESSION_CHECK_SECONDS: '0', ...options.env } });
  const admin = await registerUser(server);
  await server.database.sql(`update "user" set role = 'admin' where id = '${admin.id}'`);
  return { server, admin, user: await registerUser(server) };
}

export async function isSignedIn(server: TestApp, token: string): Promise<boolean> {
  return (await send(server, 'GET', '/auth/me', token)).statusCode === 200;
}
