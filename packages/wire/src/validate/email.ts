import type { WireProfile } from '../profile.ts';
import { parseEmail } from '../values/email.ts';
import type { Parsed } from '../values/parse-temporal.ts';
import { stripPythonSpace } from '../values/python-text.ts';
import type { Node } from './run.ts';
import { exactness, floorExactness, invalid, refuse } from './run.ts';
import type { JsonSchema } from './schema.ts';
import { assertKnownKeywords, wireRulesOf } from './schema.ts';
import { compileString } from './string.ts';
import { codePointLength } from './text.ts';

/** `EmailStr`: an address, alone or in angle brackets after a name; the value is the address in its normal form. */
export function compileEmail(schema: JsonSchema, pointer: string, profile: WireProfile): Node {
  assertKnownKeywords(schema, pointer, ['type', 'format', 'minLength', 'maxLength', 'pattern']);
  const { format: _, ...plain } = schema;
  const text = compileString({ ...plain, 'x-wire': wireRulesOf(schema, pointer) }, pointer);
  return {
    label: `function-after[_validate(), ${text.label}]`,
    check: (input, run) => {
      floorExactness(run, exactness.lax);
      const value = text.check(input, run);
      if (typeof value !== 'string') return invalid;
      const result = readEmail(value, profile);
      if (result.ok) return result.value;
      const msg = `value is not a valid email address: ${result.error}`;
      return refuse(run, input, { type: 'value_error', msg, ctx: { reason: result.error } });
    },
  };
}

const maxLength = 2048;
const tooLong = { ok: false, error: `Length must not exceed ${maxLength} characters` } as const;

const lineBreak = { ok: false, error: 'Carriage return and line feed characters are not allowed' } as const;

function readEmail(text: string, profile: WireProfile): Parsed<string> {
  if (codePointLength(text) > maxLength) return tooLong;
  if (profile.emailLineBreaksRefused && /[\r\n]/.test(text)) return lineBreak;
  return parseEmail(addressOf(text, profile), profile);
}

/** What may stand before the bracket: words, or anything in quotes. Its parts don't overlap: it is read once. */
const wordsOrQuotedOnly = /^(?:[\p{L}\p{N}_!#$%&'*+\-/=?^`{|}~\s]*|"[^]+")$/u;

const wordsAndPointsOrQuoted = /^(?:[\p{L}\p{N}_.!#$%&'*+\-/=?^`{|}~\s]*|"[^"]+")$/u;

/** Pydantic itself takes `Name <address>` apart; what it does not recognise is an address as it stands. */
function addressOf(text: string, { emailNamePoints }: WireProfile): string {
  const wordsOrQuoted = emailNamePoints ? wordsAndPointsOrQuoted : wordsOrQuotedOnly;
  const trimmed = stripPythonSpace(text);
  if (!trimmed.endsWith('>')) return trimmed;
  const open = trimmed.startsWith('"') ? trimmed.indexOf('<', trimmed.lastIndexOf('"')) : trimmed.indexOf('<');
  const inside = trimmed.slice(open + 1, -1);
  const isName = open !== -1 && wordsOrQuoted.test(stripPythonSpace(trimmed.slice(0, open)));
  return isName && inside !== '' && !inside.includes('\n') ? stripPythonSpace(inside) : trimmed;
}
