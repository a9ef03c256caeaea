import { setTimeout as pause } from 'node:timers/promises';
import { isPair, logIn, type World } from './client.ts';
import { createOwner } from './owner.ts';

/**
 * One owner with one tab, one copy of what is stored, both kept alive on schedules of their own.
 * A thief that rides along for `patienceWindows` reuse windows counts as not caught.
 */
export async function runTheft(world: World, email: string, patienceWindows: number): Promise<void> {
  const { caller, random, tallies, windowMs } = world;
  const first = await logIn(world, email);
  const deadline = performance.now() + patienceWindows * windowMs;
  const isOver = () => performance.now() > deadline;
  const calm = { ...world, lossRate: 0, isOver };
  const owner = createOwner(calm, first, { tabs: 1, isRobbed: true, roundsToLive: Number.POSITIVE_INFINITY });
  const living = owner.live();
  await pause(windowMs * 2 * random());
  tallies.thieves += 1;
  let { refresh_token } = owner.stored;
  let isCaught = false;
  while (!isCaught && !owner.isOver && !isOver()) {
    await pause(windowMs * (1.2 + 1.8 * random()));
    const reply = await caller.call(0, { method: 'POST', path: '/auth/refresh', body: { refresh_token } });
    if (reply.status === 401) isCaught = true;
    if (reply.status !== 200 || !isPair(reply.body)) continue;
    ({ refresh_token } = reply.body);
    await caller.call(0, { method: 'GET', path: '/auth/me', token: reply.body.access_token });
  }
  if (isCaught || owner.isOver) tallies.caught += 1;
  await living;
}
