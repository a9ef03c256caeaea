import type { Node } from './run.ts';
import { invalid, refuse } from './run.ts';

/** Thrown by an `after` rule to refuse a value, as a validator in Python raises ValueError or AssertionError. */
export class WireValueError extends Error {
  override readonly name = 'WireValueError';
  readonly code = 'wire_value_refused';
  readonly kind: 'value' | 'assertion';

  constructor(message: string, { kind = 'value' }: { kind?: 'value' | 'assertion' } = {}) {
    super(message);
    this.kind = kind;
  }
}

/** The node with a rule that sees the valid value and returns the final one. */
export function afterwards(node: Node, rule: (value: unknown) => unknown): Node {
  return {
    label: node.label,
    check: (input, run) => {
      // The rule may change the value it is given, which must not show in an echo of the input.
      const { ownsInput } = run;
      run.ownsInput = false;
      const value = node.check(input, run);
      run.ownsInput = ownsInput;
      if (value === invalid) return invalid;
      try {
        return rule(value);
      } catch (error) {
        if (!(error instanceof WireValueError)) throw error;
        const [type, words] =
          error.kind === 'value' ? ['value_error', 'Value error'] : ['assertion_error', 'Assertion failed'];
        return refuse(run, input, { type, msg: `${words}, ${error.message}`, ctx: { error: {} } });
      }
    },
  };
}
