import { setOwn } from '../json/key-order.ts';
import type { UploadedFile } from '../values/uploaded-file.ts';
import { decodePercent } from './percent.ts';

/** What a form holds under a name: texts, and files where it is multipart. */
export type FormValue = string | UploadedFile;

/** The names and values of a query string or a form, each name with its values in the order sent. */
export type FormFields = Map<string, FormValue[]>;

/**
 * Reads `application/x-www-form-urlencoded` text as Python's `parse_qsl(keep_blank_values=True)` does: only `&`
 * separates, `+` is a space, a bare name is the empty text, undecodable bytes become U+FFFD. Never throws.
 */
export function parseFormFields(text: string): FormFields {
  const fields: FormFields = new Map();
  for (const part of text.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = decodeField(equals === -1 ? part : part.slice(0, equals));
    const value = equals === -1 ? '' : decodeField(part.slice(equals + 1));
    const texts = fields.get(name);
    if (texts === undefined) fields.set(name, [value]);
    else texts.push(value);
  }
  return fields;
}

const queryFields = new WeakMap<object, FormFields>();

/** Fastify's querystring parser: an object in which the last repetition wins; {@link queryFieldsOf} has all of them. */
export function parseQueryString(text: string): Record<string, unknown> {
  const query: Record<string, unknown> = {};
  if (text === '') return query;
  const fields = parseFormFields(text);
  for (const [name, texts] of fields) setOwn(query, name, texts.at(-1));
  queryFields.set(query, fields);
  return query;
}

const noFields: FormFields = new Map();

/** Every repetition of a query that {@link parseQueryString} made. */
export function queryFieldsOf(query: unknown): FormFields {
  return (typeof query === 'object' && query !== null ? queryFields.get(query) : undefined) ?? noFields;
}

function decodeField(text: string): string {
  return decodePercent(text.replaceAll('+', ' '));
}
