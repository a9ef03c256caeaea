import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { OpenapiDocument } from '@stanchion/wire';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { renderReference } from './docs-reference.ts';

export interface DocsOptions {
  /** Where the document and its two readers are served. */
  openapiPath: string;
  docsPath: string;
  referencePath: string;
  /** The OpenAPI document; called once, when it is first asked for. */
  document: () => OpenapiDocument;
}

const docsPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";
const html = 'text/html; charset=utf-8';
/** HEAD is answered too, as FastAPI does for its documentation routes alone. */
const methods = ['GET', 'HEAD'];

/** The OpenAPI document, Swagger UI from its npm package (nothing is loaded from elsewhere) and a page without scripts. */
export function registerDocs(app: FastifyInstance, options: DocsOptions): void {
  let document: OpenapiDocument | undefined;
  const getDocument = () => {
    document ??= options.document();
    return document;
  };
  const page = (url: string, send: (reply: FastifyReply) => unknown) =>
    app.route({
      method: methods,
      url,
      config: { openapi: { hidden: true } },
      handler: async (_request, reply) => send(reply),
    });

  page(options.openapiPath, (reply) =>
    reply.header('content-type', 'application/json').serializer(String).send(JSON.stringify(getDocument())),
  );
  page(options.referencePath, (reply) => sendPage(reply, renderReference(getDocument())));
  page(options.docsPath, (reply) => sendPage(reply, swaggerPage(options.docsPath, getDocument().info.title)));
  for (const asset of assets) page(`${options.docsPath}/${asset.name}`, (reply) => sendAsset(reply, asset));
  page(`${options.docsPath}/start.js`, (reply) =>
    reply
      .header('content-type', 'text/javascript; charset=utf-8')
      .serializer(String)
      .send(startScript(options.openapiPath)),
  );
}

interface Asset {
  name: string;
  type: string;
}

const assets: readonly Asset[] = [
  { name: 'swagger-ui.css', type: 'text/css; charset=utf-8' },
  { name: 'swagger-ui-bundle.js', type: 'text/javascript; charset=utf-8' },
  { name: 'favicon-32x32.png', type: 'image/png' },
];

function sendPage(reply: FastifyReply, text: string): FastifyReply {
  return reply.header('content-security-policy', docsPolicy).header('content-type', html).serializer(String).send(text);
}

async function sendAsset(reply: FastifyReply, asset: Asset): Promise<FastifyReply> {
  const folder = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const bytes = await readFile(path.join(folder, asset.name));
  return reply.header('content-type', asset.type).header('cache-control', 'public, max-age=3600').send(bytes);
}

function swaggerPage(docsPath: string, title: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} - Swagger UI</title>
<link rel="stylesheet" href="${docsPath}/swagger-ui.css">
<link rel="icon" href="${docsPath}/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="${docsPath}/swagger-ui-bundle.js"></script>
<script src="${docsPath}/start.js"></script>
</body>
</html>
`;
}

function startScript(openapiPath: string): string {
  const settings = { url: openapiPath, dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null };
  return `window.ui = SwaggerUIBundle(${JSON.stringify(settings)});\n`;
}
