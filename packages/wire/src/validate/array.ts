import type { Node, Run } from './run.ts';
import { checkAt, exactness, floorExactness, invalid, refuse } from './run.ts';
import type { JsonSchema } from './schema.ts';
import { assertKnownKeywords, numberKeyword } from './schema.ts';

/** `list[…]`: every item is checked, all errors are reported; too many items end the check. */
export function compileArray(schema: JsonSchema, pointer: string, item: Node): Node {
  assertKnownKeywords(schema, pointer, ['type', 'items', 'minItems', 'maxItems']);
  const min = numberKeyword(schema, 'minItems', pointer);
  const max = numberKeyword(schema, 'maxItems', pointer);
  return {
    label: `list[${item.label}]`,
    check: (input, run) => {
      if (!Array.isArray(input)) {
        floorExactness(run, exactness.lax);
        return refuse(run, input, { type: 'list_type', msg: 'Input should be a valid list' });
      }
      const errorsBefore = run.errors.length;
      const output: unknown[] = [];
      for (const [index, value] of input.entries()) {
        output.push(checkAt(index, item.check, { value, run }));
        if (max !== undefined && output.length > max) {
          run.errors.length = errorsBefore;
          return refuseLength(input, run, { max });
        }
      }
      if (run.errors.length > errorsBefore) return invalid;
      return min !== undefined && output.length < min ? refuseLength(input, run, { min }) : output;
    },
  };
}

function refuseLength(input: readonly unknown[], run: Run, { min, max }: { min?: number; max?: number }): unknown {
  const limit = max ?? min ?? 0;
  const [type, direction, key] =
    max === undefined ? ['too_short', 'least', 'min_length'] : ['too_long', 'most', 'max_length'];
  const items = limit === 1 ? 'item' : 'items';
  const msg = `List should have at ${direction} ${limit} ${items} after validation, not ${input.length}`;
  return refuse(run, input, { type, msg, ctx: { field_type: 'List', [key]: limit, actual_length: input.length } });
}
