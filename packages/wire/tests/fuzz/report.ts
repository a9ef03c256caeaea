import { curlOf } from './exchange.ts';
import type { Oracle } from './oracle.ts';
import { preamble, pythonSource } from './python-source.ts';
import type { Finding, FuzzReport } from './run.ts';

/** What a run found, for people: totals, statuses, and how often each allowed departure was met. */
export function summaryOf({ cases, agree, departures, statuses, findings, refused }: FuzzReport, seed: number): string {
  const departed = [...departures].toSorted(([, a], [, b]) => b - a);
  const total = departed.reduce((sum, [, count]) => sum + count, 0);
  const answers = [...statuses].toSorted(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
  return [
    `seed ${seed}: ${cases} cases, ${agree} agree, ${total} depart by rule, ${findings.length} differ`,
    `answers of FastAPI: ${answers.join(', ')}`,
    ...departed.map(([rule, count]) => `- ${count} × ${rule}`),
    ...[...refused].map(([reason, count]) => `(${count} × Python could not declare the schema: ${reason})`),
  ].join('\n');
}

/** Where the two servers listen. */
export interface Ports {
  theirs: number;
  ours: number;
}

/** One difference: the schema in Python, the two answers, and how to ask either server again. */
export function describeFinding({ scenario, request, theirs, ours }: Finding, ports: Ports): string {
  return [
    '--- the application',
    `${preamble.trim()}\n\n${pythonSource(scenario).trim()}`,
    '--- the request, to FastAPI and to the wire',
    curlOf(ports.theirs, request),
    curlOf(ports.ours, request),
    `--- FastAPI: ${theirs.status} ${JSON.stringify(theirs.headers)}${theirs.exception === undefined ? '' : ` ${theirs.exception}`}`,
    text(theirs.body),
    `--- the wire: ${ours.status} ${JSON.stringify(ours.headers)}`,
    text(ours.body),
  ].join('\n');
}

function text(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8').slice(0, 2000);
}

export function oracleLine(oracle: Oracle): string {
  return `FastAPI ${oracle.fastapi} answers on 127.0.0.1:${oracle.port}`;
}
