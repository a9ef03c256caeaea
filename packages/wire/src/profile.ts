/**
 * What "FastAPI's behaviour" means depends on the releases that the incumbent ran. Every such switch that this package
 * knows is a member here; code asks the profile and never a version number. `profile/switches.ts` says, for each, what
 * a client sees and which release changed it; `profile/presets.ts` has the values by FastAPI release.
 */
export interface WireProfile {
  // Python
  /** JSON values nested deeper than this are refused with 400, as Python's recursion limit does. */
  readonly maxJsonDepth: number;
  /** Integers with more digits than this are refused with 400, as CPython's `sys.int_info.default_max_str_digits` does. */
  readonly maxIntegerDigits: number;
  /** What json.loads says of `{"a":1,}`: that a name is expected at the bracket, or that the comma before it is illegal. */
  readonly trailingComma: 'name-expected' | 'illegal-comma';
  /** The phrases of 413, 414, 416 and 422, which stand in answers whose application gave no detail. */
  readonly reasonPhrases: 'rfc7231' | 'rfc9110';

  // FastAPI: what is read
  /** A body without content-type is read as JSON; otherwise its raw text goes to validation. */
  readonly jsonWithoutContentType: boolean;
  /** A JSON null for a body or a body parameter counts as not sent, or is a value like any other. */
  readonly nullBody: 'absent' | 'value';
  /** An empty text for a `Form()` parameter without a default counts as not sent, as it always does for one with a default. */
  readonly emptyFormValueIsMissing: boolean;
  /** The same for a field of a form model. */
  readonly emptyFormModelValueIsMissing: boolean;
  /** A file control that was left empty (no name, no bytes) counts as not sent. */
  readonly emptyFileIsMissing: boolean;
  /** Defaults of parameters that were not sent are validated, and a model of parameters sees them as if they were sent. */
  readonly defaultsAreValidated: boolean;
  /** What a model of parameters sees of an undeclared one that was repeated. */
  readonly repeatedExtra: 'last' | 'all';

  // FastAPI: what is answered
  /** Prefix of the `url` that each item of a 422 carries, as in `https://errors.pydantic.dev/2.5/v/`; null: none. */
  readonly errorUrl: string | null;
  /** Status of HTTPBearer, HTTPDigest and APIKey when credentials are missing or of another kind; 401 has a challenge. */
  readonly missingCredentials: 401 | 403;
  /** What a handler gets of `Bearer  token`, which has two spaces. */
  readonly bearerCredentials: 'as-sent' | 'stripped';
  /** Numbers in answers: Python's `1e-07` and `1e-05`, or Rust's `1e-7` and `0.00001`. */
  readonly floatNotation: 'python' | 'rust';
  /** The members of a validation error in the OpenAPI document. */
  readonly validationErrorInOpenapi: 'loc-msg-type' | 'with-input-and-ctx';
  /** How the OpenAPI document shows bytes and files. */
  readonly binaryInOpenapi: 'format' | 'content-media-type';

  // Starlette and python-multipart
  /** `Vary: Origin` on every answer, and all four request headers in that of a preflight; otherwise only where needed. */
  readonly corsVaryAlways: boolean;
  /** Whether the methods that `*` stands for include QUERY. */
  readonly corsQueryMethod: boolean;
  /** A preflight that asks for the private network is refused; otherwise nobody looks. */
  readonly corsPrivateNetworkRefused: boolean;
  /** Most fields of an urlencoded form; more are a 400. Null: any number. */
  readonly maxFormFields: number | null;
  /** The 400 of a multipart body that cannot be read. */
  readonly malformedMultipart: string;
  /** `;` separates the fields of an urlencoded form where no `&` follows. */
  readonly semicolonSeparatesFields: boolean;
  /** A name without `=` at the end of an urlencoded form is no field. */
  readonly bareLastFieldIsLost: boolean;

  // Pydantic and email-validator
  /** How a bad UUID is explained: with a hint at `urn:uuid:`, and positions from 1 or from 0. */
  readonly uuidMessages: 'hint-from-1' | 'from-1' | 'from-0';
  /** A dictionary with too many items: how many it has, or `more`. */
  readonly dictionaryTooLong: 'counted' | 'more';
  /** Fractions of a millisecond in a number that is a unix time in milliseconds: of seconds by mistake, or exact. */
  readonly millisecondFraction: 'of-a-second' | 'exact';
  /** `.5` and `1.5e3` are unix times in a text. */
  readonly pointFirstTimestamp: boolean;
  /**
   * -1e-6 seconds: the fraction is added to the second below by mistake, or counted from it. Likewise a text with a point
   * above 2e13: milliseconds divided twice by mistake, or once.
   */
  readonly negativeTimestampFraction: 'added' | 'exact';
  /** A whole number of seconds beyond 999,999,999 days: its days wrap at 32 bits, or it is refused. */
  readonly durationOverflow: 'wraps' | 'refused';
  /** A line break in or around an e-mail address is refused; otherwise white space around it goes. */
  readonly emailLineBreaksRefused: boolean;
  /** A point may stand in the name before `<address>`. */
  readonly emailNamePoints: boolean;
  /** More than 64 characters before the @-sign are accepted. */
  readonly emailLongLocalPart: boolean;
  /** Look-alikes of the @-sign (U+FF20, U+FE6B) are named in the refusal; otherwise the sign is just missing. */
  readonly emailAtSignsNamed: boolean;
}

/** FastAPI 0.128.0, Starlette 0.50.0, Pydantic 2.13.5, email-validator 2.3.0, python-multipart 0.0.32, Python 3.11. */
export const fastapi0128: WireProfile = Object.freeze({
  maxJsonDepth: 950,
  maxIntegerDigits: 4300,
  trailingComma: 'name-expected',
  reasonPhrases: 'rfc7231',
  jsonWithoutContentType: true,
  nullBody: 'absent',
  emptyFormValueIsMissing: true,
  emptyFormModelValueIsMissing: false,
  emptyFileIsMissing: false,
  defaultsAreValidated: true,
  repeatedExtra: 'all',
  errorUrl: null,
  missingCredentials: 401,
  bearerCredentials: 'as-sent',
  floatNotation: 'python',
  validationErrorInOpenapi: 'loc-msg-type',
  binaryInOpenapi: 'format',
  corsVaryAlways: false,
  corsQueryMethod: false,
  corsPrivateNetworkRefused: false,
  maxFormFields: null,
  malformedMultipart: 'There was an error parsing the body',
  semicolonSeparatesFields: false,
  bareLastFieldIsLost: false,
  uuidMessages: 'from-1',
  dictionaryTooLong: 'counted',
  millisecondFraction: 'exact',
  pointFirstTimestamp: true,
  negativeTimestampFraction: 'added',
  durationOverflow: 'wraps',
  emailLineBreaksRefused: false,
  emailNamePoints: false,
  emailLongLocalPart: true,
  emailAtSignsNamed: true,
});
