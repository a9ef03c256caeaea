import { setOwn } from '../json/key-order.ts';
import type { WireProfile } from '../profile.ts';
import type { UploadedFile } from '../values/uploaded-file.ts';
import { decodePercent } from './percent.ts';

/** What a form holds under a name: texts, and files where it is multipart. */
export type FormValue = string | UploadedFile;

/** The names and values of a query string or a form, each name with its values in the order sent. */
export type FormFields = Map<string, FormValue[]>;

/**
 * Reads `application/x-www-form-urlencoded` text as Python's `parse_qsl(keep_blank_values=True)` does: `&`
 * alone separates, `+` is a space, a bare name is the empty text, undecodable bytes become U+FFFD. Never throws.
 */
export function parseFormFields(text: string): FormFields {
  return readFields(text.split('&'));
}

/** Oddities of python-multipart; see {@link WireProfile}. */
export type FormOddities = Pick<WireProfile, 'semicolonSeparatesFields' | 'bareLastFieldIsLost'>;

/** As {@link parseFormFields}, but as python-multipart cut a form up before it followed the URL standard. */
export function parseOlderFormFields(
  text: string,
  { semicolonSeparatesFields, bareLastFieldIsLost }: FormOddities,
): FormFields {
  const parts: string[] = [];
  for (let at = 0; at < text.length; ) {
    const ampersand = text.indexOf('&', at);
    const separator = ampersand === -1 && semicolonSeparatesFields ? text.indexOf(';', at) : ampersand;
    const sent = text.slice(at, separator === -1 ? undefined : separator);
    const part = semicolonSeparatesFields ? sent.replace(/^;+/, '') : sent;
    if (separator !== -1 || !bareLastFieldIsLost || part.includes('=')) parts.push(part);
    if (separator === -1) break;
    at = separator + 1;
  }
  return readFields(parts);
}

function readFields(parts: readonly string[]): FormFields {
  const fields: FormFields = new Map();
  for (const part of parts) {
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
