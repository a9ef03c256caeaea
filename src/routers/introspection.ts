import type { Guards } from '../plugins/authenticate.ts';
import { clientContext } from '../plugins/request-context.ts';
import type { App } from '../plugins/typed-app.ts';
import { IntrospectionRead, TokenForm } from '../schemas/administration.ts';
import type { IntrospectionService } from '../services/introspection.ts';

/** RFC 7662 and RFC 7009, as far as a token that is its own proof goes. */
export function registerIntrospection(app: App, introspection: IntrospectionService, guards: Guards): void {
  app.post(
    '/auth/introspect',
    {
      preValidation: guards.scope('tokens:introspect'),
      schema: { response: { 200: IntrospectionRead } },
      config: {
        wire: { form: TokenForm },
        openapi: { name: 'introspect', tags: ['tokens'], security: ['HTTPBearer'] },
      },
    },
    (request) => introspection.introspect(tokenOf(request.body)),
  );

  app.post(
    '/auth/revoke',
    { config: { wire: { form: TokenForm, status: 200 }, openapi: { name: 'revoke', tags: ['tokens'] } } },
    async (request) => {
      await introspection.revoke(tokenOf(request.body), clientContext(request));
      return {};
    },
  );
}

/** The form was checked: it has a token. */
function tokenOf(body: unknown): string {
  if (typeof body === 'object' && body !== null && 'token' in body && typeof body.token === 'string') return body.token;
  throw new TypeError('a form without a token passed its check');
}
