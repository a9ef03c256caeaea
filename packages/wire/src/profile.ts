/**
 * What "FastAPI's behaviour" means depends on the versions that the incumbent ran. Every such switch that this package
 * knows is a member here; code asks the profile and never a version number.
 */
export interface WireProfile {
  /** JSON values nested deeper than this are refused with 400, as Python's recursion limit does. */
  readonly maxJsonDepth: number;
  /** Integers with more digits than this are refused, as CPython's `sys.int_info.default_max_str_digits` does. */
  readonly maxIntegerDigits: number;
  /** FastAPI < 0.132 reads a body without content-type as JSON; later versions hand its raw text to validation. */
  readonly jsonWithoutContentType: boolean;
  /** FastAPI >= 0.123.2 takes an empty form value for an absent one. */
  readonly emptyFormValueIsMissing: boolean;
  /** FastAPI >= 0.128.1 shows `input` and `ctx` in the schema of a validation error. */
  readonly validationErrorInOpenapi: 'loc-msg-type' | 'with-input-and-ctx';
  /** FastAPI < 0.130 writes numbers with Python's json (`1e-07`), later ones with Rust's (`1e-7`). */
  readonly floatNotation: 'python' | 'rust';
  /** Starlette >= 1.0 sends `Vary: Origin` on every answer, earlier ones only when the origin was mirrored. */
  readonly corsVaryAlways: boolean;
}

/** FastAPI 0.128.0, Starlette 0.47.3, pydantic 2.13.5, Python 3.11: the default. */
export const fastapi0128: WireProfile = Object.freeze({
  maxJsonDepth: 950,
  maxIntegerDigits: 4300,
  jsonWithoutContentType: true,
  emptyFormValueIsMissing: true,
  validationErrorInOpenapi: 'loc-msg-type',
  floatNotation: 'python',
  corsVaryAlways: false,
});
