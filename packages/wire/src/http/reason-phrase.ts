import { STATUS_CODES } from 'node:http';
import type { WireProfile } from '../profile.ts';

/** RFC 9110 renamed these; Python followed in 3.13, Node did so before. */
const olderPhrases: Readonly<Record<number, string>> = {
  413: 'Request Entity Too Large',
  414: 'Request-URI Too Long',
  416: 'Requested Range Not Satisfiable',
  422: 'Unprocessable Entity',
};

const newerPhrases: Readonly<Record<number, string>> = {
  413: 'Content Too Large',
  414: 'URI Too Long',
  416: 'Range Not Satisfiable',
  422: 'Unprocessable Content',
};

/** The `detail` of an HTTPException that was raised without one. */
export function reasonPhrase(status: number, { reasonPhrases }: Pick<WireProfile, 'reasonPhrases'>): string {
  const phrases = reasonPhrases === 'rfc7231' ? olderPhrases : newerPhrases;
  return phrases[status] ?? STATUS_CODES[status] ?? '';
}
