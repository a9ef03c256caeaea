import { stripPythonSpace } from './python-text.ts';

/** Python's `Decimal`: an exact decimal number that keeps its trailing zeros. Immutable. */
export class Decimal {
  readonly negative: boolean;
  /** Digits without leading zeros; `0` for zero. */
  readonly digits: string;
  readonly exponent: number;

  constructor(fields: { negative: boolean; digits: string; exponent: number }) {
    this.negative = fields.negative;
    this.digits = fields.digits;
    this.exponent = fields.exponent;
    Object.freeze(this);
  }

  get isZero(): boolean {
    return this.digits === '0';
  }

  /** Digits in total and after the point, as Pydantic counts them. */
  get size(): { digits: number; decimals: number } {
    if (this.exponent >= 0) return { digits: this.digits.length + this.exponent, decimals: 0 };
    return { digits: Math.max(this.digits.length, -this.exponent), decimals: -this.exponent };
  }

  /** Without trailing zeros. */
  normalize(): Decimal {
    if (this.isZero) return new Decimal({ negative: this.negative, digits: '0', exponent: 0 });
    let end = this.digits.length;
    while (this.digits.charCodeAt(end - 1) === 0x30) end -= 1;
    const digits = this.digits.slice(0, end);
    const exponent = this.exponent + this.digits.length - digits.length;
    return new Decimal({ negative: this.negative, digits, exponent });
  }

  /** Rounded as Python's context rounds a result: to its digits, and to its smallest exponent. */
  roundToContext(): Decimal {
    const kept = Math.min(precision, magnitude(this) - smallestExponent);
    if (kept >= this.digits.length || this.isZero) return this;
    if (kept < 0) return new Decimal({ negative: this.negative, digits: '0', exponent: smallestExponent });
    const head = BigInt(this.digits.slice(0, kept));
    const rest = this.digits.slice(kept);
    const half = '5'.padEnd(rest.length, '0');
    const up = rest > half || (rest === half && head % 2n === 1n);
    const digits = (up ? head + 1n : head).toString();
    return new Decimal({ negative: this.negative, digits, exponent: this.exponent + rest.length });
  }

  /** Negative, zero or positive as `this` is below, equal to or above `other`. */
  compare(other: Decimal): number {
    const sign = signOf(this) - signOf(other);
    if (sign !== 0 || this.isZero) return sign;
    const top = magnitude(this) - magnitude(other) || compareDigits(this.digits, other.digits);
    return this.negative ? -top : top;
  }

  /** Python's `str()`: plain down to 1e-6, else scientific. */
  toString(): string {
    const sign = this.negative ? '-' : '';
    const leftDigits = this.exponent + this.digits.length;
    if (this.exponent > 0 || leftDigits <= -6) return sign + scientific(this.digits, leftDigits - 1);
    if (this.exponent === 0) return sign + this.digits;
    if (leftDigits > 0) return `${sign}${this.digits.slice(0, leftDigits)}.${this.digits.slice(leftDigits)}`;
    return `${sign}0.${'0'.repeat(-leftDigits)}${this.digits}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/** Python's `Decimal(text)`; infinities and NaN are told apart because Pydantic refuses them in other words. */
export function parseDecimal(text: string): Decimal | 'not finite' | undefined {
  const plain = asAscii(stripPythonSpace(text)).replaceAll('_', '');
  if (/^[+-]?(?:inf(?:inity)?|s?nan\d*)$/i.test(plain)) return 'not finite';
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(plain);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  if (whole + fraction === '') return undefined;
  const digits = (whole + fraction).replace(/^0+(?=\d)/, '');
  const power = Number(exponent) - fraction.length;
  // libmpdec's limits are 18 digits; beyond 15 a number is no longer exact, and nobody means such an exponent.
  if (Math.abs(power) > 999_999_999_999_999) return undefined;
  return new Decimal({ negative: sign === '-', digits, exponent: power });
}

/** How many digits Python's decimal context keeps of a result, and the exponent below which it keeps none. */
const precision = 28;
const smallestExponent = -1_000_026;

/**
 * Whether `value` is a whole multiple of `of`, which is not zero, as Pydantic finds out: the quotient, rounded to the 28
 * digits of Python's context, is whole. Python gives up on quotients with more digits before the point; here they are
 * looked at exactly.
 */
export function isDecimalMultiple(value: Decimal, of: Decimal): boolean {
  if (value.isZero) return true;
  const order = magnitude(value) - magnitude(of);
  if (order < -2) return false;
  if (order > precision) return isExactMultiple(value, of);
  const shift = value.exponent - of.exponent;
  const dividend = BigInt(value.digits) * 10n ** BigInt(Math.max(shift, 0));
  const divisor = BigInt(of.digits) * 10n ** BigInt(Math.max(-shift, 0));
  const wholeDigits = dividend < divisor ? 0 : (dividend / divisor).toString().length;
  if (wholeDigits > precision) return isExactMultiple(value, of);
  const unit = 10n ** BigInt(precision - wholeDigits);
  return roundHalfEven(dividend * unit, divisor) % unit === 0n;
}

function isExactMultiple(value: Decimal, of: Decimal): boolean {
  const longest = 10_000;
  // Far more zeros than the divisor has digits: what one such power of ten is, every higher one is as well.
  const shift = Math.min(value.exponent - of.exponent, longest);
  const scaled = BigInt(value.digits) * 10n ** BigInt(Math.max(shift, 0));
  return scaled % (BigInt(of.digits) * 10n ** BigInt(Math.max(-shift, 0))) === 0n;
}

function roundHalfEven(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  const twice = (dividend % divisor) * 2n;
  const up = twice > divisor || (twice === divisor && quotient % 2n === 1n);
  return up ? quotient + 1n : quotient;
}

/** Python reads decimal digits of every script. */
function asAscii(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : text.replaceAll(/\p{Nd}/gu, (digit) => String(digitValue(digit)));
}

/** Unicode keeps the ten digits of a script together, the zero first. */
function digitValue(digit: string): number {
  const code = digit.codePointAt(0) ?? 0;
  let zero = code;
  while (code - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return (code - zero) % 10;
}

function signOf(value: Decimal): number {
  if (value.isZero) return 0;
  return value.negative ? -1 : 1;
}

function magnitude(value: Decimal): number {
  return value.exponent + value.digits.length;
}

function compareDigits(a: string, b: string): number {
  const length = Math.max(a.length, b.length);
  const [left, right] = [a.padEnd(length, '0'), b.padEnd(length, '0')];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function scientific(digits: string, exponent: number): string {
  const mantissa = digits.length === 1 ? digits : `${digits.slice(0, 1)}.${digits.slice(1)}`;
  return `${mantissa}E${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`;
}
