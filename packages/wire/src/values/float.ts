/**
 * A JSON number that Python reads as a float although its value is integral (`1.0`, `1e2`) or not finite (`NaN`, `1e400`).
 * All other floats are ordinary numbers with a fraction, and every integral number is a Python int: the two stay apart.
 */
export class Float {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }

  valueOf(): number {
    return this.value;
  }

  toJSON(): number {
    return this.value;
  }
}

/** A float as an integral number keeps its point only inside {@link Float}; this picks the right form. */
export function floatValue(value: number): number | Float {
  return Number.isInteger(value) || !Number.isFinite(value) ? new Float(value) : value;
}

/** `repr(float)` of Python: shortest digits, a point or an exponent always, `1e-07`, `1e+16`. Not for NaN or infinities. */
export function formatPythonFloat(value: number): string {
  return formatFloat(value, { fixedBelow: 1e16, fixedFrom: 1e-4, exponentDigits: 2 });
}

/** serde_json's notation: `1e-7`, `1e+16`. */
export function formatRustFloat(value: number): string {
  return formatFloat(value, { fixedBelow: 1e16, fixedFrom: 1e-5, exponentDigits: 1 });
}

/** Both bounds lie inside the range in which JavaScript itself writes no exponent. */
interface Notation {
  fixedBelow: number;
  fixedFrom: number;
  exponentDigits: number;
}

function formatFloat(value: number, notation: Notation): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const magnitude = Math.abs(value);
  if (magnitude >= notation.fixedFrom && magnitude < notation.fixedBelow) {
    const text = String(value);
    return text.includes('.') ? text : `${text}.0`;
  }
  // toExponential() without digits gives the shortest text that reads back as the same number (ECMA-262).
  const [mantissa = '', exponent = ''] = value.toExponential().split('e');
  const sign = exponent.startsWith('-') ? '-' : '+';
  return `${mantissa}e${sign}${exponent.slice(1).padStart(notation.exponentDigits, '0')}`;
}
