import { openapiDocument } from '@stanchion/wire';
import type { DocsOptions } from '../plugins/docs.ts';
import type { App } from '../plugins/typed-app.ts';

/** The incumbent's document and its readers, where its clients' generators look for them: its own routes alone. */
export function legacyDocs(app: App): DocsOptions {
  return {
    openapiPath: '/api/openapi.json',
    docsPath: '/api/docs',
    referencePath: '/api/redoc',
    document: () =>
      openapiDocument(app, {
        title: 'Todo Backend API',
        version: '1.0.0',
        securitySchemes: { HTTPBearer: { type: 'http', scheme: 'bearer' } },
        include: ({ url }) => url.startsWith('/api/') || url.startsWith('/health'),
      }),
  };
}
