import type { Operation, Parameter } from './operations.ts';
import { withoutNull } from './operations.ts';
import type { Probe } from './probe.ts';
import { detailOf, itemAt, itemsOf } from './probe.ts';
import { badValues, readUuid } from './values.ts';

const reads = 'it is a GET';

/** Probes that are GETs: refused credentials and refused parameters. */
export function getProbes(operations: readonly Operation[], isOpen: (operation: Operation) => boolean): Probe[] {
  const gets = operations.filter((operation) => operation.method === 'GET');
  const [secured] = gets.filter(({ security }) => security.length === 1 && security.every(hasOwnStatus));
  const [byUuid] = gets.filter(isOpen).filter((operation) => uuidIn(operation) !== undefined);
  return [
    ...(secured === undefined ? [] : [credentialsProbe(secured)]),
    ...(byUuid === undefined ? [] : [uuidProbe(byUuid)]),
    ...parameterProbes(gets.filter(isOpen)),
  ];
}

/** HTTPBearer, HTTPDigest or APIKey; the others have always been answered 401. */
function hasOwnStatus({ type, scheme }: { type: string; scheme: string }): boolean {
  return type === 'apiKey' || (type === 'http' && (scheme === 'bearer' || scheme === 'digest'));
}

function credentialsProbe({ path }: Operation): Probe {
  return {
    method: 'GET',
    path: path.replaceAll(/\{[^}]*\}/g, 'x'),
    headers: { authorization: '' },
    harmless: `${reads} without credentials`,
    read: (answer) => {
      const { status } = answer;
      if ((status !== 401 && status !== 403) || detailOf(answer) !== 'Not authenticated') return [];
      const challenge = answer.headers['www-authenticate'] ?? 'none';
      const evidence = `no credentials are answered ${status}, www-authenticate: ${challenge}`;
      return [{ member: 'missingCredentials', value: status, evidence }];
    },
  };
}

function uuidIn({ path, parameters }: Operation): Parameter | undefined {
  const found = parameters.find(({ place, schema }) => place === 'path' && schema.format === 'uuid');
  return found !== undefined && path.includes(`{${found.name}}`) ? found : undefined;
}

function uuidProbe(operation: Operation): Probe {
  const name = uuidIn(operation)?.name ?? '';
  return {
    method: 'GET',
    path: operation.path.replaceAll(/\{[^}]*\}/g, 'x'),
    headers: {},
    harmless: reads,
    read: (answer) => readUuid(itemAt(answer, 'path', name)),
  };
}

/** Query parameters of the kinds that tell something; read only where the whole is refused. */
function parameterProbes(operations: readonly Operation[]): Probe[] {
  return badValues.flatMap((bad) => {
    for (const { path, parameters } of operations) {
      if (path.includes('{')) continue;
      const found = parameters.find(({ place, schema }) => place === 'query' && bad.fits(withoutNull(schema)));
      const value = found === undefined ? undefined : bad.value(withoutNull(found.schema));
      if (found === undefined || typeof value !== 'string') continue;
      const query = new URLSearchParams({ [found.name]: value });
      const read: Probe['read'] = (answer) => {
        const isRefused = itemsOf(answer).length > 0;
        return isRefused || answer.status === 200 ? bad.read(itemAt(answer, 'query', found.name)) : [];
      };
      return [{ method: 'GET', path: `${path}?${query.toString()}`, headers: {}, harmless: reads, read }];
    }
    return [];
  });
}
