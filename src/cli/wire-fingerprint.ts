import { readFileSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { Fingerprint, Probe } from '@stanchion/wire';
import { describeRange, fingerprint, planFingerprint, presets, sendTo } from '@stanchion/wire';
import { type CliContext, CliError, type VerbResult } from './verb.ts';

export interface FingerprintVerbOptions {
  /** Where the FastAPI application answers; a path in it comes before every other one. */
  readonly url: string;
  readonly openapi?: string;
  readonly output?: string;
  readonly dryRun?: boolean;
  readonly tokenStdin?: boolean;
}

const defaultOutput = 'wire-profile.json';

/** Derives the profile of a running FastAPI and writes it for WIRE_PROFILE. Exits with findings when something is doubtful. */
export async function wireFingerprint(options: FingerprintVerbOptions, context: CliContext): Promise<VerbResult> {
  const base = parseUrl(options.url);
  const token = options.tokenStdin === true ? readFileSync(0, 'utf8').trim() : undefined;
  const send = sendTo(base, token === undefined ? {} : { bearerToken: token });
  const settings = { documentPath: options.openapi ?? '/openapi.json', hasCredentials: token !== undefined };
  try {
    if (options.dryRun === true) return describePlan(await planFingerprint(send, settings));
    context.say(`asking ${base.origin} what cannot change anything …`);
    const found = await fingerprint(send, settings);
    if (found.doubts.length > 0 && Object.keys(found.seen).length === 0) return notRecognised(base, found);
    const output = options.output ?? defaultOutput;
    const path = isAbsolute(output) ? output : join(context.rootDir, output);
    writeFileSync(path, fileOf(base, found));
    return describeFound(found, output);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof DOMException)) throw error;
    const cause = error.cause instanceof Error ? error.cause.message : error.message;
    throw new CliError(
      'failed',
      `${base.origin} did not answer: ${cause}`,
      'start it, or name the URL at which it answers',
    );
  }
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new CliError('usage', `"${text}" is no http or https URL.`, 'name it as in http://127.0.0.1:8000');
}

function describePlan(probes: readonly Probe[]): VerbResult {
  const rows = probes.map(({ method, path, headers, body, harmless }) => {
    const shown =
      body === undefined
        ? ''
        : `\n    body: ${body.length > 80 ? `${body.slice(0, 77)}… (${body.length})` : JSON.stringify(body)}`;
    const sent = Object.entries(headers).map(
      ([name, value]) => `\n    ${name}: ${value === '' ? '(not sent)' : value}`,
    );
    return `${method} ${path}${sent.join('')}${shown}\n    harmless: ${harmless}`;
  });
  const data = probes.map(({ method, path, headers, body, harmless }) => ({ method, path, headers, body, harmless }));
  return {
    data: { requests: data },
    text: `Only the OpenAPI document was read. The requests would be:\n${rows.join('\n')}`,
  };
}

/** What WIRE_PROFILE reads, and beside it the evidence, for people. */
function fileOf(base: URL, { preset, overrides, seen, implied, assumed, releases, doubts }: Fingerprint): string {
  const file = { preset, overrides, target: base.origin, releases, seen, implied, assumed, doubts };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

function describeFound(found: Fingerprint, output: string): VerbResult {
  const releases = Object.entries(found.releases).map(
    ([library, range]) => `  ${library}: ${describeRange(range) ?? 'not known'}`,
  );
  const differing = Object.entries(found.overrides).map(([member, value]) => `  ${member}: ${JSON.stringify(value)}`);
  const lines = [
    `Nearest preset: ${found.preset} (${presets[found.preset].packages}).`,
    ...(differing.length === 0 ? ['Nothing that was seen differs from it.'] : ['It differs in:', ...differing]),
    'Releases:',
    ...releases,
    `Seen (${Object.keys(found.seen).length}):`,
    ...Object.entries(found.seen).map(([member, evidence]) => `  ${member}: ${evidence}`),
    `Follows from the releases (${found.implied.length}): ${found.implied.join(', ')}.`,
    `Not knowable from outside here, taken from the preset (${found.assumed.length}): ${found.assumed.join(', ')}.`,
    `${output} is written after ${found.requests} requests; WIRE_PROFILE=${output} makes the server use it.`,
  ];
  return { data: { ...found, output }, text: lines.join('\n'), findings: found.doubts.map(toFinding) };
}

function notRecognised(base: URL, found: Fingerprint): VerbResult {
  const text = `${base.origin} was not recognised as a FastAPI application; nothing is written.`;
  return { data: found, text, findings: found.doubts.map(toFinding), exit: 'failed' };
}

function toFinding(doubt: string) {
  return {
    id: 'ST-WIRE-DOUBT',
    severity: 'warning',
    evidence: doubt,
    cause: 'something before the application changes answers, or several releases serve one address',
    fix: 'ask the application itself, past proxies; or set the member in the file by hand',
    verify: './stanchion wire fingerprint URL',
  } as const;
}
