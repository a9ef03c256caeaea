import { setTimeout as pause } from 'node:timers/promises';
import { anyServer, isPair, isUnavailable, noteUnexpected, type Pair, type World } from './client.ts';

export interface Owner {
  /** What is stored right now, for a thief to copy. */
  readonly stored: Pair;
  readonly isOver: boolean;
  /** All tabs, until the run or the session is over. */
  live(): Promise<void>;
}

export interface OwnerOptions {
  tabs: number;
  /** A refresh that is refused is what should happen: the session has a thief. */
  isRobbed: boolean;
  /** Ends the session after so many rounds, while its tabs refresh; Infinity: never. */
  roundsToLive: number;
}

/** One browser: tabs that share what is stored, refresh at the same moments, and lose answers. */
export function createOwner(world: World, first: Pair, options: OwnerOptions): Owner {
  const { caller, tallies, random, windowMs } = world;
  const state = { stored: first, isOver: false, isEnding: false, isOverwhelmed: false };
  const everything = new Set([first.refresh_token]);

  /** By generation, as a client must: an answer that comes late is not news. */
  function store(pair: Pair): void {
    everything.add(pair.refresh_token);
    if (pair.generation >= state.stored.generation) state.stored = pair;
  }

  async function refresh(): Promise<void> {
    while (!state.isOver && !state.isEnding) {
      const isLost = random() < world.lossRate;
      const call = {
        method: 'POST' as const,
        path: '/auth/refresh',
        body: { refresh_token: state.stored.refresh_token },
      };
      tallies.refreshes += 1;
      const sent = { generation: state.stored.generation, at: performance.now() };
      const reply = await caller.call(anyServer(world), { ...call, isLost });
      const waitedMs = performance.now() - sent.at;
      tallies.slowestMs = Math.max(tallies.slowestMs, waitedMs);
      if (waitedMs > windowMs / 2) state.isOverwhelmed = true;
      noteUnexpected(world, 'refresh', reply);
      if (reply.status === 200 && isPair(reply.body)) return receive(reply.body);
      if (reply.status === 401) return refused(sent);
      if (isLost) tallies.lost += 1;
      else if (isUnavailable(reply)) tallies.unavailable += 1;
      // Most try again at once; some were put away, and come back long after the window.
      const isPutAway = isLost && random() < 0.1;
      await pause(isPutAway ? windowMs * (1.5 + 2 * random()) : 50 + 200 * random());
    }
  }

  async function receive(pair: Pair): Promise<void> {
    tallies.answered += 1;
    // A frozen tab stores its answer when its neighbours are generations ahead.
    if (options.tabs > 1 && random() < 0.02) await pause(windowMs * 3 * random());
    store(pair);
    await caller.call(anyServer(world), { method: 'GET', path: '/auth/me', token: pair.access_token });
  }

  function refused(sent: { generation: number; at: number }): void {
    if (!state.isEnding && !state.isOver && !options.isRobbed) {
      const waitedMs = Math.round(performance.now() - sent.at);
      if (state.isOverwhelmed) tallies.overwhelmed += 1;
      else tallies.wrongful.push(`sent ${sent.generation}, stored ${state.stored.generation}, after ${waitedMs} ms`);
    }
    state.isOver = true;
  }

  async function runTab(roundAt: () => number): Promise<void> {
    while (!state.isOver && !state.isEnding && !world.isOver()) {
      await pause(Math.max(0, roundAt() - performance.now()) + 60 * random());
      await refresh();
    }
  }

  /** Tabs share the end of their access token, and so the moment in which they refresh. */
  function schedule(): () => number {
    let next = performance.now() + windowMs * (1.2 + random());
    return () => {
      if (performance.now() > next) next = performance.now() + windowMs * (1.2 + 1.8 * random());
      return next;
    };
  }

  async function endAmongRefreshes(): Promise<void> {
    const path = random() < 0.5 ? '/auth/logout' : '/auth/logout-all';
    const racing = Array.from({ length: 4 }, () =>
      caller.call(anyServer(world), {
        method: 'POST',
        path: '/auth/refresh',
        body: { refresh_token: state.stored.refresh_token },
      }),
    );
    const ended = await caller.call(0, { method: 'POST', path, token: state.stored.access_token });
    state.isEnding = true;
    for (const { status, body } of await Promise.all(racing)) if (status === 200 && isPair(body)) store(body);
    state.isOver = true;
    // Without an acknowledgement nothing is promised.
    if (ended.status !== 204) return;
    tallies.ended += 1;
    for (const server of [0, 1]) {
      for (const refresh_token of everything) {
        const reply = await caller.call(server, { method: 'POST', path: '/auth/refresh', body: { refresh_token } });
        if (reply.status === 200) tallies.survivors.push(`a refresh token on server ${server} after ${path}`);
      }
      const reply = await caller.call(server, { method: 'GET', path: '/auth/me', token: state.stored.access_token });
      if (reply.status === 200) tallies.survivors.push(`an access token on server ${server} after ${path}`);
    }
  }

  return {
    get stored() {
      return state.stored;
    },
    get isOver() {
      return state.isOver;
    },
    async live() {
      const roundAt = schedule();
      const tabs = Array.from({ length: options.tabs }, () => runTab(roundAt));
      if (Number.isFinite(options.roundsToLive)) {
        await pause(windowMs * 2 * options.roundsToLive);
        if (!state.isOver && !world.isOver()) await endAmongRefreshes();
      }
      await Promise.all(tabs);
    },
  };
}
