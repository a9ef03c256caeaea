import { Client, type ClientConfig } from 'pg';

/**
 * A client that calls `reach` after each message that matters, with a name for the point: revision, step, what was just done,
 * and how often; for a COMMIT also when it is on its way and not answered. The engine is not told: these are the points at which a
 * process or a session may die.
 */
export function clientWithPoints(
  config: ClientConfig,
  reach: (point: string, client: Client) => Promise<void>,
): Client {
  const client = new Client(config);
  const send = client.query.bind(client);
  const seen = new Map<string, number>();
  let place = '';
  const query = async (...call: [text: string, values?: unknown[]]): Promise<unknown> => {
    const [text] = call;
    // oxlint-disable-next-line typescript/no-unsafe-argument, typescript/no-explicit-any, typescript/no-unsafe-type-assertion -- one of pg's overloads, as the engine called it
    const sent: Promise<unknown> = send(...(call as [any]));
    // Whoever ends the session at the next point is not the one who waits for the answer.
    sent.catch(() => undefined);
    place =
      /(?:set_config\('application_name', |EXECUTE stanchion_pin \()'stanchion:([0-9a-f]{12}(?::\w+)?)'/.exec(
        text,
      )?.[1] ?? place;
    const what = place === '' ? undefined : nameOf(text);
    if (what === 'commit') await pass(`${place} commit sent`);
    const answer = await sent;
    if (what !== undefined) await pass(`${place} ${what}`);
    return answer;
  };
  const pass = async (name: string): Promise<void> => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    await reach(times === 1 ? name : `${name} ${times}`, client);
  };
  return Object.assign(client, { query });
}

function nameOf(text: string): string | undefined {
  if (/^\s*SELECT set_config/.test(text)) return undefined;
  if (/^\s*SELECT 1 FROM pg_locks|^\s*SELECT (?:step|n\.nspname|to_regclass|i\.|format)/.test(text)) return undefined;
  // What a transaction records goes in one message with its COMMIT, as what opens it goes with a step in SQL.
  if (/;\s*COMMIT$/.test(text)) return 'commit';
  if (/step_log AS s .*'running'/s.test(text)) return 'marked as running';
  if (/step_log AS s .*'done'|EXECUTE stanchion_done/s.test(text)) return 'recorded';
  if (/UPDATE \S+step_log SET cursor/.test(text)) return 'cursor saved';
  if (/^BEGIN ISOLATION/.test(text)) return /stanchion_expect[^;]*;\s*\S/.test(text) ? 'statement run' : 'begin';
  const control = /^(?:BEGIN|ROLLBACK)(?=;|$)/.exec(text)?.[0];
  if (control !== undefined) return control.toLowerCase();
  if (/batch_keys SELECT/.test(text)) return 'keys read';
  if (
    /^\s*(?:SELECT|WITH|DROP TABLE (?:IF EXISTS )?pg_temp)/i.test(text) &&
    !/soft_drop|restore_|SELECT 1\s*$/.test(text)
  )
    return undefined;
  return 'statement run';
}
