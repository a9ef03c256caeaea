import { registeredRoutes } from '@stanchion/wire';
import { withUnconnectedApp } from '../unconnected-app.ts';
import type { CliContext, VerbResult } from './verb.ts';

/** Every route of the server as it is configured. */
export async function routes(_options: object, context: CliContext): Promise<VerbResult> {
  const listed = await withUnconnectedApp(context.loadConfig({ generated: 'discard' }), (app) =>
    registeredRoutes(app).routes.map(({ method, url, openapi }) => {
      return { method, path: url, guard: openapi.security?.join() ?? null, name: openapi.name ?? null };
    }),
  );
  const width = Math.max(...listed.map(({ path }) => path.length));
  const lines = listed.map(({ method, path, guard }) =>
    `${method.padEnd(7)} ${path.padEnd(width)} ${guard ?? ''}`.trimEnd(),
  );
  return { data: listed, text: lines.join('\n') };
}
