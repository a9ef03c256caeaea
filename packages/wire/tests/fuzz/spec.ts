// A neutral description of an application: rendered to Python for FastAPI, and read for the facts that its OpenAPI
// document cannot show. Plain data, so that a shrinker can take any part out.

export interface Bounds {
  gt?: string;
  ge?: string;
  lt?: string;
  le?: string;
  multipleOf?: string;
}

export interface Lengths {
  min?: number;
  max?: number;
}

export type TypeSpec =
  | ({ kind: 'str'; pattern?: string; strip?: boolean; lower?: boolean; upper?: boolean; strict?: boolean } & Lengths)
  | ({ kind: 'int'; strict?: boolean } & Bounds)
  | ({ kind: 'float'; strict?: boolean; finite?: boolean } & Bounds)
  | ({ kind: 'decimal'; strict?: boolean; maxDigits?: number; places?: number } & Bounds)
  | { kind: 'bool'; strict?: boolean }
  | ({ kind: 'bytes' } & Lengths)
  | ({ kind: 'moment'; of: 'datetime' | 'date' | 'time' | 'timedelta'; strict?: boolean } & Bounds)
  /** A type that is its name in Python: `UUID4`, `EmailStr`, `HttpUrl`, `AwareDatetime`, `Any`. */
  | { kind: 'named'; name: string }
  | { kind: 'enum'; name: string }
  | { kind: 'literal'; values: (string | number | boolean | null)[] }
  | ({ kind: 'list' | 'set' | 'frozenset' | 'tupleOf'; item: TypeSpec } & Lengths)
  | { kind: 'tuple'; items: TypeSpec[] }
  | ({ kind: 'dict'; key: TypeSpec; value: TypeSpec } & Lengths)
  | { kind: 'union'; branches: TypeSpec[]; leftToRight?: boolean }
  | { kind: 'tagged'; models: string[]; property: string }
  | { kind: 'optional'; inner: TypeSpec }
  | { kind: 'model'; name: string }
  | { kind: 'file'; of: 'UploadFile' | 'bytes' };

export interface FieldSpec {
  name: string;
  type: TypeSpec;
  alias?: string;
  /** Python source; without it the field is required. */
  default?: string;
}

export interface ModelSpec {
  name: string;
  fields: FieldSpec[];
  extra?: 'forbid' | 'allow';
  strict?: boolean;
  stripWhitespace?: boolean;
  populateByName?: boolean;
}

export interface EnumSpec {
  name: string;
  base: 'str' | 'int' | 'plain';
  values: (string | number)[];
}

export interface ParameterSpec extends FieldSpec {
  in: 'path' | 'query' | 'header' | 'cookie' | 'form' | 'file' | 'body';
  /** A single body parameter as a member of an object. */
  embed?: boolean;
  /** All parameters of the place in one model. */
  isModel?: boolean;
}

/** What a route answers with: its parameters, or the value with the number in `?i=`. */
export type AnswerSpec =
  | { kind: 'echo' }
  | { kind: 'values'; type: TypeSpec; values: unknown[]; plain?: boolean; options?: AnswerOptions };

export interface AnswerOptions {
  excludeNone?: boolean;
  excludeUnset?: boolean;
  excludeDefaults?: boolean;
  include?: string[];
  exclude?: string[];
}

/** One route with everything that it needs. */
export interface Scenario {
  id: number;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** As in Python: `/r7/{p}`. */
  path: string;
  status?: number;
  enums: EnumSpec[];
  models: ModelSpec[];
  parameters: ParameterSpec[];
  answer: AnswerSpec;
}

/** A request as it goes over the wire. */
export interface RequestSpec {
  method: string;
  /** Path and query. */
  target: string;
  headers: [string, string][];
  /** Latin-1: one character a byte. */
  body?: string;
}
