import type { Answer } from './exchange.ts';
import type { Scenario } from './spec.ts';

/** Why a difference between the two servers is none to mend. */
export interface Departure {
  rule: string;
  applies: (theirs: Answer, ours: Answer, scenario: Scenario) => boolean;
}

const answers = (status: number): boolean => [200, 201, 202, 400, 422].includes(status);

/** All that may differ, by rule: failures of the original that are answered here. */
export const departures: readonly Departure[] = [
  failure('a number that is not finite is written as null', /^ValueError: Out of range float/),
  failure('a lone surrogate is written as an escape', /^UnicodeEncodeError|surrogates not allowed/),
  failure('bytes that are not UTF-8 are read as U+FFFD', /^UnicodeDecodeError/),
  failure('a value nested deeper than 255 levels is written', /^ValueError: Circular reference/),
  failure('a number beyond what Python can hold is refused or accepted', /^Overflow|^InvalidOperation|^decimal\./),
  failure(
    'a text among files whose content is asked for is taken for one',
    /^ExceptionGroup|^AttributeError: 'str' object has no attribute 'read'/,
  ),
  {
    rule: 'a file is echoed by its name, size and headers, not by the inside of a Python object',
    applies: (theirs, ours) => /"_max_mem_size":/.test(theirs.body) && theirs.status === 422 && ours.status === 422,
  },
  {
    rule: 'a member of an Enum of texts is answered by its value, beside an IP address too, where Pydantic shows its name',
    applies: (theirs, ours, scenario) => theirs.status < 300 && withMemberValues(theirs.body, scenario) === ours.body,
  },
  {
    rule: 'an answer that does not fit its schema fails as ResponseMismatch',
    applies: (theirs, ours) => /^ResponseValidationError/.test(theirs.exception ?? '') && ours.status === 500,
  },
];

function failure(rule: string, exception: RegExp): Departure {
  return {
    rule,
    applies: (theirs, ours) => theirs.status === 500 && exception.test(theirs.exception ?? '') && answers(ours.status),
  };
}

/** An answer with the values of members for what `str()` makes of them. */
function withMemberValues(json: string, { enums }: Scenario): string {
  return json.replaceAll(/"(E\d+N\d+)\.m(\d+)"/g, (shown, name: string, index: string) => {
    const value = enums.find((one) => one.name === name && one.base === 'str')?.values[Number(index)];
    return value === undefined ? shown : Buffer.from(JSON.stringify(value)).toString('latin1');
  });
}

export type Verdict = { kind: 'same' } | { kind: 'departs'; rule: string } | { kind: 'differs' };

/** Compares status, headers and bytes; what comes from a Python set has no order. */
export function compareAnswers(scenario: Scenario, theirs: Answer, ours: Answer): Verdict {
  if (theirs.exception === undefined && isSame(scenario, theirs, ours)) return { kind: 'same' };
  const departure = departures.find(({ applies }) => applies(theirs, ours, scenario));
  return departure === undefined ? { kind: 'differs' } : { kind: 'departs', rule: departure.rule };
}

function isSame(scenario: Scenario, theirs: Answer, ours: Answer): boolean {
  if (theirs.status !== ours.status || headersOf(theirs) !== headersOf(ours)) return false;
  if (theirs.body === ours.body) return true;
  return theirs.status < 300 && hasSet(scenario) && withSortedArrays(theirs.body) === withSortedArrays(ours.body);
}

function headersOf({ headers }: Answer): string {
  return JSON.stringify(Object.entries(headers).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function hasSet(scenario: Scenario): boolean {
  return /"kind":"(?:set|frozenset)"/.test(JSON.stringify(scenario));
}

/** JSON text with the items of every array in the order of their text, everything else as it is. */
export function withSortedArrays(json: string): string {
  let at = 0;
  const readUntil = (close: string): string[] => {
    const items: string[] = [''];
    for (; at < json.length; at += 1) {
      const character = json.charAt(at);
      if (character === close) return items;
      if (character === ',') items.push('');
      else items.push(`${items.pop() ?? ''}${readPiece(character)}`);
    }
    return items;
  };
  const readPiece = (character: string): string => {
    if (character === '"') {
      const start = at;
      for (at += 1; json.charAt(at) !== '"' && at < json.length; at += 1) if (json.charAt(at) === '\\') at += 1;
      return json.slice(start, at + 1);
    }
    if (character !== '[' && character !== '{') return character;
    at += 1;
    const items = readUntil(character === '[' ? ']' : '}');
    return `${character}${(character === '[' ? items.toSorted() : items).join(',')}${character === '[' ? ']' : '}'}`;
  };
  return readUntil('').join(',');
}
