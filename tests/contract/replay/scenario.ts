import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Ordered requests with the answers of the incumbent, and how exactly ours must equal them. */
export interface Scenario {
  readonly name: string;
  readonly incumbent: { readonly env: Readonly<Record<string, string>> };
  /** What the database holds before the first step. */
  readonly seed?: 'empty' | 'legacy';
  /** Another configuration than the usual one. */
  readonly profile?: string;
  readonly steps: readonly Step[];
}

export interface Step {
  readonly id: string;
  readonly request: RecordedRequest;
  readonly response: RecordedResponse;
  readonly compare?: CompareRules;
  /** Variable → path in the answer. */
  readonly capture?: Readonly<Record<string, string>>;
  /** Variable → token that is made before the request. */
  readonly mint?: Readonly<Record<string, TokenRecipe>>;
  readonly wait_ms?: number;
  readonly quirk?: StepQuirk;
}

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | null;
  /** In place of `body`, for bytes that are not UTF-8. */
  readonly bodyBase64?: string;
}

export interface RecordedResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Lists hold dotted paths, with `*` for any one key or index. */
export interface CompareRules {
  readonly mode?: 'json' | 'bytes' | 'status';
  readonly uuid?: readonly string[];
  readonly timestamp?: readonly string[];
  readonly jwt?: readonly string[];
  readonly ignore?: readonly string[];
  readonly unordered?: readonly string[];
  /** Path of a token → its claims' values; "@path" is a value of the same answer. */
  readonly claims?: Readonly<Record<string, Readonly<Record<string, string | number | boolean | null>>>>;
  readonly notEqual?: Readonly<Record<string, string>>;
}

export interface TokenRecipe {
  readonly claims?: Readonly<Record<string, unknown>>;
  /** The payload's text, in place of `claims`. */
  readonly raw?: string;
  readonly alg?: string;
  /** Over `alg` and `typ`; null removes one. */
  readonly header?: Readonly<Record<string, unknown>>;
  readonly secret?: string;
}

export interface StepQuirk {
  readonly id: string;
  /** Further quirks that show in the same answer. */
  readonly also?: readonly string[];
  /** A consequence of an earlier step's quirk: it may still look as recorded. */
  readonly follow_up?: boolean;
}

const modes: readonly (string | undefined)[] = [undefined, 'json', 'bytes', 'status'];

/** Every scenario of a folder, in order of name. Throws TypeError for a file that is none. */
export function loadScenarios(folder: string): Scenario[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return files.toSorted().map((name) => parseScenario(readFileSync(join(folder, name), 'utf8'), name));
}

export function parseScenario(text: string, file: string): Scenario {
  // The parts by which a step is played are checked below; the rest of the shape is the recorder's.
  const found: Scenario = JSON.parse(text);
  if (typeof found.name !== 'string' || !Array.isArray(found.steps) || found.steps.length === 0) {
    throw new TypeError(`${file} is no scenario: it needs a name and steps`);
  }
  const seen = new Set<string>();
  for (const step of found.steps) {
    if (!isComplete(step)) throw new TypeError(`${file}: the step ${step.id} is incomplete`);
    if (seen.has(step.id)) throw new TypeError(`${file}: the step ${step.id} appears twice`);
    seen.add(step.id);
  }
  return found;
}

function isComplete({ id, request, response, compare }: Partial<Step>): boolean {
  return (
    typeof id === 'string' &&
    typeof request?.method === 'string' &&
    request.path.startsWith('/') &&
    Number.isInteger(response?.status) &&
    modes.includes(compare?.mode)
  );
}
