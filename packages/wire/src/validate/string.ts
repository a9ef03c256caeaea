import { Secret } from '../values/secret.ts';
import { compilePattern } from './pattern.ts';
import type { Check, Node, Run } from './run.ts';
import { asIs, exactness, floorExactness, refuse } from './run.ts';
import type { JsonSchema } from './schema.ts';
import { assertKnownKeywords, numberKeyword, wireRulesOf } from './schema.ts';
import { codePointLength, trimWhiteSpace } from './text.ts';

export function compileString(schema: JsonSchema, pointer: string): Node {
  assertKnownKeywords(schema, pointer, ['type', 'format', 'minLength', 'maxLength', 'pattern']);
  const rules = wireRulesOf(schema, pointer);
  const lengths = [rules.maxLength, numberKeyword(schema, 'maxLength', pointer)].filter((n) => n !== undefined);
  const max = lengths.length === 0 ? undefined : Math.min(...lengths);
  const min = numberKeyword(schema, 'minLength', pointer) ?? rules.minLength;
  const pattern = schema.pattern === undefined ? undefined : compilePattern(schema.pattern, `${pointer}/pattern`);
  const source = schema.pattern;
  const constrained = max !== undefined || min !== undefined || pattern !== undefined;
  const transformed = rules.stripWhitespace === true || rules.toLower === true || rules.toUpper === true;
  if (!constrained && !transformed) return { check: checkPlainString, label: 'str', takes: asIs.text };

  const check: Check = (input, run) => {
    if (typeof input !== 'string') return refuseNoString(input, run);
    if (!input.isWellFormed()) return refuse(run, input, unreadableText);
    let text = rules.stripWhitespace === true ? trimWhiteSpace(input) : input;
    if (max !== undefined && text.length > max && codePointLength(text) > max) return tooLong(input, run, max);
    if (min !== undefined && codePointLength(text) < min) return tooShort(input, run, min);
    if (pattern !== undefined && !pattern.test(text)) {
      const msg = `String should match pattern '${String(source)}'`;
      return refuse(run, input, { type: 'string_pattern_mismatch', msg, ctx: { pattern: source } });
    }
    if (rules.toLower === true) text = text.toLowerCase();
    else if (rules.toUpper === true) text = text.toUpperCase();
    return text;
  };
  return { check, label: 'constrained-str' };
}

// Pydantic needs real Unicode text only once it looks into the string; an unconstrained one is handed on as it is.
const unreadableText = {
  type: 'string_unicode',
  msg: 'Input should be a valid string, unable to parse raw data as a unicode string',
};

function checkPlainString(input: unknown, run: Run): unknown {
  return typeof input === 'string' ? input : refuseNoString(input, run);
}

function refuseNoString(input: unknown, run: Run): unknown {
  if (input instanceof Secret) return input;
  floorExactness(run, exactness.lax);
  return refuse(run, input, { type: 'string_type', msg: 'Input should be a valid string' });
}

function tooLong(input: string, run: Run, max: number): unknown {
  const msg = `String should have at most ${max} ${max === 1 ? 'character' : 'characters'}`;
  return refuse(run, input, { type: 'string_too_long', msg, ctx: { max_length: max } });
}

function tooShort(input: string, run: Run, min: number): unknown {
  const msg = `String should have at least ${min} ${min === 1 ? 'character' : 'characters'}`;
  return refuse(run, input, { type: 'string_too_short', msg, ctx: { min_length: min } });
}
