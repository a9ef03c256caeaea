import assert from 'node:assert/strict';
import type { JsonSchema } from '../src/index.ts';
import { compileBody, compileSerializer, parseBody, stringifyEcho } from '../src/index.ts';

/** A model whose members are all required. */
export function object(properties: Record<string, unknown>): JsonSchema {
  return { type: 'object', title: 'Model', properties, required: Object.keys(properties) };
}

/** `place type` of every item. */
export function places(schema: JsonSchema, json: string): string[] {
  const result = compileBody(schema)(parseBody(Buffer.from(json), 'application/json'));
  return result.ok ? [] : result.items.map((item) => `${item.loc.join('.')} ${item.type}`);
}

/** The items of the 422, as they are sent. */
export function refusal(schema: JsonSchema, json: string): string {
  const result = compileBody(schema)(parseBody(Buffer.from(json), 'application/json'));
  assert.ok(!result.ok);
  return stringifyEcho(result.items);
}

/** What a body that is accepted is written as. */
export function accepted(schema: JsonSchema, json: string): string {
  const result = compileBody(schema)(parseBody(Buffer.from(json), 'application/json'));
  assert.ok(result.ok, stringifyEcho(result));
  return compileSerializer(schema)(result.value);
}
