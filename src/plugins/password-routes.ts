import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route verifies or stores a password: its requests begin one after the other, and are refused early. */
    passwordWork?: boolean;
  }
}

/**
 * Requests to routes with `config.passwordWork` begin one after the other, some milliseconds apart, in the order in which they
 * came: a storm of them that arrives together would hold up everybody else until the last one has been looked at.
 * Register it before what costs time.
 */
export function registerPasswordTurns(app: FastifyInstance, timing: TurnTiming): void {
  const turns = createTurns(timing);
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.config.passwordWork !== true) return done();
    // Who has left needs no answer; what it was sent for is not begun.
    turns.take(() => (request.raw.destroyed ? undefined : done()));
  });
}

/** Of a thread that does nothing else, at the default cost (docs/adr/0020-argon2-in-12-mib.md). */
const hashesPerSecond = 230;

/** Some four times as many begin as can be hashed, for the rest is only refused; a thousand a second at most, and 250 at least. */
export function turnSpacingMs({ workers, sharePercent }: { workers: number; sharePercent: number }): number {
  const beginningsPerSecond = 4 * hashesPerSecond * workers * (sharePercent / 100);
  return Math.min(4, Math.max(1, Math.round(1000 / beginningsPerSecond)));
}

export function turnTiming(threads: { workers: number; sharePercent: number }): TurnTiming {
  const spacingMs = turnSpacingMs(threads);
  return { first: setImmediate, next: (turn) => setTimeout(turn, spacingMs) };
}

/** Refuses a request that has no place, before its body is read. `assertRoom` throws. Register it after what a refusal needs. */
export function registerEarlyRefusal(app: FastifyInstance, { assertRoom }: { assertRoom: () => void }): void {
  app.addHook('onRequest', async (request) => {
    if (request.routeOptions.config.passwordWork === true) assertRoom();
  });
}

export interface TurnTiming {
  /** When the first in line begins. */
  readonly first: (turn: () => void) => unknown;
  /** When those behind it do, each after the one before. */
  readonly next: (turn: () => void) => unknown;
}

export interface Turns {
  /** Calls `begin` in a turn of its own, after those that came before. */
  take(begin: () => void): void;
}

/** So many wait before more than one begins in a turn: a flood must not fill the memory instead. */
const waitingPerBeginner = 256;

export function createTurns(timing: TurnTiming): Turns {
  const line: (() => void)[] = [];
  let isPlanned = false;

  function turn(): void {
    const count = Math.ceil(line.length / waitingPerBeginner);
    for (const begin of line.splice(0, count)) begin();
    isPlanned = line.length > 0;
    if (isPlanned) timing.next(turn);
  }

  return {
    take(begin) {
      line.push(begin);
      if (isPlanned) return;
      isPlanned = true;
      timing.first(turn);
    },
  };
}
