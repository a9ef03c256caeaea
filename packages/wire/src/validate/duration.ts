import type { WireProfile } from '../profile.ts';
import { Decimal } from '../values/decimal.ts';
import { Duration, durationInWords } from '../values/duration.ts';
import { Float } from '../values/float.ts';
import { parseDurationText } from '../values/parse-duration.ts';
import type { Parsed } from '../values/parse-temporal.ts';
import type { Node } from './run.ts';
import { exactness, floorExactness, refuse } from './run.ts';
import type { JsonSchema } from './schema.ts';
import { assertKnownKeywords, UnsupportedSchemaError, wireRulesOf } from './schema.ts';
import { compileOrder } from './temporal-rules.ts';

/** `timedelta`: ISO 8601, `1 day 02:03:04`, or a number of seconds; the value is a Duration. */
export function compileDuration(schema: JsonSchema, pointer: string, { durationOverflow }: WireProfile): Node {
  assertKnownKeywords(schema, pointer, ['type', 'format']);
  const rules = wireRulesOf(schema, pointer);
  const strict = rules.strict === true;
  const refusalOf = compileOrder<Duration, Duration>(rules, (text) => {
    const parsed = parseDurationText(text);
    if (!parsed.ok) throw new UnsupportedSchemaError(pointer, `${text} is no duration`);
    return { value: parsed.value, shown: durationInWords(parsed.value), compare };
  });
  return {
    label: 'timedelta',
    check: (input, run) => {
      const isTyped = input instanceof Duration;
      if (!isTyped) floorExactness(run, exactness.lax);
      const result = strict && !isTyped ? undefined : readDuration(input, durationOverflow);
      if (result === undefined) return refuse(run, input, notADuration);
      if (!result.ok) {
        const msg = `Input should be a valid timedelta, ${result.error}`;
        return refuse(run, input, { type: 'time_delta_parsing', msg, ctx: { error: result.error } });
      }
      const refusal = refusalOf?.(result.value);
      if (refusal === undefined) return result.value;
      // pydantic-core reports the bounds of the value that it made, and FastAPI shows a timedelta as its seconds.
      return refuse(run, new Float(result.value.totalSeconds), refusal);
    },
  };
}

const notADuration = { type: 'time_delta_type', msg: 'Input should be a valid timedelta' };

function compare(value: Duration, limit: Duration): number {
  const difference = value.totalMicroseconds - limit.totalMicroseconds;
  if (difference === 0n) return 0;
  return difference < 0n ? -1 : 1;
}

function readDuration(input: unknown, overflow: Overflow): Parsed<Duration> | undefined {
  if (typeof input === 'string') return parseDurationText(input);
  if (input instanceof Duration) return { ok: true, value: input };
  if (typeof input === 'boolean') return Duration.from({ negative: false, seconds: Number(input) });
  if (typeof input === 'bigint' || (typeof input === 'number' && Number.isInteger(input))) {
    return fromWholeSeconds(BigInt(input), overflow);
  }
  if (input instanceof Decimal) return readDuration(new Float(Number(input)), overflow);
  const number = input instanceof Float ? input.value : input;
  if (typeof number !== 'number') return undefined;
  if (Number.isNaN(number)) return { ok: false, error: 'NaN values not permitted' };
  const magnitude = Math.abs(number);
  const seconds = Math.floor(magnitude);
  const microseconds = Math.round((magnitude - seconds) * 1_000_000);
  return Duration.from({ negative: number < 0, seconds, microseconds });
}

type Overflow = WireProfile['durationOverflow'];

/** pydantic-core kept a number's days in 32 bits: huge ones wrapped around before they were looked at. */
function fromWholeSeconds(total: bigint, overflow: Overflow): Parsed<Duration> {
  const magnitude = total < 0n ? -total : total;
  const fits = total >= -(2n ** 63n) && total < 2n ** 63n;
  const days = fits ? magnitude / 86_400n : 2n ** 32n;
  const kept = overflow === 'wraps' && fits ? BigInt.asUintN(32, days) : days;
  return Duration.from({ negative: total < 0n, days: Number(kept), seconds: Number(magnitude % 86_400n) });
}
