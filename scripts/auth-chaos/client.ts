import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../auth-sim/random.ts';
import type { Caller, Reply } from './caller.ts';
import type { Tallies } from './tallies.ts';

export interface World {
  caller: Caller;
  tallies: Tallies;
  random: Random;
  /** The servers' REFRESH_REUSE_WINDOW_SECONDS. */
  windowMs: number;
  lossRate: number;
  /** No new round begins from then on. */
  isOver(): boolean;
}

export interface Pair {
  access_token: string;
  refresh_token: string;
  generation: number;
}

/** Which server: any. The first one's clock is always right. */
export function anyServer({ random }: World): number {
  return random() < 0.5 ? 0 : 1;
}

export function isPair(body: unknown): body is Pair {
  return typeof body === 'object' && body !== null && 'refresh_token' in body && 'generation' in body;
}

export function isUnavailable({ status }: Reply): boolean {
  return status === undefined || status >= 500;
}

/** Answers of a gateway's kind are part of the weather; a 500 is not. */
export function noteUnexpected({ tallies }: World, what: string, { status }: Reply): void {
  if (status === 500) tallies.unexpected.push(`${what}: 500`);
}

/** A new session of a new user. */
export async function logIn(world: World, email: string): Promise<Pair> {
  const password = 'a test password that is long';
  for (;;) {
    const registered = await world.caller.call(anyServer(world), {
      method: 'POST',
      path: '/auth/register',
      body: { email, password },
    });
    if (registered.status === 201 || registered.status === 409) break;
    await pause(200);
  }
  for (;;) {
    const reply = await world.caller.call(anyServer(world), {
      method: 'POST',
      path: '/auth/login',
      body: { email, password },
    });
    if (reply.status === 200 && isPair(reply.body)) {
      world.tallies.sessions += 1;
      return reply.body;
    }
    await pause(200);
  }
}
