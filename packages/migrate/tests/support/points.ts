import { Client, type ClientConfig } from 'pg';

/**
 * A client that calls `reach` after each statement that matters, with a name for the point: revision, step, what was just done,
 * and how often. The engine is not told: these are the points at which a process or a session may die.
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
    const answer: unknown = await send(...(call as [any]));
    place = /set_config\('application_name', 'stanchion:([0-9a-f]{12}(?::\w+)?)'/.exec(text)?.[1] ?? place;
    const what = place === '' ? undefined : nameOf(text);
    if (what === undefined) return answer;
    const name = `${place} ${what}`;
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    await reach(times === 1 ? name : `${name} ${times}`, client);
    return answer;
  };
  return Object.assign(client, { query });
}

function nameOf(text: string): string | undefined {
  if (/^\s*SELECT set_config/.test(text)) return undefined;
  if (/^\s*SELECT 1 FROM pg_locks|^\s*SELECT (?:step|n\.nspname|to_regclass|i\.|format)/.test(text)) return undefined;
  if (/INSERT INTO \S+\.revision_log/.test(text)) return 'revision recorded';
  if (/step_log AS s .*'running'/s.test(text)) return 'marked as running';
  if (/step_log AS s .*'done'/s.test(text)) return 'recorded';
  if (/UPDATE \S+step_log SET cursor/.test(text)) return 'cursor saved';
  const control = /^(?:BEGIN|COMMIT|ROLLBACK)(?=;|$| ISOLATION)/.exec(text)?.[0];
  if (control !== undefined) return control.toLowerCase();
  if (/batch_keys SELECT/.test(text)) return 'keys read';
  if (
    /^\s*(?:SELECT|WITH|DROP TABLE (?:IF EXISTS )?pg_temp)/i.test(text) &&
    !/soft_drop|restore_|SELECT 1\s*$/.test(text)
  )
    return undefined;
  return 'statement run';
}
