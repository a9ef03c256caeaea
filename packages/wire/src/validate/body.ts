import type { ErrorItem } from '../errors.ts';
import type { ParsedBody } from '../json/parse.ts';
import { ShortJson } from '../json/short-json.ts';
import type { WireProfile } from '../profile.ts';
import { fastapi0128 } from '../profile.ts';
import { ByteText } from '../values/byte-text.ts';
import { compileNode, createContext } from './compile.ts';
import { compileFields } from './compile-object.ts';
import { compileDefault, compileDefaultNode } from './defaults.ts';
import type { Field } from './model.ts';
import { isJsonObject } from './object.ts';
import type { Node, Run } from './run.ts';
import { checkAt, defaultMaxErrors, finishRun, missingItem, startRun } from './run.ts';
import type { JsonSchema } from './schema.ts';
import { nameOf, wireRulesOf } from './schema.ts';

/** A typed value, or everything that was wrong. */
export type Validated = { ok: true; value: unknown } | { ok: false; items: ErrorItem[] };

export type BodyValidator = (body: ParsedBody) => Validated;

/**
 * Compiles a JSON body's schema. A syntax error is an item as well, so that one call covers all of FastAPI's 422s;
 * an unreadable body has no items and is the caller's (400). A valid body's own objects may become the value, changed in
 * place: validate a body once.
 */
export function compileBody(
  schema: JsonSchema,
  profile: WireProfile = fastapi0128,
  { maxErrors = defaultMaxErrors }: { maxErrors?: number | undefined } = {},
): BodyValidator {
  const context = createContext(schema, profile);
  const rules = wireRulesOf(schema, '');
  if (rules.bodyFields ?? nameOf(schema).startsWith('Body_')) {
    const fields = compileFields(schema, '', context);
    return (body) => syntaxFailure(body) ?? checkBodyFields(fields, body, { profile, maxErrors });
  }
  const nullIsAbsent = profile.nullBody === 'absent';
  const node = compileNode(schema, '', context);
  const makeDefault = compileDefault(schema, compileDefaultNode(schema, '', { node, context }));
  // Most bodies are JSON: what reads others is compiled when the first one comes.
  let bytesNode: Node | undefined;
  return (body) => {
    if (body instanceof ShortJson) {
      const plain = node.readPlain?.(body.parsed);
      if (plain !== undefined) return { ok: true, value: plain };
    }
    const failure = syntaxFailure(body);
    if (failure !== undefined) return failure;
    const input = sentValue(body);
    if (input === null && (nullIsAbsent || body.kind === 'empty')) {
      if (rules.optionalBody === true) return { ok: true, value: makeDefault() ?? null };
      return { ok: false, items: [missingItem(['body'], null)] };
    }
    const run = startRun(maxErrors);
    if (body.kind !== 'text') {
      // It was made for this request alone, whose validation this is.
      run.ownsInput = true;
      return settle(node.check(input, run), run);
    }
    bytesNode ??= compileNode(schema, '', { ...createContext(schema, profile), takesBytes: true });
    return withTexts(settle(bytesNode.check(new ByteText(body.value, body.bytes), run), run));
  };
}

/** The 422 of a body that is not JSON; undefined when it is, or when it is no JSON body at all. */
export function syntaxFailure(body: ParsedBody): { ok: false; items: ErrorItem[] } | undefined {
  if (body.kind === 'unreadable') return { ok: false, items: [] };
  if (body.kind !== 'syntax-error') return undefined;
  const ctx = { error: body.message };
  const loc = ['body', body.position];
  return { ok: false, items: [{ type: 'json_invalid', loc, msg: 'JSON decode error', input: {}, ctx }] };
}

function sentValue(body: ParsedBody): unknown {
  return body.kind === 'json' || body.kind === 'text' ? body.value : null;
}

interface FieldsOptions {
  profile: WireProfile;
  maxErrors: number;
}

/** Several `Body()` parameters: each is looked up in the object on its own. */
function checkBodyFields(fields: readonly Field[], body: ParsedBody, { profile, maxErrors }: FieldsOptions): Validated {
  const nullIsAbsent = profile.nullBody === 'absent';
  const input = sentValue(body);
  const isAbsent = input === null && (nullIsAbsent || body.kind === 'empty');
  const run = startRun(maxErrors);
  const output: Record<string, unknown> = {};
  const source = isJsonObject(input) ? input : undefined;
  for (const field of fields) {
    const value = source !== undefined && Object.hasOwn(source, field.name) ? source[field.name] : undefined;
    const unreadable = !isAbsent && source === undefined;
    const isSent = value !== undefined && !(value === null && nullIsAbsent);
    if (isSent) output[field.name] = checkAt(field.name, field.check, { value, run });
    else if (field.required || unreadable) run.errors.push(missingItem([field.name], null));
    else output[field.name] = field.makeDefault();
  }
  return settle(output, run);
}

/** An echo is the text itself, which masking looks for. */
function withTexts(result: Validated): Validated {
  if (result.ok) return result;
  const items = result.items.map((item) =>
    item.input instanceof ByteText ? { ...item, input: item.input.text } : item,
  );
  return { ok: false, items };
}

function settle(value: unknown, run: Run): Validated {
  return run.errors.length > 0 ? { ok: false, items: finishRun(run, 'body') } : { ok: true, value };
}
