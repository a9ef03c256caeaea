import { confirmGeneration, decideRefresh, type RefreshState } from '../../src/security/refresh-policy.ts';

/** What a client keeps: the refresh token as a number, and when its access token was issued. */
export interface Answer {
  token: number;
  issuedAt: number;
}

/** One session on the server. Tokens are numbers; the first one is 1. */
export interface SessionServer {
  readonly isDead: boolean;
  /** Undefined: refused. */
  present(token: number, at: number): Answer | undefined;
  /** A request with the access token that came with this refresh token. */
  use(token: number): void;
}

export interface Policy {
  name: string;
  /** Clients keep the higher of two tokens, whichever answer comes last. */
  monotonicJar: boolean;
  /** Held to the stated bounds. */
  isOurs: boolean;
  open(): SessionServer;
}

/** The window that the product is shipped with. */
const windowSeconds = 30;

const others = { monotonicJar: false, isOurs: false };

export const policies: readonly Policy[] = [
  { name: 'strict single-use', ...others, open: () => new Siblings(0) },
  { name: '10 s siblings', ...others, open: () => new Siblings(10) },
  { name: '30 s re-rotate', ...others, open: () => new ReRotating(30) },
  { name: 'session row, diff ≤ 1', ...others, open: () => new OneBehind(10) },
  { name: 'session row, diff ≤ 1 + jar', ...others, monotonicJar: true, open: () => new OneBehind(10) },
  { name: 'ours, confirmed by refresh', ...others, open: () => new Product('refresh') },
  { name: 'ours (default: by use)', ...others, isOurs: true, open: () => new Product('use') },
  {
    name: 'ours (default: by use) + jar',
    ...others,
    isOurs: true,
    monotonicJar: true,
    open: () => new Product('use'),
  },
];

/** The product's own decision, not a copy of it. */
class Product implements SessionServer {
  isDead = false;
  readonly #confirmedBy: 'use' | 'refresh';
  #state: RefreshState = { generation: 1, confirmed: false, rotatedAt: null };

  constructor(confirmedBy: 'use' | 'refresh') {
    this.#confirmedBy = confirmedBy;
  }

  present(token: number, at: number): Answer | undefined {
    const { verdict, state } = decideRefresh(this.#state, { generation: token, at }, { windowSeconds });
    this.#state = state;
    if (verdict === 'reuse') this.isDead = true;
    if (verdict === 'reuse' || verdict === 'ahead') return undefined;
    const isYoung = state.rotatedAt !== null && at - state.rotatedAt <= windowSeconds;
    return { token: state.generation, issuedAt: isYoung ? (state.rotatedAt ?? at) : at };
  }

  use(token: number): void {
    if (this.#confirmedBy === 'use') this.#state = confirmGeneration(this.#state, token);
  }
}

/** Each use within the grace of a token's first use makes another live child; a later one ends the family. */
class Siblings implements SessionServer {
  isDead = false;
  readonly #graceSeconds: number;
  readonly #firstUse = new Map<number, number>();
  #newest = 1;

  constructor(graceSeconds: number) {
    this.#graceSeconds = graceSeconds;
  }

  present(token: number, at: number): Answer | undefined {
    const first = this.#firstUse.get(token);
    if (first !== undefined && (this.#graceSeconds === 0 || at - first > this.#graceSeconds)) {
      this.isDead = true;
      return undefined;
    }
    if (first === undefined) this.#firstUse.set(token, at);
    this.#newest += 1;
    return { token: this.#newest, issuedAt: at };
  }

  use(): void {}
}

/** A parent within the grace makes another child, and the child before that one counts as stolen when it is used. */
class ReRotating implements SessionServer {
  isDead = false;
  readonly #graceSeconds: number;
  #parent = 0;
  #current = 1;
  #newest = 1;
  #rotatedAt = Number.NEGATIVE_INFINITY;

  constructor(graceSeconds: number) {
    this.#graceSeconds = graceSeconds;
  }

  present(token: number, at: number): Answer | undefined {
    const isRetry = token === this.#parent && at - this.#rotatedAt <= this.#graceSeconds;
    if (token !== this.#current && !isRetry) {
      this.isDead = true;
      return undefined;
    }
    if (token === this.#current) {
      this.#parent = token;
      this.#rotatedAt = at;
    }
    this.#newest += 1;
    this.#current = this.#newest;
    return { token: this.#current, issuedAt: at };
  }

  use(): void {}
}

/** One row a session: the parent always gets the current token, any older one within the grace does too. */
class OneBehind implements SessionServer {
  isDead = false;
  readonly #graceSeconds: number;
  #current = 1;
  #rotatedAt = Number.NEGATIVE_INFINITY;

  constructor(graceSeconds: number) {
    this.#graceSeconds = graceSeconds;
  }

  present(token: number, at: number): Answer | undefined {
    if (token === this.#current) {
      this.#current += 1;
      this.#rotatedAt = at;
    } else if (token !== this.#current - 1 && at - this.#rotatedAt > this.#graceSeconds) {
      this.isDead = true;
      return undefined;
    }
    return { token: this.#current, issuedAt: at };
  }

  use(): void {}
}
