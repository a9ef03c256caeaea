import type { MigrationEvent } from '../events.ts';
import type { Talk } from './talk.ts';

/** A listener that turns the events of a run into lines for the person who waits. */
export function tellEvents(talk: Talk): (event: MigrationEvent) => void {
  return (event) => {
    if (event.type === 'waiting_for_lock')
      talk.say(`waiting for another migration (process ${event.holder?.pid ?? 'unknown'})`);
    if (event.type === 'revision_started') talk.say(`${event.revision} ${event.summary} …`);
    if (event.type === 'revision_finished') talk.say(`${event.revision} ${event.outcome} in ${event.durationMs} ms`);
  };
}
