import type { WireProfile } from '../profile.ts';
import { stripPythonSpace } from '../values/python-text.ts';
import { UploadedFile } from '../values/uploaded-file.ts';
import type { FormFields } from './query-string.ts';

/** A form that could not be read: what FastAPI answers with 400. */
export interface UnreadableForm {
  problem: string;
}

/** Starlette's bounds; more is answered with 400. */
const maxFields = 1000;
const maxFiles = 1000;
const maxFieldBytes = 1_048_576;

/**
 * Reads `multipart/form-data` as Starlette with python-multipart does: what precedes the first boundary is skipped after
 * a line break only, what follows the last one is ignored, a part that is not closed is dropped. A part with a file name
 * is a file.
 */
export function parseMultipart(
  bytes: Uint8Array,
  contentType: string,
  { malformedMultipart, emptyFileIsMissing }: WireProfile,
): FormFields | UnreadableForm {
  const { boundary, charset } = parseOptions(contentType).options;
  if (boundary === undefined) return { problem: 'Missing boundary in multipart.' };
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: FormFields = new Map();
  const counts = { fields: 0, files: 0 };
  for (const part of partsOf(body, Buffer.from(`\r\n--${boundary}`, 'latin1'))) {
    if (part === 'broken') return { problem: malformedMultipart };
    const disposition = parseOptions(part.headers['content-disposition'] ?? '').options;
    if (disposition.name === undefined) return { problem: missingName };
    const isFile = disposition.filename !== undefined;
    const problem = countPart(counts, { isFile, length: part.data?.length ?? 0 });
    if (problem !== undefined) return { problem };
    if (part.data === undefined) continue;
    // What a browser sends of a control in which no file was chosen.
    if (emptyFileIsMissing && disposition.filename === '' && part.data.length === 0) continue;
    const name = decode(Buffer.from(disposition.name, 'latin1'), charset);
    const value = isFile ? readFile(part, disposition.filename ?? '', charset) : decode(part.data, charset);
    const values = fields.get(name);
    if (values === undefined) fields.set(name, [value]);
    else values.push(value);
  }
  return fields;
}

function countPart(
  counts: { fields: number; files: number },
  { isFile, length }: { isFile: boolean; length: number },
): string | undefined {
  counts[isFile ? 'files' : 'fields'] += 1;
  if (counts.files > maxFiles) return `Too many files. Maximum number of files is ${maxFiles}.`;
  if (counts.fields > maxFields) return `Too many fields. Maximum number of fields is ${maxFields}.`;
  return !isFile && length > maxFieldBytes ? 'Part exceeded maximum size of 1024KB.' : undefined;
}

function readFile({ headers, data }: Part, filename: string, charset: string | undefined): UploadedFile {
  return new UploadedFile({
    filename: decode(Buffer.from(filename, 'latin1'), charset),
    headers,
    bytes: data ?? new Uint8Array(),
  });
}

/**
 * A header's value before its first `;` and its parameters, as python-multipart reads them with Python's e-mail package:
 * the last of equal names counts, `name*` never does. Linear: a part's header may be long.
 */
export function parseOptions(header: string): { value: string; options: Readonly<Record<string, string>> } {
  const options: Record<string, string> = Object.create(null);
  // Only a value that stands alone is put in lower case.
  if (!header.includes(';')) return { value: stripPythonSpace(header.toLowerCase()), options };
  const [value = '', ...segments] = splitParameters(header);
  for (const segment of segments) {
    const equals = segment.indexOf('=');
    const name = equals === -1 ? segment : stripPythonSpace(segment.slice(0, equals)).toLowerCase();
    if (name.includes('*')) continue;
    const text = unquote(equals === -1 ? '' : stripPythonSpace(segment.slice(equals + 1)));
    options[name] = name === 'filename' ? withoutFolders(text) : text;
  }
  return { value, options };
}

/** The parts between semicolons outside quotes; a quote behind a backslash is none. */
function splitParameters(header: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quotes = 0;
  for (let at = 0; at < header.length; at += 1) {
    const character = header[at];
    if (character === '"' && (at === start || header[at - 1] !== '\\')) quotes += 1;
    if (character !== ';' || quotes % 2 === 1) continue;
    parts.push(stripPythonSpace(header.slice(start, at)));
    start = at + 1;
    quotes = 0;
  }
  parts.push(stripPythonSpace(header.slice(start)));
  return parts;
}

function unquote(text: string): string {
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) return text;
  return text.slice(1, -1).replaceAll('\\\\', '\\').replaceAll('\\"', '"');
}

/** Old browsers sent the whole path. */
function withoutFolders(filename: string): string {
  const isPath = filename.slice(1, 3) === ':\\' || filename.startsWith('\\\\');
  return isPath ? filename.slice(filename.lastIndexOf('\\') + 1) : filename;
}

const missingName = 'The Content-Disposition header field "name" must be provided.';
const broken = 'broken';

interface Part {
  /** Names in lower case; of equal names the last counts. */
  headers: Record<string, string>;
  /** Undefined when the part is not closed. */
  data: Buffer | undefined;
}

function* partsOf(body: Buffer, delimiter: Buffer): Generator<Part | typeof broken> {
  // After a line break everything up to the first hyphen is ignored.
  const start = body[0] === 0x0d || body[0] === 0x0a ? body.indexOf('-') : 0;
  if (start === -1 || start === body.length) return;
  // Before the first boundary there is no line break.
  const opening = delimiter.subarray(2);
  const sent = body.subarray(start, start + opening.length);
  if (!opening.subarray(0, sent.length).equals(sent)) {
    yield broken;
    return;
  }
  let at = start + opening.length;
  for (;;) {
    const end = body.toString('latin1', at, at + 2);
    if (end === '--' || end.length < 2) return;
    if (end !== '\r\n') {
      yield broken;
      return;
    }
    const headers = readHeaders(body, at + 2);
    if (headers === undefined) {
      yield broken;
      return;
    }
    const close = findDelimiter(body, delimiter, headers.end);
    yield {
      headers: headers.fields,
      data: close === -1 ? undefined : body.subarray(headers.end, close),
    };
    if (close === -1) return;
    at = close + delimiter.length;
  }
}

/** Only a boundary before a line break or `--` counts; a part may be empty, its boundary then follows the headers. */
function findDelimiter(body: Buffer, delimiter: Buffer, from: number): number {
  let found = body.indexOf(delimiter, from - 2);
  while (found !== -1) {
    const end = body.toString('latin1', found + delimiter.length, found + delimiter.length + 2);
    if (found >= from && (end === '\r\n' || end === '--')) return found;
    found = body.indexOf(delimiter, found + 1);
  }
  return -1;
}

function readHeaders(body: Buffer, start: number): { fields: Record<string, string>; end: number } | undefined {
  const fields: Record<string, string> = Object.create(null);
  let at = start;
  for (;;) {
    const end = body.indexOf('\r\n', at);
    // Not closed: no part begins here.
    if (end === -1) {
      fields['content-disposition'] ??= 'form-data; name=""';
      return { fields, end: body.length };
    }
    if (end === at) return { fields, end: at + 2 };
    const line = body.toString('latin1', at, end);
    const match = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ ]*([^\r]*)$/.exec(line);
    if (match === null) return undefined;
    const [, name = '', value = ''] = match;
    fields[name.toLowerCase()] = value;
    at = end + 2;
  }
}

/** Starlette falls back to Latin-1 when the bytes are not what they are said to be. */
function decode(bytes: Buffer, charset = 'utf-8'): string {
  try {
    return new TextDecoder(charset, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}
