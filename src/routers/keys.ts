import type { App } from '../plugins/typed-app.ts';
import type { PublishedKeys } from '../security/keys.ts';

/**
 * RFC 7517 §5. A key is published minutes before it signs, so that a cache may keep the set for a while, and go on with
 * what it has while it asks again or cannot reach us (RFC 5861): an old set still verifies whatever is in use.
 */
const cacheControl = 'public, max-age=300, stale-while-revalidate=60, stale-if-error=86400';

export function registerKeys(app: App, publicKeys: () => Promise<PublishedKeys>): void {
  app.get(
    '/.well-known/jwks.json',
    { config: { openapi: { name: 'jwks', tags: ['keys'] } } },
    async (request, reply) => {
      const { text, version } = await publicKeys();
      const etag = `"${version}"`;
      reply.header('cache-control', cacheControl).header('etag', etag);
      if (matches(request.headers['if-none-match'], etag)) return reply.code(304).send();
      return reply.header('content-type', 'application/jwk-set+json').serializer(String).send(text);
    },
  );
}

/** RFC 9110 §13.1.2: a weak comparison against a list, or `*` for anything. */
function matches(header: string | undefined, etag: string): boolean {
  const tags = header?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
  return tags.includes('*') || tags.includes(etag);
}
