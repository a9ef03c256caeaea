import type { ExplainedEvent, Explanation } from '../services/explanations.ts';
import { type CliContext, CliError, type VerbResult } from './verb.ts';
import { withServices } from './with-services.ts';

/** Why a request was refused. Throws CliError `not_found`. */
export async function authExplain(options: { 'request-id': string }, context: CliContext): Promise<VerbResult> {
  return withServices(context, async ({ explanations }) => {
    const explanation = await explanations.explain(options['request-id']);
    if (explanation) return { data: explanation, text: render(explanation) };
    throw new CliError(
      'findings',
      `Nothing was written down for the request ${options['request-id']}.`,
      'check the id: it is the X-Request-Id of the answer; requests that were not refused leave nothing, and during a flood some are only counted',
    );
  });
}

function render({ events, sessions }: Explanation): string {
  const timelines = sessions.flatMap(({ sessionId, events: life }) => [
    '',
    `The session ${sessionId}:`,
    ...life.map((event) => `  ${line(event)}`),
  ]);
  return [...events.map(line), ...timelines].join('\n');
}

function line({ at, event, reason, meaning, userId, actorId, address }: ExplainedEvent): string {
  const who = userId === null ? '' : ` user ${userId}`;
  const by = actorId === null ? '' : ` by ${actorId}`;
  const where = address === null ? '' : ` from ${address}`;
  const why = reason === null ? '' : `: ${reason}${meaning === null ? '' : `. ${meaning}`}`;
  return `${at} ${event}${who}${by}${where}${why}`;
}
