import type { Difference } from './compare-json.ts';
import type { Answer } from './exchange.ts';
import type { StepQuirk } from './scenario.ts';

/** What this product does about one oddity of the incumbent. */
export interface LedgerEntry {
  readonly id: string;
  /** `preserve`: as recorded. `flag`: as recorded or as accepted. `fix`: as accepted and no longer as recorded. */
  readonly status: 'preserve' | 'flag' | 'fix';
  readonly why: string;
  readonly accept?: Acceptance | readonly Acceptance[];
}

/** An answer that may stand in the place of the recorded one. */
export interface Acceptance {
  readonly status: number | readonly number[];
  readonly contains?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly absent?: readonly string[];
}

export type Verdict = 'same' | 'waived' | 'different';

export interface Judgement {
  readonly verdict: Verdict;
  readonly differences: readonly Difference[];
}

export interface Judged {
  readonly quirk: StepQuirk | undefined;
  readonly differences: readonly Difference[];
  /** Undefined: the request could not be made, because an earlier step gave no value for it. */
  readonly answer: Answer | undefined;
}

/** Whether the ledger allows an answer. Where a step shows several quirks, one entry that allows the change is enough. */
export function judge(given: Judged, ledger: readonly LedgerEntry[]): Judgement {
  const { quirk, differences } = given;
  const ids = quirk ? [quirk.id, ...(quirk.also ?? [])] : [];
  const entries = ledger.filter((entry) => ids.includes(entry.id));
  const judgements = entries.map((entry) => judgeBy(entry, given));
  const isChanged = differences.length > 0;
  // An unchanged answer must satisfy every entry: a fix that is claimed has to show.
  const decisive = judgements.find(({ verdict }) => (isChanged ? verdict !== 'different' : verdict === 'different'));
  return decisive ?? judgements[0] ?? { verdict: isChanged ? 'different' : 'same', differences };
}

function judgeBy(entry: LedgerEntry, { quirk, differences, answer }: Judged): Judgement {
  const isChanged = differences.length > 0;
  if (entry.status === 'preserve') return { verdict: isChanged ? 'different' : 'same', differences };
  if (!answer) return { verdict: quirk?.follow_up ? 'waived' : 'different', differences };
  const isAccepted = [entry.accept ?? []].flat().some((acceptance) => fits(acceptance, answer));
  if (!isChanged && (entry.status === 'flag' || quirk?.follow_up || (isAccepted && answer.status < 500))) {
    return { verdict: 'same', differences };
  }
  if (isChanged && isAccepted) return { verdict: 'waived', differences };
  const why = isChanged ? 'fits no accepted answer of the ledger' : 'is as recorded although the ledger says fixed';
  const expected = JSON.stringify(entry.accept ?? '(no alternative)');
  return { verdict: 'different', differences: [...differences, { at: entry.id, expected, actual: answer.body, why }] };
}

function fits({ status, contains = '', headers = {}, absent = [] }: Acceptance, answer: Answer): boolean {
  return (
    [status].flat().includes(answer.status) &&
    answer.body.includes(contains) &&
    Object.entries(headers).every(([name, value]) => answer.headers[name.toLowerCase()] === value) &&
    absent.every((name) => answer.headers[name.toLowerCase()] === undefined)
  );
}
