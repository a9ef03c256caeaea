import type { WireProfile } from '../profile.ts';
import { parseEmail } from '../values/email.ts';
import type { Parsed } from '../values/parse-temporal.ts';
import { stripPythonSpace } from '../values/python-text.ts';
import type { Node } from './run.ts';
import { invalid, refuse } from './run.ts';
import type { JsonSchema } from './schema.ts';
import { assertKnownKeywords, wireRulesOf } from './schema.ts';
import { compileString } from './string.ts';
import { codePointLength } from './text.ts';
import { withValueLength } from './value-length.ts';

/** `EmailStr`: an address, alone or in angle brackets after a name; the value is the address in its normal form. */
export function compileEmail(schema: JsonSchema, pointer: string, profile: WireProfile): Node {
  assertKnownKeywords(schema, pointer, ['type', 'format', 'minLength', 'maxLength', 'pattern']);
  const text = compileString({ type: 'string', 'x-wire': wireRulesOf(schema, pointer) }, pointer);
  const address: Node = {
    label: `function-after[_validate(), ${text.label}]`,
    check: (input, run) => {
      const value = text.check(input, run);
      if (typeof value !== 'string') return invalid;
      const result = readEmail(value, profile);
      if (result.ok) return result.value;
      const msg = `value is not a valid email address: ${result.error}`;
      return refuse(run, input, { type: 'value_error', msg, ctx: { reason: result.error } });
    },
  };
  return withPattern(withValueLength(address, schema, pointer), schema, pointer);
}

/** A pattern is looked for in the normal form, which is then what a refusal shows. */
function withPattern(address: Node, schema: JsonSchema, pointer: string): Node {
  if (schema.pattern === undefined) return address;
  const { check } = compileString({ type: 'string', pattern: schema.pattern }, pointer);
  return {
    label: `chain[${address.label},function-wrap[_apply_constraint_with_incompatibility_info()]]`,
    check: (input, run) => {
      const value = address.check(input, run);
      return typeof value === 'string' ? check(value, run) : value;
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

const words = /^[\p{L}\p{N}_!#$%&'*+\-/=?^`{|}~\s]*$/u;

const wordsAndPoints = /^[\p{L}\p{N}_.!#$%&'*+\-/=?^`{|}~\s]*$/u;

/** Pydantic itself takes `Name <address>` apart; what it does not recognise is an address as it stands. */
function addressOf(text: string, profile: WireProfile): string {
  const trimmed = stripPythonSpace(text);
  if (!trimmed.endsWith('>')) return trimmed;
  const inside = trimmed.startsWith('"') ? behindQuotes(trimmed, profile) : behindWords(trimmed, profile);
  return inside === undefined ? trimmed : stripPythonSpace(inside);
}

function behindWords(text: string, { emailNamePoints }: WireProfile): string | undefined {
  const open = text.indexOf('<');
  const isName = open !== -1 && (emailNamePoints ? wordsAndPoints : words).test(stripPythonSpace(text.slice(0, open)));
  return isName ? insideOf(text.slice(open)) : undefined;
}

/** A name in quotes ends at the last quote that an address follows; where names may have points, at the second quote. */
function behindQuotes(text: string, { emailNamePoints }: WireProfile): string | undefined {
  const first = 2;
  let quote = emailNamePoints ? text.indexOf('"', 1) : text.lastIndexOf('"');
  for (; quote >= first; quote = emailNamePoints ? -1 : text.lastIndexOf('"', quote - 1)) {
    const inside = insideOf(stripPythonSpace(text.slice(quote + 1)));
    if (inside !== undefined) return inside;
  }
  return undefined;
}

/** What stands between angle brackets, on one line. */
function insideOf(bracketed: string): string | undefined {
  return /^<(.+)>$/.exec(bracketed.replaceAll(/[\r\u2028\u2029]/g, ' ')) === null ? undefined : bracketed.slice(1, -1);
}
