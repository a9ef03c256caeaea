import { isDecimalText } from '../../src/validate/decimal.ts';
import type { JsonSchema } from '../../src/validate/schema.ts';
import { isSchema, namedTypes } from '../../src/validate/schema.ts';
import type { Scenario, TypeSpec } from './spec.ts';

// FastAPI's document does not show every fact of a type; here they become `x-wire` rules beside what it shows.

type Writable = Record<string, unknown>;

/** Adds the rules of all models of a scenario to the document's components. */
export function addModelRules(scenario: Scenario, components: Readonly<Record<string, JsonSchema>>): void {
  for (const { name, base } of scenario.enums) {
    const schema = components[name];
    if (schema !== undefined && base === 'plain') addRules(schema, { enumClass: 'plain' });
  }
  for (const model of scenario.models) {
    for (const name of [model.name, `${model.name}-Input`, `${model.name}-Output`]) {
      const schema = components[name];
      if (schema === undefined || !isSchema(schema.properties)) continue;
      addRules(schema, {
        ...(model.strict === true ? { strict: true } : {}),
        ...(model.stripWhitespace === true ? { stripWhitespace: true } : {}),
      });
      const fieldNames: [string, string][] = [];
      for (const field of model.fields) {
        const property = schema.properties[field.alias ?? field.name];
        if (isSchema(property)) addTypeRules(field.type, property);
        if (model.populateByName === true && field.alias !== undefined) fieldNames.push([field.alias, field.name]);
      }
      if (fieldNames.length > 0) addRules(schema, { fieldNames: Object.fromEntries(fieldNames) });
    }
  }
}

/** Adds the rules of a type to the schema that shows it. */
export function addTypeRules(type: TypeSpec, schema: JsonSchema): void {
  const slots = Array.isArray(schema.anyOf) ? schema.anyOf.filter(isSchema) : [schema];
  if (isLeftToRight(type)) addRules(schema, { unionMode: 'left_to_right' });
  takeSlots(type, slots);
}

function isLeftToRight(type: TypeSpec): boolean {
  return type.kind === 'optional' ? isLeftToRight(type.inner) : type.kind === 'union' && type.leftToRight === true;
}

/** Nested unions and nullables are one flat list in the document; a Decimal takes two places of it in a request. */
function takeSlots(type: TypeSpec, slots: JsonSchema[]): void {
  if (type.kind === 'optional') {
    takeSlots(type.inner, slots);
    if (slots[0]?.type === 'null') slots.shift();
    return;
  }
  if (type.kind === 'union') {
    for (const branch of type.branches) takeSlots(branch, slots);
    return;
  }
  const slot = slots.shift();
  if (slot === undefined) return;
  if (type.kind === 'decimal' && slots[0] !== undefined && slot.type === 'number' && isDecimalText(slots[0]))
    slots.shift();
  addOwnRules(type, slot);
}

function addOwnRules(type: TypeSpec, schema: JsonSchema): void {
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- the rest is alike, and has the default
  switch (type.kind) {
    case 'str':
      addRules(
        schema,
        defined({ strict: type.strict, stripWhitespace: type.strip, toLower: type.lower, toUpper: type.upper }),
      );
      return;
    case 'int': {
      const { gt, ge, lt, le, multipleOf, strict } = type;
      addRules(schema, defined({ gt, ge, lt, le, multipleOf, strict }));
      return;
    }
    case 'bool':
      addRules(schema, defined({ strict: type.strict }));
      return;
    case 'float':
      addRules(schema, defined({ strict: type.strict, allowInfNan: type.finite === true ? false : undefined }));
      return;
    case 'decimal': {
      const { gt, ge, lt, le, multipleOf, strict, maxDigits, places } = type;
      addRules(schema, defined({ gt, ge, lt, le, multipleOf, strict, maxDigits, decimalPlaces: places }));
      return;
    }
    case 'moment': {
      const { gt, ge, lt, le, strict } = type;
      addRules(schema, defined({ gt, ge, lt, le, strict }));
      return;
    }
    case 'file':
      addRules(schema, { type: type.of === 'bytes' ? 'File' : 'UploadFile' });
      return;
    case 'named':
      if (namedTypes.some((name) => name === type.name)) addRules(schema, { type: type.name });
      return;
    case 'list':
    case 'set':
    case 'frozenset':
    case 'tupleOf':
      if (type.kind === 'frozenset') addRules(schema, { type: 'frozenset' });
      if (type.kind === 'tupleOf') addRules(schema, { type: 'tuple' });
      if (isSchema(schema.items)) addTypeRules(type.item, schema.items);
      return;
    case 'tuple':
      if (Array.isArray(schema.prefixItems)) {
        for (const [index, item] of type.items.entries()) {
          if (isSchema(schema.prefixItems[index])) addTypeRules(item, schema.prefixItems[index]);
        }
      }
      return;
    case 'dict':
      addKeyRules(type.key, schema);
      for (const value of [schema.additionalProperties, ...Object.values(Object(schema.patternProperties))]) {
        if (isSchema(value)) addTypeRules(type.value, value);
      }
      return;
    default:
  }
}

const keySchemas: Readonly<Record<string, JsonSchema>> = {
  int: { type: 'integer' },
  float: { type: 'number' },
  bool: { type: 'boolean' },
};

function addKeyRules(type: TypeSpec, schema: JsonSchema): void {
  const keys = keySchemas[type.kind];
  if (keys !== undefined) addRules(schema, { keys });
  if (type.kind === 'literal') addRules(schema, { keys: { enum: type.values } });
  if (type.kind === 'decimal') addRules(schema, { keys: { type: 'number', 'x-wire': { decimal: true } } });
}

function addRules(schema: JsonSchema, rules: Record<string, unknown>): void {
  if (Object.keys(rules).length === 0) return;
  const writable: Writable = schema;
  writable['x-wire'] = { ...(isSchema(schema['x-wire']) ? schema['x-wire'] : {}), ...rules };
}

function defined(rules: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(rules).filter(([, value]) => value !== undefined));
}
