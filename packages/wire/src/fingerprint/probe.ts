import type { Library } from '../profile/switches.ts';
import type { WireProfile } from '../profile.ts';

/** One request that fingerprint makes. */
export interface Probe {
  readonly method: 'GET' | 'OPTIONS' | 'POST' | 'PUT' | 'PATCH';
  /** With its query; below the base URL. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Why it changes nothing, whatever the server is. */
  readonly harmless: string;
  /** What the answer tells, as far as it tells anything. */
  readonly read: (answer: ProbeAnswer) => readonly Observation[];
}

export interface ProbeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A member that was seen, or a release that something else betrays. `evidence` is what was sent and what came back. */
export type Observation = { readonly evidence: string } & (
  | {
      [Member in keyof WireProfile]: { readonly member: Member; readonly value: WireProfile[Member] };
    }[keyof WireProfile]
  | { readonly library: Library; readonly from?: string; readonly before?: string }
);

/** Sends one request. Rejects when there is no answer. Redirects are answers. */
export type SendProbe = (probe: Probe) => Promise<ProbeAnswer>;

/** The items of a 422; none for every other answer. */
export function itemsOf({ status, body }: ProbeAnswer): readonly SeenItem[] {
  if (status !== 422) return [];
  const value = parseJson(body);
  const detail: unknown = isObject(value) ? value.detail : undefined;
  return Array.isArray(detail) ? detail.filter(isItem) : [];
}

export interface SeenItem {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input?: unknown;
  readonly ctx?: Readonly<Record<string, unknown>>;
  readonly url?: unknown;
}

/** The item at a place, such as `body.title`. */
export function itemAt(answer: ProbeAnswer, ...loc: readonly (string | number)[]): SeenItem | undefined {
  return itemsOf(answer).find((item) => item.loc.join('\n') === loc.join('\n'));
}

export function detailOf({ body }: ProbeAnswer): unknown {
  const value = parseJson(body);
  return isObject(value) ? value.detail : undefined;
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isItem(value: unknown): value is SeenItem {
  return isObject(value) && typeof value.type === 'string' && typeof value.msg === 'string' && Array.isArray(value.loc);
}
