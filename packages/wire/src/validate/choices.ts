import { Decimal } from '../values/decimal.ts';
import { Float } from '../values/float.ts';
import { textOfKey } from './dictionary.ts';
import type { IntegerLimits } from './integer.ts';
import { readInteger } from './integer.ts';
import type { Node } from './run.ts';
import { exactness, floorExactness, refuse, startRun } from './run.ts';
import type { JsonSchema } from './schema.ts';
import { assertKnownKeywords, nameOf, UnsupportedSchemaError, wireRulesOf } from './schema.ts';
import type { Choice } from './text.ts';
import { listAlternatives, pythonRepr } from './text.ts';

/** `Literal[…]`: exactly one of the values. */
export function compileLiteral(schema: JsonSchema, pointer: string): Node {
  const { values, expected } = readChoices(schema, pointer);
  // Python finds a value by equality, and there True == 1 == 1.0.
  const numbered: unknown[] = values.map((value) => (typeof value === 'boolean' ? Number(value) : value));
  const hasInteger = values.some((value) => typeof value === 'number');
  return {
    label: `literal[${values.map(pythonRepr).join(',')}]`,
    check: (input, run) => {
      const index = numbered.indexOf(typeof input === 'boolean' ? Number(input) : unwrap(input));
      if (index !== -1) return values[index];
      // pydantic-core looks an integer up as one of 64 bits.
      if (hasInteger && isBeyond64Bits(input)) return refuse(run, input, tooBig);
      return refuse(run, input, { type: 'literal_error', msg: `Input should be ${expected}`, ctx: { expected } });
    },
  };
}

export interface EnumOptions extends IntegerLimits {
  /** The input is what a handler made: a value of the enum is a member, not a text or a number that stands for one. */
  isTyped?: boolean;
}

/** A Python Enum class: its values, for an integer enum also whatever int accepts. */
export function compileEnum(schema: JsonSchema, pointer: string, { isTyped = false, ...limits }: EnumOptions): Node {
  const { values, expected } = readChoices(schema, pointer);
  const { strict, enumClass } = wireRulesOf(schema, pointer);
  const hasInteger = values.some((value) => typeof value === 'number');
  const notAMember = {
    type: 'is_instance_of',
    msg: `Input should be an instance of ${nameOf(schema)}`,
    ctx: { class: nameOf(schema) },
  };
  const base = { string: 'str-enum', integer: 'int-enum', number: 'float-enum' }[String(schema.type)] ?? 'enum';
  return {
    label: `${enumClass === 'plain' ? 'enum' : base}[${nameOf(schema)}]`,
    check: (input, run) => {
      if (isTyped && values.some((choice) => choice === input)) return input;
      floorExactness(run, exactness.lax);
      // Python: only a member of the class is one then, and no JSON holds any.
      if (strict === true) return refuse(run, input, notAMember);
      const value = schema.type === 'integer' ? asInteger(input, limits) : asChoice(input, hasInteger);
      if (values.some((choice) => choice === value)) return value;
      // What is looked up and does not fit is the integer, whatever was sent for it.
      if (hasInteger && isBeyond64Bits(value)) return refuse(run, value, tooBig);
      return refuse(run, input, { type: 'enum', msg: `Input should be ${expected}`, ctx: { expected } });
    },
  };
}

/** For the keys of an answer's dictionary, which are texts there: the text of a choice is that choice. */
export function readingKeys(node: Node, schema: JsonSchema, pointer: string): Node {
  const { values } = readChoices(schema, pointer);
  const isText = (input: unknown, choice: Choice): boolean =>
    textOfKey(choice) === input || (typeof choice === 'number' && input !== '' && Number(input) === choice);
  return {
    label: node.label,
    check: (input, run) => (values.some((choice) => isText(input, choice)) ? input : node.check(input, run)),
  };
}

const tooBig = {
  type: 'int_parsing_size',
  msg: 'Unable to parse input string as an integer, exceeded maximum size',
};

function isBeyond64Bits(value: unknown): boolean {
  return typeof value === 'bigint' && BigInt.asIntN(64, value) !== value;
}

function readChoices(schema: JsonSchema, pointer: string): { values: Choice[]; expected: string } {
  assertKnownKeywords(schema, pointer, ['type', 'enum', 'const']);
  const listed: unknown = schema.enum ?? [schema.const];
  if (!Array.isArray(listed) || listed.length === 0 || !listed.every(isChoice)) {
    throw new UnsupportedSchemaError(pointer, 'expected a list of strings, numbers, booleans or null');
  }
  return { values: listed, expected: listAlternatives(listed) };
}

export function isChoice(value: unknown): value is Choice {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function asInteger(input: unknown, limits: IntegerLimits): unknown {
  return readInteger(input, { run: startRun(), strict: false, limits });
}

/** Among members that are numbers, True is 1. */
function asChoice(input: unknown, hasNumbers: boolean): unknown {
  return hasNumbers && typeof input === 'boolean' ? Number(input) : unwrap(input);
}

function unwrap(input: unknown): unknown {
  return input instanceof Float || input instanceof Decimal ? Number(input) : input;
}
