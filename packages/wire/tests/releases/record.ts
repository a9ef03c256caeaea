import { Agent } from 'node:http';
import { join } from 'node:path';
import type { PresetName } from '../../src/profile/presets.ts';
import { withSortedArrays } from '../fuzz/compare.ts';
import { exchange } from '../fuzz/exchange.ts';
import { startOracle } from '../fuzz/oracle.ts';
import { forEachInFlight } from '../fuzz/run.ts';
import type { RequestSpec } from '../fuzz/spec.ts';
import type { Vector } from '../vectors.ts';
import { bytesOf, expectedAnswer } from '../vectors.ts';
import type { Parameter } from './declared.ts';
import { preamble, readDeclaration } from './declared.ts';

/** What a release answers to one recorded case, in the format of the recorded cases. */
type Recorded = Pick<Vector, 'id' | 'status' | 'output' | 'errors_raw' | 'body'>;

/** Validators are told in words alone. */
const notAsked = /\+ (?:model )?validator|__pydantic_extra__/;

export function isAsked({ declared }: Vector): boolean {
  return !notAsked.test(declared);
}

/**
 * Asks a FastAPI with exactly the packages of a preset all cases, and returns the lines of those that it answers
 * differently. Throws PythonMissing.
 */
export async function recordRelease(preset: PresetName, vectors: readonly Vector[]): Promise<string[]> {
  const asked = vectors.filter(isAsked);
  const { sources, numbers } = declareAll(asked);
  const oracle = await startOracle(join(import.meta.dirname, `${preset}.txt`));
  const agent = new Agent({ keepAlive: true });
  try {
    const { refused } = await oracle.load({ preamble, sources });
    const [reason] = Object.values(refused);
    if (reason !== undefined) throw new Error(`${preset} cannot declare a route: ${reason}`);
    const answers = new Map<Vector, Recorded>();
    await forEachInFlight(asked, async (vector) => {
      const request = requestOf(vector, numbers.get(vector.declared) ?? 0);
      const { status, body } = await exchange(oracle.port, request, agent);
      answers.set(vector, recordedOf(vector.id, status, Buffer.from(body, 'latin1').toString()));
    });
    return asked.flatMap((vector) => {
      const recorded = answers.get(vector);
      return recorded === undefined || isSame(vector, recorded) ? [] : [asciiJson(recorded)];
    });
  } finally {
    agent.destroy();
    await oracle.close();
  }
}

/** A route for each declaration, and which one is whose. */
function declareAll(vectors: readonly Vector[]): { sources: string[]; numbers: Map<string, number> } {
  const sources: string[] = [];
  const numbers = new Map<string, number>();
  const classes = new Map<string, string>();
  for (const vector of vectors) {
    if (numbers.has(vector.declared)) continue;
    const known = new Set(classes.keys());
    const parameters = readDeclaration(vector.declared, classes);
    const added = [...classes].filter(([name]) => !known.has(name)).map(([, source]) => source);
    numbers.set(vector.declared, sources.length);
    sources.push([...added, routeSource(vector, sources.length, parameters)].join('\n'));
  }
  return { sources, numbers };
}

/** A route that answers with what it got, through a response model. */
function routeSource(vector: Vector, number: number, parameters: readonly Parameter[]): string {
  const [first] = parameters;
  const decorator = `@app.${methodOf(vector).toLowerCase()}('${pathOf(vector, number)}'`;
  const signature = parameters.map(({ name, type, default: value }) => {
    return `${name}: ${type}${value === undefined ? '' : ` = ${value}`}`;
  });
  const head = `async def r${number}(*, ${signature.join(', ')}):`;
  if (first?.type === 'OAuth2PasswordRequestForm') {
    const names = ['username', 'password', 'scopes', 'client_id', 'client_secret', 'grant_type'];
    const members = names.map((name) => `'${name}': ${first.name}.${name}`);
    return `${decorator})\n${head}\n    return {${members.join(', ')}}\n`;
  }
  if (first !== undefined && isWhole(vector, parameters)) {
    return `${decorator}, response_model=${first.type})\n${head}\n    return ${first.name}\n`;
  }
  const members = parameters.map((parameter) => ({ ...parameter, shown: shownName(vector, parameter) }));
  return [
    `class Out${number}(BaseModel):`,
    ...members.map(({ name, type, shown }) => `    ${name}: ${withoutPlace(type)} = Field(alias=${shown})`),
    `${decorator}, response_model=Out${number})`,
    head,
    `    return {${members.map(({ name, shown }) => `${shown}: ${name}`).join(', ')}}`,
    '',
  ].join('\n');
}

/** Whether the one parameter is the whole body, form or query, and not a member of it. */
function isWhole({ where, hints }: Vector, parameters: readonly Parameter[]): boolean {
  const [first] = parameters;
  if (first === undefined || parameters.length > 1 || first.type.includes('embed=True')) return false;
  if (where === 'body') return true;
  return hints?.['']?.query_model !== undefined || /^Annotated\[[A-Z][a-z]+\d+, (?:Query|Form)\(\)\]$/.test(first.type);
}

const placeFunction = /, (?:Query|Path|Header|Form|Body)\([^()]*\)\]$/;

function withoutPlace(type: string): string {
  return type.replace(placeFunction, ', Field()]');
}

/** Under which name it is sent and answered, as Python source. */
function shownName({ where }: Vector, { name, type }: Parameter): string {
  const alias = /alias=('[^']*')/.exec(placeFunction.exec(type)?.[0] ?? '')?.[1];
  return alias ?? `'${where === 'header' ? name.replaceAll('_', '-') : name}'`;
}

function methodOf({ where }: Vector): 'GET' | 'POST' {
  return where === 'body' || where === 'form' ? 'POST' : 'GET';
}

function pathOf({ template }: Vector, number: number): string {
  return `/r${number}${template === undefined ? '' : template.replace(/^\/x/, '')}`;
}

function requestOf(vector: Vector, number: number): RequestSpec {
  const { where, content_type: contentType = defaultTypes[where] } = vector;
  const input = bytesOf(vector).toString('latin1');
  const path = pathOf(vector, number);
  const method = methodOf(vector);
  if (where === 'query') return { method, target: `${path}?${input}`, headers: [] };
  if (where === 'path') return { method, target: path.replace(/\{\w+\}/, () => input), headers: [] };
  if (where === 'header') return { method, target: path, headers: headerLines(input) };
  const headers: [string, string][] = typeof contentType === 'string' ? [['content-type', contentType]] : [];
  return { method, target: path, headers, body: input };
}

const defaultTypes: Readonly<Record<string, string>> = {
  body: 'application/json',
  form: 'application/x-www-form-urlencoded',
};

function headerLines(input: string): [string, string][] {
  return input
    .split('\n')
    .filter((line) => line.includes(':'))
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]);
}

function recordedOf(id: string, status: number, text: string): Recorded {
  if (status === 200) return { id, status, output: text };
  if (status === 422) return { id, status, errors_raw: text.slice('{"detail":'.length, -1) };
  return { id, status, body: text };
}

function isSame(vector: Vector, recorded: Recorded): boolean {
  const [expected, actual] = [expectedAnswer(vector), expectedAnswer({ ...vector, ...recorded })];
  if (expected === actual) return true;
  return vector.unordered === true && withSortedArrays(expected) === withSortedArrays(actual);
}

function asciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[^\0-\x7f]/g, (unit) => {
    // oxlint-disable-line no-control-regex -- all of ASCII
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
