import type { WireProfile } from '../profile.ts';

/** What there is to know of one member of a profile. */
export interface Switch {
  /** What a client sees of it. */
  readonly sees: string;
  readonly library: Library;
  /** From the oldest release on that is known; `since` is the first release with the value. Empty: it is a limit to set. */
  readonly values: readonly { readonly since?: string; readonly value: string | number | boolean | null }[];
  /** `measured`: releases on both sides were run. Otherwise where it is written. */
  readonly source: string;
  readonly accepts: Values;
}

/** What releases are of. */
export const libraries = ['Python', 'FastAPI', 'Starlette', 'python-multipart', 'Pydantic', 'email-validator'] as const;
export type Library = (typeof libraries)[number];

/** What a member may be: one of a list, a whole number from a least one on, a text, or (for some) null. */
export type Values =
  | { readonly oneOf: readonly (string | number | boolean)[] }
  | { readonly atLeast: number; readonly orNull?: true }
  | { readonly text: RegExp; readonly orNull?: true };

const flag = { oneOf: [false, true] } as const;
const measured = 'measured';

/** Every member of {@link WireProfile}; the table in the README is made of this. */
export const switches: Readonly<Record<keyof WireProfile, Switch>> = Object.freeze({
  maxJsonDepth: {
    sees: "a body nested deeper is a 400: Python's recursion limit, less what the server's own frames take",
    library: 'Python',
    values: [],
    source: measured,
    accepts: { atLeast: 1 },
  },
  maxIntegerDigits: {
    sees: 'a longer integer is a 400 (no limit before Python 3.10.7)',
    library: 'Python',
    values: [],
    source: 'docs.python.org/3/library/stdtypes.html#int-max-str-digits',
    accepts: { atLeast: 1 },
  },
  trailingComma: {
    sees: 'ctx.error and position of json_invalid for `{"a":1,}` and `[1,]`',
    library: 'Python',
    values: [{ value: 'name-expected' }, { since: '3.13.0', value: 'illegal-comma' }],
    source: 'recorded json.loads of 3.10, 3.12 and 3.13',
    accepts: { oneOf: ['name-expected', 'illegal-comma'] },
  },
  reasonPhrases: {
    sees: '`Unprocessable Entity` or `Unprocessable Content` where an application raised 422 without a detail; 413, 414, 416 likewise',
    library: 'Python',
    values: [{ value: 'rfc7231' }, { since: '3.13.0', value: 'rfc9110' }],
    source: 'docs.python.org/3/library/http.html#http-status-codes',
    accepts: { oneOf: ['rfc7231', 'rfc9110'] },
  },
  jsonWithoutContentType: {
    sees: 'a JSON body without content-type: accepted, or model_attributes_type with its text as input',
    library: 'FastAPI',
    values: [{ value: true }, { since: '0.132.0', value: false }],
    source: measured,
    accepts: flag,
  },
  nullBody: {
    sees: 'JSON null for a body or body parameter: `missing`, or the error (or value) of a null',
    library: 'FastAPI',
    values: [{ value: 'absent' }, { since: '0.151.0', value: 'value' }],
    source: measured,
    accepts: { oneOf: ['absent', 'value'] },
  },
  emptyFormValueIsMissing: {
    sees: '`name=` for a required form field: the empty text, or `missing`',
    library: 'FastAPI',
    values: [{ value: false }, { since: '0.123.2', value: true }],
    source: measured,
    accepts: flag,
  },
  emptyFormModelValueIsMissing: {
    sees: 'the same for a field of a form model',
    library: 'FastAPI',
    values: [{ value: false }, { since: '0.149.0', value: true }],
    source: measured,
    accepts: flag,
  },
  emptyFileIsMissing: {
    sees: 'an upload control that was left empty: a file without a name, or `missing`',
    library: 'FastAPI',
    values: [{ value: false }, { since: '0.150.0', value: true }],
    source: measured,
    accepts: flag,
  },
  defaultsAreValidated: {
    sees: 'a default that breaks its own rule is a 422; `input` of a parameter model shows its list defaults',
    library: 'FastAPI',
    values: [{ value: true }, { since: '0.148.0', value: false }],
    source: measured,
    accepts: flag,
  },
  repeatedExtra: {
    sees: '`input` of extra_forbidden in a parameter model, for `?zz=1&zz=2`: `"2"` or `["1","2"]`',
    library: 'FastAPI',
    values: [{ value: 'last' }, { since: '0.123.2', value: 'all' }],
    source: measured,
    accepts: { oneOf: ['last', 'all'] },
  },
  errorUrl: {
    sees: 'a `url` in every item of a 422 but json_invalid',
    library: 'FastAPI',
    values: [{ value: 'https://errors.pydantic.dev/2.5/v/' }, { since: '0.110.2', value: null }],
    source: 'measured with 0.109.0 and 0.115.14; release notes of 0.110.2',
    accepts: { text: /^https?:\/\/\S+\/$/, orNull: true },
  },
  missingCredentials: {
    sees: 'no or foreign credentials at HTTPBearer, HTTPDigest, APIKey: 403, or 401 with `WWW-Authenticate`; a foreign scheme is `Invalid authentication credentials` or `Not authenticated`',
    library: 'FastAPI',
    values: [{ value: 403 }, { since: '0.122.0', value: 401 }],
    source: measured,
    accepts: { oneOf: [401, 403] },
  },
  bearerCredentials: {
    sees: '`Authorization: Bearer  token` with two spaces: a token that starts with a space, or the token',
    library: 'FastAPI',
    values: [{ value: 'as-sent' }, { since: '0.128.1', value: 'stripped' }],
    source: measured,
    accepts: { oneOf: ['as-sent', 'stripped'] },
  },
  floatNotation: {
    sees: 'small numbers in answers of a response model: `1e-05` or `0.00001`, `1e-07` or `1e-7`',
    library: 'FastAPI',
    values: [{ value: 'python' }, { since: '0.130.0', value: 'rust' }],
    source: measured,
    accepts: { oneOf: ['python', 'rust'] },
  },
  validationErrorInOpenapi: {
    sees: 'components.schemas.ValidationError of the OpenAPI document',
    library: 'FastAPI',
    values: [{ value: 'loc-msg-type' }, { since: '0.128.1', value: 'with-input-and-ctx' }],
    source: measured,
    accepts: { oneOf: ['loc-msg-type', 'with-input-and-ctx'] },
  },
  binaryInOpenapi: {
    sees: '`format: binary` or `contentMediaType: application/octet-stream` in the OpenAPI document',
    library: 'FastAPI',
    values: [{ value: 'format' }, { since: '0.129.1', value: 'content-media-type' }],
    source: measured,
    accepts: { oneOf: ['format', 'content-media-type'] },
  },
  corsVaryAlways: {
    sees: '`Vary: Origin` on every answer, and the names of four request headers in that of a preflight',
    library: 'Starlette',
    values: [{ value: false }, { since: '1.7.0', value: true }],
    source: measured,
    accepts: flag,
  },
  corsQueryMethod: {
    sees: 'QUERY in `Access-Control-Allow-Methods` where all methods are allowed',
    library: 'Starlette',
    values: [{ value: false }, { since: '1.7.0', value: true }],
    source: measured,
    accepts: flag,
  },
  corsPrivateNetworkRefused: {
    sees: 'a preflight with `Access-Control-Request-Private-Network: true`: 200, or 400 `Disallowed CORS private-network`',
    library: 'Starlette',
    values: [{ value: false }, { since: '0.51.0', value: true }],
    source: measured,
    accepts: flag,
  },
  maxFormFields: {
    sees: 'an urlencoded form with more fields is a 400',
    library: 'Starlette',
    values: [{ value: null }, { since: '1.3.1', value: 1000 }],
    source: measured,
    accepts: { atLeast: 1, orNull: true },
  },
  malformedMultipart: {
    sees: 'the detail of the 400 of a multipart body that cannot be read',
    library: 'Starlette',
    values: [{ value: 'There was an error parsing the body' }, { since: '1.7.0', value: 'Invalid multipart data.' }],
    source: measured,
    accepts: { text: /^.+$/ },
  },
  semicolonSeparatesFields: {
    sees: '`a=1;b=2` in an urlencoded form: two fields, or one',
    library: 'python-multipart',
    values: [{ value: true }, { since: '0.0.30', value: false }],
    source: measured,
    accepts: flag,
  },
  bareLastFieldIsLost: {
    sees: '`a=1&b` in an urlencoded form: one field, or two',
    library: 'python-multipart',
    values: [{ value: true }, { since: '0.0.25', value: false }],
    source: measured,
    accepts: flag,
  },
  uuidMessages: {
    sees: 'the words and positions of uuid_parsing',
    library: 'Pydantic',
    values: [{ value: 'hint-from-1' }, { since: '2.13.0', value: 'from-1' }, { since: '2.14.0', value: 'from-0' }],
    source: measured,
    accepts: { oneOf: ['hint-from-1', 'from-1', 'from-0'] },
  },
  dictionaryTooLong: {
    sees: 'the words of too_long for a dictionary: `not 3` or `not more`',
    library: 'Pydantic',
    values: [{ value: 'counted' }, { since: '2.14.2', value: 'more' }],
    source: measured,
    accepts: { oneOf: ['counted', 'more'] },
  },
  millisecondFraction: {
    sees: 'the microseconds of a datetime sent as 1654646400123.456',
    library: 'Pydantic',
    values: [{ value: 'of-a-second' }, { since: '2.12.0', value: 'exact' }],
    source: measured,
    accepts: { oneOf: ['of-a-second', 'exact'] },
  },
  pointFirstTimestamp: {
    sees: '`".5"` and `"1.5e3"` for a datetime: refused, or the seconds after 1970 began',
    library: 'Pydantic',
    values: [{ value: false }, { since: '2.12.0', value: true }],
    source: measured,
    accepts: flag,
  },
  negativeTimestampFraction: {
    sees: 'the microseconds of a datetime sent as -0.000001, the year of one sent as "253402300799999.5"',
    library: 'Pydantic',
    values: [{ value: 'added' }, { since: '2.14.2', value: 'exact' }],
    source: measured,
    accepts: { oneOf: ['added', 'exact'] },
  },
  durationOverflow: {
    sees: 'a timedelta sent as 9223372036854775807: some other duration, or time_delta_parsing',
    library: 'Pydantic',
    values: [{ value: 'wraps' }, { since: '2.14.1', value: 'refused' }],
    source: measured,
    accepts: { oneOf: ['wraps', 'refused'] },
  },
  emailLineBreaksRefused: {
    sees: 'an e-mail address with a line break after it: the address, or a value_error',
    library: 'Pydantic',
    values: [{ value: false }, { since: '2.14.0', value: true }],
    source: measured,
    accepts: flag,
  },
  emailNamePoints: {
    sees: '`A. B <a@b.com>` for an e-mail address: a value_error, or the address',
    library: 'Pydantic',
    values: [{ value: false }, { since: '2.14.0', value: true }],
    source: measured,
    accepts: flag,
  },
  emailLongLocalPart: {
    sees: 'more than 64 characters before the @-sign: a value_error, or the address',
    library: 'email-validator',
    values: [{ value: false }, { since: '2.3.0', value: true }],
    source: measured,
    accepts: flag,
  },
  emailAtSignsNamed: {
    sees: 'the words for a full-width @-sign',
    library: 'email-validator',
    values: [{ value: false }, { since: '2.3.0', value: true }],
    source: measured,
    accepts: flag,
  },
});

/** In words: `FastAPI 0.132.0: true → false`. */
export function describeChange({ library, values }: Switch): string {
  const [first, ...later] = values;
  if (first === undefined) return `${library}: a limit`;
  const steps = later.map(({ since = '', value }) => `${since}: → \`${String(value)}\``);
  return `${library} \`${String(first.value)}\`; ${steps.join('; ')}`;
}
