import assert from 'node:assert/strict';
import { bearer, json, registerUser, type TestApp } from '../support/app.ts';
import { tokenIn } from '../support/mail.ts';

/** Another password than `registerUser` gives. */
export const next = 'another password of a test';

export function post({ app }: TestApp, url: string, body: object, token?: string) {
  const headers = token === undefined ? json : { ...json, ...bearer(token) };
  return app.inject({ method: 'POST', url, headers, body: JSON.stringify(body) });
}

export async function logsIn(server: TestApp, email: string, password: string): Promise<boolean> {
  return (await post(server, '/auth/login', { email, password })).statusCode === 200;
}

export async function isSignedIn({ app }: TestApp, token: string): Promise<boolean> {
  return (await app.inject({ method: 'GET', url: '/auth/me', headers: bearer(token) })).statusCode === 200;
}

/** Sends what is due and answers only that. */
export async function mailsOf(server: TestApp) {
  server.mails.length = 0;
  await server.services.mail.runDue();
  return server.mails;
}

/** A user whose mail of the registration is out of the way. */
export async function openAccount(server: TestApp) {
  const user = await registerUser(server);
  const [mail] = await mailsOf(server);
  return { ...user, verification: tokenIn(mail) };
}

export async function askForReset(server: TestApp, email: string): Promise<string> {
  assert.equal((await post(server, '/auth/password/forgot', { email })).statusCode, 202);
  const [mail] = await mailsOf(server);
  return tokenIn(mail);
}
