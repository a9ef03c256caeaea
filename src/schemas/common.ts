import {
  type SchemaOptions,
  type TNull,
  type TObject,
  type TProperties,
  type TSchema,
  type TUnion,
  Type,
} from '@sinclair/typebox';

/** An object with a name: it becomes a component of the OpenAPI document, as a Pydantic model does. */
export function model<Properties extends TProperties>(title: string, properties: Properties): TObject<Properties> {
  return Type.Object(properties, { title });
}

/** `T | None`. */
export function nullable<Schema extends TSchema>(schema: Schema, options?: SchemaOptions): TUnion<[Schema, TNull]> {
  return Type.Union([schema, Type.Null()], options);
}

/** A field that a client may leave out and that has a value all the same: its schema's default. */
export function defaulted<Schema extends TSchema>(schema: Schema): Schema {
  // Validation puts the default in place: whoever reads the value never meets undefined.
  return Type.Optional(schema) as unknown as Schema;
}

/** The envelope of the incumbent's answers. */
export function envelope<Properties extends TProperties>(title: string, properties: Properties) {
  return model(title, { success: Type.Boolean(), ...properties });
}
