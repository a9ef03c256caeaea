import type { ErrorItem } from '../errors.ts';
import type { WireProfile } from '../profile.ts';
import { fastapi0128 } from '../profile.ts';
import { compileNode, createContext } from '../validate/compile.ts';
import { finishRun, startRun } from '../validate/run.ts';
import type { JsonSchema } from '../validate/schema.ts';
import type { Serializer } from './compile.ts';
import { compileSerializer } from './compile.ts';
import type { ExclusionOptions } from './exclude.ts';
import { compileExclusion } from './exclude.ts';

/** What a handler returned does not fit its response schema: the program's fault, a 500. */
export class ResponseMismatch extends Error {
  override readonly name = 'ResponseMismatch';
  readonly code = 'wire_response_mismatch';
  readonly items: readonly ErrorItem[];

  constructor(items: readonly ErrorItem[]) {
    super(`the answer does not match its schema at ${items.map((item) => item.loc.join('.')).join(', ')}`);
    this.items = items;
  }
}

/**
 * All that FastAPI's `response_model` does: the value is validated like a request (a row's `"7"` becomes 7, undeclared
 * columns go, defaults come), then members are left out as asked, then it is written. `compileSerializer` alone writes
 * values that have the right types already, several times faster. Throws ResponseMismatch.
 */
export function compileResponse(
  schema: JsonSchema,
  { profile = fastapi0128, ...options }: ExclusionOptions & { profile?: WireProfile } = {},
): Serializer {
  const context = { ...createContext(schema, profile), isTyped: true };
  const node = compileNode(schema, '', context);
  const exclude = compileExclusion(schema, context, options);
  const write = compileSerializer(schema, profile, { omitAbsent: exclude !== undefined });
  return (value) => {
    const run = startRun();
    const valid = node.check(value, run);
    if (run.errors.length > 0) throw new ResponseMismatch(finishRun(run, 'response'));
    return write(exclude === undefined ? valid : exclude(valid, value));
  };
}
