import type { Observation, Probe, ProbeAnswer } from './probe.ts';
import { isObject, parseJson } from './probe.ts';

const reads = 'it only reads what every client may read';
const noHandler = 'no route handles it: a preflight is answered before routing, or 405';

/** What can be asked without knowing the application. `documentPath` is where its OpenAPI document is. */
export function firstProbes(documentPath: string): Probe[] {
  const preflight = {
    origin: 'https://fingerprint.invalid',
    'access-control-request-method': 'GET',
  };
  return [
    { method: 'GET', path: documentPath, headers: {}, harmless: reads, read: readDocument },
    {
      method: 'GET',
      path: documentPath,
      headers: { origin: 'https://fingerprint.invalid' },
      harmless: reads,
      read: readCorsHeaders,
    },
    { method: 'OPTIONS', path: documentPath, headers: preflight, harmless: noHandler, read: readPreflight },
    {
      method: 'OPTIONS',
      path: documentPath,
      headers: { ...preflight, 'access-control-request-private-network': 'true' },
      harmless: noHandler,
      read: readPrivateNetwork,
    },
    { method: 'GET', path: '/docs', headers: {}, harmless: reads, read: readDocs },
  ];
}

function readDocument(answer: ProbeAnswer): Observation[] {
  const document = parseJson(answer.body);
  const schemas = isObject(document) && isObject(document.components) ? document.components.schemas : undefined;
  if (!isObject(schemas)) return [];
  const seen: Observation[] = [];
  const { ValidationError } = schemas;
  if (isObject(ValidationError) && isObject(ValidationError.properties)) {
    const names = Object.keys(ValidationError.properties);
    const value = names.includes('input') ? 'with-input-and-ctx' : 'loc-msg-type';
    const evidence = `ValidationError of the OpenAPI document has ${names.join(', ')}`;
    seen.push({ member: 'validationErrorInOpenapi', value, evidence });
  }
  const text = JSON.stringify(schemas);
  if (text.includes('"contentMediaType":"application/octet-stream"')) {
    const evidence = 'the OpenAPI document has contentMediaType';
    seen.push({ member: 'binaryInOpenapi', value: 'content-media-type', evidence });
  } else if (text.includes('"format":"binary"')) {
    seen.push({ member: 'binaryInOpenapi', value: 'format', evidence: 'the OpenAPI document has format: binary' });
  }
  // Pydantic 2.12 began to show this pattern for a Decimal, 2.14 ended it.
  if (text.includes(JSON.stringify(decimalPattern))) {
    const evidence = "the OpenAPI document has Pydantic's pattern of a Decimal";
    seen.push({ library: 'Pydantic', from: '2.12.0', before: '2.14.0', evidence });
  }
  return seen;
}

const decimalPattern = String.raw`^(?!^[-+.]*$)[+-]?0*\d*\.?\d*$`;

/** A disallowed origin gets its answer too. Without the middleware nothing in it is about CORS. */
function readCorsHeaders({ status, headers }: ProbeAnswer): Observation[] {
  const hasMiddleware = Object.keys(headers).some((name) => name.startsWith('access-control-'));
  if (status !== 200) return [];
  const varies = /(?:^|,)\s*origin\s*(?:,|$)/i.test(headers.vary ?? '');
  const mirrored = headers['access-control-allow-origin'];
  // An origin that is mirrored makes every release say so.
  if (mirrored !== undefined && mirrored !== '*') return [];
  if (!varies && !hasMiddleware) return [];
  const shown = `vary: ${headers.vary ?? '(none)'}`;
  return [
    { member: 'corsVaryAlways', value: varies, evidence: `an answer to an origin that is not mirrored has ${shown}` },
  ];
}

function isPreflightAnswer({ status, headers, body }: ProbeAnswer): boolean {
  const isStarlettes = body === 'OK' || body.startsWith('Disallowed CORS ');
  return (status === 200 || status === 400) && isStarlettes && headers['access-control-allow-methods'] !== undefined;
}

function readPreflight(answer: ProbeAnswer): Observation[] {
  if (!isPreflightAnswer(answer)) return [];
  const { vary = '' } = answer.headers;
  const allowed = (answer.headers['access-control-allow-methods'] ?? '').split(', ');
  const seen: Observation[] = [
    {
      member: 'corsVaryAlways',
      value: vary.includes('Access-Control-Request-Method'),
      evidence: `a preflight has vary: ${vary === '' ? '(none)' : vary}`,
    },
  ];
  // Only the list that `*` stands for has TRACE-less seven (or eight) methods.
  if (['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'].every((method) => allowed.includes(method))) {
    const value = allowed.includes('QUERY');
    seen.push({ member: 'corsQueryMethod', value, evidence: `a preflight allows ${allowed.join(', ')}` });
  }
  return seen;
}

function readPrivateNetwork(answer: ProbeAnswer): Observation[] {
  if (!isPreflightAnswer(answer)) return [];
  const value = answer.body.includes('private-network');
  const evidence = `a preflight for the private network is answered ${answer.status} ${answer.body}`;
  return [{ member: 'corsPrivateNetworkRefused', value, evidence }];
}

function readDocs({ status, body }: ProbeAnswer): Observation[] {
  if (status !== 200 || !body.includes('swagger-ui-dist')) return [];
  const evidence = `/docs has ${body.includes('name="viewport"') ? 'a' : 'no'} viewport`;
  return [
    body.includes('name="viewport"')
      ? { library: 'FastAPI', from: '0.128.1', evidence }
      : { library: 'FastAPI', before: '0.128.1', evidence },
  ];
}
