import type { OpenapiDocument } from '@stanchion/wire';

/** The parts of an OpenAPI document that a reader looks up: enough of the format to print it. */
interface Operation {
  summary?: string;
  description?: string;
  security?: unknown[];
  parameters?: { name: string; in: string; required?: boolean; schema?: unknown }[];
  requestBody?: { content?: Record<string, { schema?: unknown }> };
  responses?: Record<string, { description?: string; content?: Record<string, { schema?: unknown }> }>;
}

/**
 * The whole reference as one static page: no script, nothing from elsewhere, works in any browser and on paper.
 * Redoc itself would bring its own telemetry package.
 */
export function renderReference(document: OpenapiDocument): string {
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(isOperation)
      .map(([method, operation]) => renderOperation(method, path, operation)),
  );
  const schemas = Object.entries(document.components.schemas).map(
    ([name, schema]) => `<section id="schema-${escape(name)}"><h3>${escape(name)}</h3>${renderJson(schema)}</section>`,
  );
  const title = `${document.info.title} ${document.info.version}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
code,pre{font:14px/1.45 ui-monospace,monospace;background:#f4f5f7;border-radius:4px}
code{padding:.1em .3em}pre{padding:.8rem;overflow:auto}section{border-top:1px solid #d7dbe0;padding:1rem 0}
.method{display:inline-block;min-width:4.5rem;font-weight:700}table{border-collapse:collapse}td,th{padding:.2rem .8rem .2rem 0;text-align:left}
</style>
</head>
<body>
<h1>${escape(title)}</h1>
${document.info.description === undefined ? '' : `<p>${escape(document.info.description)}</p>\n`}<h2>Operations</h2>
${operations.join('\n')}
<h2>Schemas</h2>
${schemas.join('\n')}
</body>
</html>
`;
}

function renderOperation(method: string, path: string, operation: Operation): string {
  const parts = [`<h3><span class="method">${escape(method.toUpperCase())}</span> <code>${escape(path)}</code></h3>`];
  if (operation.summary) parts.push(`<p>${escape(operation.summary)}</p>`);
  if (operation.description) parts.push(`<p>${escape(operation.description)}</p>`);
  if (operation.security) parts.push(`<p>Needs ${operation.security.map(nameOfScheme).join(' or ')}.</p>`);
  if (operation.parameters) parts.push(renderParameters(operation.parameters));
  for (const [type, { schema }] of Object.entries(operation.requestBody?.content ?? {})) {
    parts.push(`<p>Body <code>${escape(type)}</code>: ${renderReferenceTo(schema)}</p>`);
  }
  for (const [status, { description = '', content }] of Object.entries(operation.responses ?? {})) {
    const schemas = Object.values(content ?? {}).map(({ schema }) => renderReferenceTo(schema));
    parts.push(`<p>Answer <code>${escape(status)}</code> ${schemas.join(' ')} ${escape(description)}</p>`);
  }
  return `<section>${parts.join('\n')}</section>`;
}

/** A requirement names its schemes as members. */
function nameOfScheme(requirement: unknown): string {
  const names = typeof requirement === 'object' && requirement !== null ? Object.keys(requirement) : [];
  return names.map((name) => `<code>${escape(name)}</code>`).join(' and ');
}

function renderParameters(parameters: NonNullable<Operation['parameters']>): string {
  const rows = parameters.map(
    ({ name, in: place, required, schema }) =>
      `<tr><td><code>${escape(name)}</code></td><td>${escape(place)}</td><td>${required ? 'required' : ''}</td><td><code>${escape(JSON.stringify(schema))}</code></td></tr>`,
  );
  return `<table><tr><th>Name</th><th>In</th><th></th><th>Schema</th></tr>${rows.join('')}</table>`;
}

function renderReferenceTo(schema: unknown): string {
  const reference = typeof schema === 'object' && schema !== null && '$ref' in schema ? String(schema.$ref) : undefined;
  const name = reference?.split('/').at(-1);
  return name ? `<a href="#schema-${escape(name)}">${escape(name)}</a>` : renderJson(schema ?? {});
}

function renderJson(value: unknown): string {
  return `<pre>${escape(JSON.stringify(value, null, 2))}</pre>`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function isOperation(entry: [string, unknown]): entry is [string, Operation] {
  return typeof entry[1] === 'object' && entry[1] !== null;
}
