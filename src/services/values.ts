import { AppError, type ValueIssue } from '../errors.ts';

/** Throws AppError `invalid_value` with the issues, if there are any. */
export function assertValid(issues: readonly ValueIssue[]): void {
  if (issues.length > 0) throw new AppError('invalid_value', { issues });
}

/**
 * What PostgreSQL cannot store as text, and what does not fit its column, as issues in the shape of validation errors.
 * The incumbent answered 500 to each of these. Lengths count code points, as PostgreSQL does.
 */
export function storableTextIssues(field: string, value: string, maxLength?: number): ValueIssue[] {
  const loc = ['body', field];
  if (!value.isWellFormed()) {
    const msg = 'Input should be a valid string, unable to parse raw data as a unicode string';
    return [{ type: 'string_unicode', loc, msg, input: value }];
  }
  if (value.includes('\0')) {
    const text = 'the character U+0000 cannot be stored';
    return [{ type: 'value_error', loc, msg: `Value error, ${text}`, input: value, ctx: { error: text } }];
  }
  if (maxLength !== undefined && isLongerThan(value, maxLength)) {
    const msg = `String should have at most ${maxLength} characters`;
    return [{ type: 'string_too_long', loc, msg, input: value, ctx: { max_length: maxLength } }];
  }
  return [];
}

/** In the words of Pydantic's EmailStr. */
export function emailIssue(input: string): ValueIssue {
  const reason = 'value is not a valid email address';
  return { type: 'value_error', loc: ['body', 'email'], msg: reason, input, ctx: { reason } };
}

export function requiredIssue(field: string, input: object): ValueIssue {
  return { type: 'missing', loc: ['body', field], msg: 'Field required', input };
}

export function nullIssue(field: string, kind: 'string' | 'boolean'): ValueIssue {
  const type = kind === 'string' ? 'string_type' : 'bool_type';
  return { type, loc: ['body', field], msg: `Input should be a valid ${kind}`, input: null };
}

/** In code points. */
export function isLongerThan(value: string, codePoints: number): boolean {
  if (value.length <= codePoints) return false;
  if (value.length > codePoints * 2) return true;
  return countCodePoints(value) > codePoints;
}

export function countCodePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
