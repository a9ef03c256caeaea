import type { Node, Refusal, Run } from './run.ts';
import { refuse } from './run.ts';
import type { JsonSchema } from './schema.ts';
import { numberKeyword } from './schema.ts';
import { codePointLength } from './text.ts';

/**
 * `Field(min_length=…, max_length=…)` on a type whose value Pydantic makes with a function of its own: the bounds are looked
 * at afterwards, of that value, and in other words than those of a plain `str`.
 */
export function withValueLength(node: Node, schema: JsonSchema, pointer: string): Node {
  const min = numberKeyword(schema, 'minLength', pointer);
  const max = numberKeyword(schema, 'maxLength', pointer);
  if (min === undefined && max === undefined) return node;
  return {
    label: node.label,
    check: (input, run) => {
      const value = node.check(input, run);
      return typeof value === 'string' ? checkValueLength(value, { input, run, min, max }) : value;
    },
  };
}

interface Bounds {
  input: unknown;
  run: Run;
  min?: number | undefined;
  max?: number | undefined;
}

export function checkValueLength(value: string, { input, run, min = 0, max }: Bounds): unknown {
  const length = codePointLength(value);
  if (length < min) return refuse(run, input, wrongLength('too_short', 'least', { min_length: min }, length));
  if (max === undefined || length <= max) return value;
  return refuse(run, input, wrongLength('too_long', 'most', { max_length: max }, length));
}

function wrongLength(type: string, words: string, bound: Record<string, number>, length: number): Refusal {
  const [items = 0] = Object.values(bound);
  const msg = `Value should have at ${words} ${items} item${items === 1 ? '' : 's'} after validation, not ${length}`;
  return { type, msg, ctx: { field_type: 'Value', ...bound, actual_length: length } };
}
