import type { KeyObject } from 'node:crypto';

/** One HTTP answer; the body as text. */
export interface Answer {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: string;
}

export interface Sent {
  method?: string;
  path: string;
  /** Pairs, so that a header can be sent twice. */
  headers?: readonly (readonly [name: string, value: string])[];
  body?: string | Buffer;
}

export interface Account {
  id: string;
  email: string;
  password: string;
  access: string;
  /** Where the surface has none, undefined. */
  refresh: string | undefined;
}

/** A signing key of the server under test that the attacker is given, so that only the named fault can be why a token is refused. */
export interface KnownKey {
  kid: string;
  alg: 'EdDSA' | 'ES256';
  privateKey: KeyObject;
}

/** How a kind of server is spoken to: its paths and its tokens. */
export interface Surface {
  readonly name: 'product' | 'incumbent';
  /** The routes that a token opens. */
  readonly guarded: readonly string[];
  register(target: Target, email: string, password: string, more?: object): Promise<Answer>;
  logIn(target: Target, email: string, password: string): Promise<Answer>;
  accountOf(answer: Answer, password: string, email: string, target: Target): Promise<Account>;
}

export interface Target {
  readonly base: string;
  readonly surface: Surface;
  /** The HMAC secret of tokens of the old kind, when the attacker is given it. */
  readonly secret: string | undefined;
  readonly keys: readonly KnownKey[];
  /** What only somebody on the machine can do: a server that the run started itself has it. */
  readonly lab: Lab | undefined;
  send(sent: Sent): Promise<Answer>;
}

export interface Lab {
  sql(text: string): Promise<Record<string, unknown>[]>;
  /** Another instance on the same database, with these settings changed. */
  start(env?: Readonly<Record<string, string>>): Promise<Target>;
  /** Whether a configuration starts at all; its faults when not. */
  faultsOf(env: Readonly<Record<string, string>>): string[];
  haltDatabase(): Promise<void>;
  resumeDatabase(): Promise<void>;
  /** Ends the first instance and starts it again on the same port. */
  restart(): Promise<void>;
  /** Everything that was logged so far, and what was mailed. */
  log(): string;
  clearLog(): void;
}

export interface Attack {
  /** The row of the list of attacks. */
  number: number;
  title: string;
  /** Resolves when the attack was held off. Throws Open, or Untested when it cannot be tried on this target. */
  run(target: Target): Promise<string | undefined | void>;
}

/** The attack succeeded, or the server fell over. */
export class Open extends Error {
  override readonly name = 'Open';
}

/** It cannot be tried on this target; the message says what is missing. */
export class Untested extends Error {
  override readonly name = 'Untested';
}
