import { UploadedFile } from '../values/uploaded-file.ts';
import { compileBytes, refuseLength } from './bytes.ts';
import type { Node, Run } from './run.ts';
import { refuse } from './run.ts';
import type { JsonSchema } from './schema.ts';
import { assertKnownKeywords } from './schema.ts';

/** `UploadFile`: a file of a multipart form; the value is an UploadedFile. */
export function compileUploadFile(schema: JsonSchema, pointer: string): Node {
  assertKnownKeywords(schema, pointer, ['type', 'format']);
  return {
    label: 'function-plain[_validate()]',
    check: (input, run) => (input instanceof UploadedFile ? input : refuse(run, input, notAFile(input))),
  };
}

/** `bytes` with `File()`: the content of a file, or the bytes of a text; the value is a Uint8Array. */
export function compileFileBytes(schema: JsonSchema, pointer: string): Node {
  const text = compileBytes(schema, pointer);
  const lengthOf = refuseLength(schema, pointer);
  return {
    label: text.label,
    check: (input, run: Run) => {
      const bytes = input instanceof UploadedFile ? input.bytes : input;
      if (bytes instanceof Uint8Array) {
        const refusal = lengthOf(bytes.length);
        return refusal === undefined ? bytes : refuse(run, Buffer.from(bytes).toString(), refusal);
      }
      const value = text.check(input, run);
      return typeof value === 'string' ? Buffer.from(value) : value;
    },
  };
}

function notAFile(input: unknown): { type: string; msg: string; ctx: Record<string, unknown> } {
  const msg = `Value error, Expected UploadFile, received: <class '${pythonClassOf(input)}'>`;
  return { type: 'value_error', msg, ctx: { error: {} } };
}

function pythonClassOf(value: unknown): string {
  if (typeof value === 'string') return 'str';
  if (value === null || value === undefined) return 'NoneType';
  if (typeof value === 'boolean') return 'bool';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'bigint' || Number.isInteger(value)) return 'int';
  return typeof value === 'number' ? 'float' : 'dict';
}
