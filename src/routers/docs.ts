import { openapiDocument } from '@stanchion/wire';
import type { DocsOptions } from '../plugins/docs.ts';
import type { App } from '../plugins/typed-app.ts';

/** The document of every route, the incumbent's included. */
export function productDocs(app: App): DocsOptions {
  return {
    openapiPath: '/openapi.json',
    docsPath: '/docs',
    referencePath: '/redoc',
    document: () =>
      openapiDocument(app, {
        title: 'Stanchion',
        version: '0.1.0',
        securitySchemes: { HTTPBearer: { type: 'http', scheme: 'bearer' } },
      }),
  };
}
