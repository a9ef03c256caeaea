import type { SchemaOptions, TUnsafe } from '@sinclair/typebox';
import { Type } from '@sinclair/typebox';
import type { CalendarDate, DateTime, TimeOfDay } from './values/date-time.ts';
import type { UploadedFile } from './values/uploaded-file.ts';

// TypeBox types a schema by what JSON holds; these are the schemas whose validated value is something else.

/** `datetime`: the validated value is a {@link DateTime}. */
export function WireDateTime(options: SchemaOptions = {}): TUnsafe<DateTime> {
  return Type.Unsafe<DateTime>({ ...options, type: 'string', format: 'date-time' });
}

/** `date`: the validated value is a {@link CalendarDate}. */
export function WireDate(options: SchemaOptions = {}): TUnsafe<CalendarDate> {
  return Type.Unsafe<CalendarDate>({ ...options, type: 'string', format: 'date' });
}

/** `time`: the validated value is a {@link TimeOfDay}. */
export function WireTime(options: SchemaOptions = {}): TUnsafe<TimeOfDay> {
  return Type.Unsafe<TimeOfDay>({ ...options, type: 'string', format: 'time' });
}

/** `UUID`: the validated value is lower case and hyphenated, whatever spelling was sent. */
export function WireUuid(options: SchemaOptions = {}): TUnsafe<string> {
  return Type.Unsafe<string>({ ...options, type: 'string', format: 'uuid' });
}

/** `int` of any size: a bigint beyond 2^53. `Type.Integer` with bounds inside that range is a number always. */
export function WireInteger(options: SchemaOptions = {}): TUnsafe<number | bigint> {
  return Type.Unsafe<number | bigint>({ ...options, type: 'integer' });
}

/** A file of a multipart form: the validated value is an {@link UploadedFile}. For `config.wire.form` only. */
export function WireFile(options: SchemaOptions = {}): TUnsafe<UploadedFile> {
  return Type.Unsafe<UploadedFile>({ ...options, type: 'string', format: 'binary', 'x-wire': { type: 'UploadFile' } });
}

/** The content of such a file, bounded by `minLength` and `maxLength`, as `bytes` with `File()` is in Python. */
export function WireFileBytes(options: SchemaOptions = {}): TUnsafe<Uint8Array> {
  return Type.Unsafe<Uint8Array>({ ...options, type: 'string', format: 'binary', 'x-wire': { type: 'File' } });
}
