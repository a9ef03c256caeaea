import { loadConfig } from '../../src/config/load.ts';
import { withUnconnectedApp } from '../../src/unconnected-app.ts';

/** docs/openapi.json: what `/openapi.json` answers with the defaults. */
export async function renderOpenapi(): Promise<string> {
  const loaded = loadConfig({ env: { ENVIRONMENT: 'test' }, cwd: import.meta.dirname, generated: 'discard' });
  return withUnconnectedApp(loaded, async (app) => {
    const { body } = await app.inject({ method: 'GET', url: '/openapi.json' });
    return `${JSON.stringify(JSON.parse(body), null, 2)}\n`;
  });
}
