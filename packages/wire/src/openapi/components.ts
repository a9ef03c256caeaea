import type { WireProfile } from '../profile.ts';
import type { JsonSchema } from '../validate/schema.ts';
import { binaryMediaType, isSchema, nameOf, withBinaryFormat, withRecordValues } from '../validate/schema.ts';

export type OpenapiSchema = Record<string, unknown>;

/** Collects the named schemas of a document while schemas are published. */
export class Components {
  readonly #binary: WireProfile['binaryInOpenapi'];

  constructor({ binaryInOpenapi }: WireProfile) {
    this.#binary = binaryInOpenapi;
  }

  readonly #schemas = new Map<string, OpenapiSchema>();

  /**
   * A schema as FastAPI shows it: models and enum classes become components and a `$ref`, `x-wire` and `$id` go,
   * fields get the title that Pydantic derives from their name.
   */
  publish(schema: JsonSchema): OpenapiSchema {
    const rules = schema['x-wire'];
    if (isSchema(rules) && isSchema(rules.documentedAs)) return this.publish(rules.documentedAs);
    this.#addDefinitions(schema.$defs);
    const name = componentName(schema);
    if (name === undefined) return this.#publishInline(schema);
    this.addNamed(name, () => ({ ...this.#publishInline(schema), title: name }));
    return reference(name);
  }

  /** Adds a component once. Throws TypeError when the name already stands for something else. */
  addNamed(name: string, make: () => OpenapiSchema): void {
    const known = this.#schemas.get(name);
    // The name is taken before its schema is made, so that a recursive schema refers to itself.
    if (known === undefined) this.#schemas.set(name, {});
    else if (Object.keys(known).length === 0) return;
    const made = make();
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(made)) {
      throw new TypeError(`two different schemas are named ${name}`);
    }
    this.#schemas.set(name, made);
  }

  /** All components, sorted by name as FastAPI sorts them. */
  toObject(): Record<string, OpenapiSchema> {
    return Object.fromEntries([...this.#schemas].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Definitions that a schema brings along keep their names as components. */
  #addDefinitions(definitions: unknown): void {
    if (!isSchema(definitions)) return;
    for (const [name, definition] of Object.entries(definitions)) {
      if (!isSchema(definition)) continue;
      this.addNamed(name, () => ({ ...this.#publishInline(definition), title: nameOf(definition) || name }));
    }
  }

  #publishInline(schema: JsonSchema): OpenapiSchema {
    const published: OpenapiSchema = {};
    const { required, ...rest } = withRecordValues(schema);
    for (const [keyword, value] of Object.entries(this.#withBinary(rest))) {
      const shown = this.#publishKeyword(keyword, value);
      if (shown !== undefined) published[keyword] = shown;
    }
    const names = requiredWithoutDefault(required, schema.properties);
    return names.length === 0 ? published : { ...published, required: names };
  }

  /** Bytes, in the profile's keyword and at its place. */
  #withBinary(schema: JsonSchema): JsonSchema {
    const { format } = withBinaryFormat(schema);
    if (format !== 'binary') return schema;
    const shown =
      this.#binary === 'format' ? (['format', 'binary'] as const) : (['contentMediaType', binaryMediaType] as const);
    const entries = Object.entries(schema).map(([keyword, value]) => {
      return keyword === 'format' || keyword === 'contentMediaType' ? shown : ([keyword, value] as const);
    });
    return Object.fromEntries(entries);
  }

  #publishKeyword(keyword: string, value: unknown): unknown {
    if (hiddenKeywords.has(keyword)) return undefined;
    // FastAPI drops every null from the document: a default of None is not shown.
    if (value === null) return undefined;
    if (keyword === '$ref' && typeof value === 'string') return reference(value.replace(/^.*\//, '')).$ref;
    if (keyword === 'properties' && isSchema(value)) return this.#publishProperties(value);
    if (listKeywords.has(keyword) && Array.isArray(value)) {
      return value.map((entry: unknown) => (isSchema(entry) ? this.publish(entry) : entry));
    }
    if (schemaKeywords.has(keyword) && isSchema(value)) return this.publish(value);
    return value;
  }

  #publishProperties(properties: JsonSchema): OpenapiSchema {
    return Object.fromEntries(
      Object.entries(properties).map(([name, property]) => {
        return [name, isSchema(property) ? this.publishField(name, property) : property];
      }),
    );
  }

  /** A field or parameter: its own title, or the one that Pydantic makes of its name. */
  publishField(name: string, schema: JsonSchema): OpenapiSchema {
    const published = this.publish(schema);
    if (published.title !== undefined || isReferenceOnly(published)) return published;
    return { ...published, title: titleOf(name) };
  }
}

const hiddenKeywords = new Set(['x-wire', '$id', '$defs', 'definitions', '$schema', '$comment']);
const listKeywords = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems']);
const schemaKeywords = new Set(['items', 'additionalProperties']);

export function reference(name: string): { $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}

/** `due_datetime` → `Due Datetime`, as Python's `str.title()` after `_` became a space. */
export function titleOf(name: string): string {
  return name
    .replaceAll('_', ' ')
    .toLowerCase()
    .replaceAll(/\p{L}+/gu, (word) => word.charAt(0).toUpperCase() + word.slice(1));
}

/** A field with a default is not required, as in Python; TypeBox lists it all the same. */
export function requiredWithoutDefault(required: unknown, properties: unknown): string[] {
  if (!Array.isArray(required) || !isSchema(properties)) return [];
  return required.filter((name: unknown): name is string => {
    const property = typeof name === 'string' ? properties[name] : undefined;
    return isSchema(property) && property.default === undefined;
  });
}

/** The name under which a schema is a component; undefined for a field's own schema, whose title is only a label. */
function componentName(schema: JsonSchema): string | undefined {
  const isModel = schema.type === 'object' && withRecordValues(schema).properties !== undefined;
  const rules = schema['x-wire'];
  const isEnum =
    Array.isArray(schema.enum) &&
    ((isSchema(rules) && rules.enumClass !== undefined && rules.enumClass !== false) || schema.$id !== undefined);
  return (isModel || isEnum) && nameOf(schema) !== '' ? nameOf(schema) : undefined;
}

/** A reference, nullable or not: Pydantic gives such a field no title. */
function isReferenceOnly(schema: OpenapiSchema): boolean {
  if (schema.$ref !== undefined) return true;
  if (!Array.isArray(schema.anyOf)) return false;
  const others = schema.anyOf.filter((branch: unknown) => isSchema(branch) && branch.type !== 'null');
  return others.length === 1 && isSchema(others[0]) && others[0].$ref !== undefined;
}
