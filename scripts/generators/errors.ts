import { errorTable } from '../../src/errors.ts';
import { statuses } from '../../src/plugins/errors.ts';

/** docs/errors.md: every code with its status and what a client reads by default. */
export function renderErrorDocs(): string {
  const texts: Readonly<Record<string, string>> = errorTable;
  const rows = Object.entries(statuses).map(([code, status]) => `| \`${code}\` | ${status} | ${texts[code]} |`);
  return `<!-- Generated from src/errors.ts and src/plugins/errors.ts by \`npm run generate\`. -->

# Errors

Every expected failure has a code. Services throw it, \`src/plugins/errors.ts\` gives it its status, and the body is FastAPI's
\`{"detail": …}\`: a text, or for \`invalid_value\` the list of refused values. A route may use a more exact text than the one here.
With \`Accept: application/problem+json\` the same failure is an RFC 9457 document with \`code\`, \`request_id\` and, for refused values,
\`errors\`. A code never changes its meaning.

401 of a missing or bad token carries \`WWW-Authenticate: Bearer\`; 429 and 503 carry \`Retry-After\` in seconds. An unexpected fault is
a 500 with the text \`Internal Server Error\` and nothing else; its cause is in the log under the answer's \`x-request-id\`.

| Code | Status | Text |
|---|---|---|
${rows.join('\n')}
`;
}
