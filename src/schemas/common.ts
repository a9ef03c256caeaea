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

/** The envelope of the incumbent's answers. */
export function envelope<Properties extends TProperties>(title: string, properties: Properties) {
  return model(title, { success: Type.Boolean(), ...properties });
}
