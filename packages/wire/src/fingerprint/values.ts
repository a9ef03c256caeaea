import type { Schema } from './operations.ts';
import type { Observation, SeenItem } from './probe.ts';

/** A value whose refusal, or whose acceptance, tells releases apart. */
export interface BadValue {
  readonly fits: (schema: Schema) => boolean;
  readonly value: (schema: Schema) => unknown;
  /** Every release refuses it; otherwise something else in the request must be wrong. */
  readonly neverValid: boolean;
  /** `item` is its error; undefined when it was accepted and only the rest was refused. */
  readonly read: (item: SeenItem | undefined) => readonly Observation[];
}

const isEmail = (schema: Schema): boolean => schema.format === 'email';
const isDateTime = (schema: Schema): boolean => schema.format === 'date-time';

export const badValues: readonly BadValue[] = [
  {
    fits: (schema) => schema.format === 'uuid',
    value: () => 'x',
    neverValid: true,
    read: (item) => readUuid(item),
  },
  {
    fits: isDateTime,
    value: () => '.5',
    neverValid: false,
    read: (item) => {
      const evidence = `".5" for a datetime is ${item === undefined ? 'accepted' : 'refused'}`;
      return [{ member: 'pointFirstTimestamp', value: item === undefined, evidence }];
    },
  },
  {
    fits: isEmail,
    value: () => `${'a'.repeat(65)}@example.com`,
    neverValid: false,
    read: (item) => {
      const evidence = `65 characters before the @-sign are ${item === undefined ? 'accepted' : 'refused'}`;
      return [{ member: 'emailLongLocalPart', value: item === undefined, evidence }];
    },
  },
  {
    fits: isEmail,
    value: () => 'a\uff20example.com',
    neverValid: true,
    read: (item) => {
      const value = item?.msg.includes('full-width') === true;
      return item === undefined
        ? []
        : [{ member: 'emailAtSignsNamed', value, evidence: `a full-width @-sign is refused with: ${item.msg}` }];
    },
  },
  {
    fits: isEmail,
    value: () => 'a@example.com\n',
    neverValid: false,
    read: (item) => {
      const evidence = `a line break after an e-mail address is ${item === undefined ? 'accepted' : 'refused'}`;
      return [{ member: 'emailLineBreaksRefused', value: item !== undefined, evidence }];
    },
  },
  {
    fits: isEmail,
    value: () => 'A. B <a@example.com>',
    neverValid: false,
    read: (item) => {
      const evidence = `a point in the name of an e-mail address is ${item === undefined ? 'accepted' : 'refused'}`;
      return [{ member: 'emailNamePoints', value: item === undefined, evidence }];
    },
  },
  {
    fits: (schema) => schema.format === 'duration',
    // 2^32 days, which wrap to none.
    value: () => 2 ** 32 * 86_400,
    neverValid: false,
    read: (item) => {
      const value = item === undefined ? 'wraps' : 'refused';
      return [
        {
          member: 'durationOverflow',
          value,
          evidence: `2^32 days of a timedelta are ${item === undefined ? 'accepted' : 'refused'}`,
        },
      ];
    },
  },
  {
    fits: (schema) =>
      schema.type === 'object' && Number(schema.maxProperties) < 1000 && schema.properties === undefined,
    value: (schema) => {
      const keys = Array.from({ length: Number(schema.maxProperties) + 1 }, (_, index) => [`k${index}`, null]);
      return Object.fromEntries(keys);
    },
    neverValid: true,
    read: (item) => {
      if (item?.type !== 'too_long') return [];
      const value = item.msg.endsWith('not more') ? 'more' : 'counted';
      return [{ member: 'dictionaryTooLong', value, evidence: `a dictionary with too many items: ${item.msg}` }];
    },
  },
];

export function readUuid(item: SeenItem | undefined): Observation[] {
  if (item?.type !== 'uuid_parsing') return [];
  const value = item.msg.includes('urn:uuid:') ? 'hint-from-1' : item.msg.endsWith('at 0') ? 'from-0' : 'from-1';
  return [{ member: 'uuidMessages', value, evidence: `"x" for a UUID is refused with: ${item.msg}` }];
}
