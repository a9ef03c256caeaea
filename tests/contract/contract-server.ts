import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { createTestApp, type TestApp } from '../support/app.ts';
import { type Answer, exchange } from './replay/exchange.ts';
import { mintToken } from './replay/placeholders.ts';
import type { RecordedRequest, TokenRecipe } from './replay/scenario.ts';

/** The secret with which the incumbent was recorded: a test secret. */
export const contractSecret = 'stanchion-contract-test-secret-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEF';

export interface ContractServer {
  readonly url: string;
  readonly test: TestApp;
  /** A request over a socket of its own. An object as body is sent as JSON. */
  send(method: string, path: string, given?: GivenRequest): Promise<Received>;
  /** A token of the incumbent's kind. Its `exp` is an hour ahead unless the recipe's claims say otherwise. */
  mint(claims: Readonly<Record<string, unknown>>, recipe?: TokenRecipe): string;
  /** Brings the database to the state in which a scenario starts. */
  reset(seed: 'empty' | 'legacy'): Promise<void>;
}

export interface GivenRequest {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array | object;
}

export interface Received extends Answer {
  /** The body as JSON; throws SyntaxError when it is none. */
  json(): JsonBody;
}

/** What a test reads from an answer; an assertion follows for every part that it uses. */
// oxlint-disable-next-line typescript/no-explicit-any -- an answer's shape is what the tests assert.
export type JsonBody = any;

/** The app on a database of its own, listening, with the settings of the recordings. It ends with the test. */
export async function startContractServer(t: TestContext, env: Record<string, string> = {}): Promise<ContractServer> {
  const test = await createTestApp(t, {
    env: { JWT_SECRET: contractSecret, JWT_ALGORITHM: 'HS256', JWT_EXPIRATION_DELTA_HOURS: '24', ...env },
  });
  const url = await test.app.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    test,
    async send(method, path, given = {}) {
      const answer = await exchange(url, requestOf(method, path, given));
      return { ...answer, json: () => JSON.parse(answer.body) };
    },
    mint(claims, recipe = {}) {
      const exp = Math.floor(Date.now() / 1000) + 3600;
      return mintToken({ ...recipe, claims: { exp, ...claims } }, contractSecret);
    },
    async reset(seed) {
      await test.database.sql('TRUNCATE "user", task, sessions, rate_limits CASCADE');
      if (seed === 'legacy') await test.database.sql(legacyRows());
    },
  };
}

export interface SignedUp {
  readonly id: string;
  readonly email: string;
  readonly password: string;
  readonly token: string;
}

let users = 0;

/** A new account of the incumbent's kind; each call another address. */
export async function signUp(server: ContractServer, given: Partial<SignedUp> = {}): Promise<SignedUp> {
  users += 1;
  const { email = `contract-${users}@example.com`, password = 'Passw0rd!' } = given;
  const answer = await server.send('POST', '/api/v1/auth/signup', { body: { email, password } });
  if (answer.status !== 201) throw new Error(`signup answered ${answer.status}: ${answer.body}`);
  const { data } = answer.json();
  return { id: data.user_id, email, password, token: data.token };
}

export const task = { title: 'a task', priority: 'urgent_important' };

/** A stored task's id. */
export async function createTask(server: ContractServer, token: string, fields: object = {}): Promise<string> {
  const answer = await server.send('POST', '/api/tasks', { token, body: { ...task, ...fields } });
  if (answer.status !== 201) throw new Error(`creating a task answered ${answer.status}: ${answer.body}`);
  return answer.json().data.id;
}

/** Only the rows of the dump: the tables are there, in our form. */
export function legacyRows(): string {
  const dump = readFileSync(new URL('data/legacy-db.sql', import.meta.url), 'utf8');
  const start = dump.indexOf('-- Data for Name');
  const end = dump.search(/^-- Name: .* Type: CONSTRAINT/m);
  return dump.slice(start, end);
}

function requestOf(method: string, path: string, { token, headers = {}, body }: GivenRequest): RecordedRequest {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  if (body === undefined) return { method, path, headers: { ...authorization, ...headers } };
  if (body instanceof Uint8Array) {
    return {
      method,
      path,
      headers: { ...authorization, ...headers },
      bodyBase64: Buffer.from(body).toString('base64'),
    };
  }
  const isText = typeof body === 'string';
  const type = isText ? {} : { 'content-type': 'application/json' };
  return {
    method,
    path,
    headers: { ...type, ...authorization, ...headers },
    body: isText ? body : JSON.stringify(body),
  };
}
