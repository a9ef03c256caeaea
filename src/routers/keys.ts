import type { App } from '../plugins/typed-app.ts';
import type { PublicJwk } from '../security/keys.ts';

/** RFC 7517 §5. Caches may keep it as long as an access token lives: a new key is published before it signs. */
export function registerKeys(app: App, publicKeys: () => { keys: PublicJwk[] }): void {
  app.get(
    '/.well-known/jwks.json',
    { config: { openapi: { name: 'jwks', tags: ['keys'] } } },
    async (_request, reply) => {
      reply.header('cache-control', 'public, max-age=900').header('content-type', 'application/jwk-set+json');
      return reply.serializer(JSON.stringify).send(publicKeys());
    },
  );
}
