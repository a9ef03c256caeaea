import { parseUrl } from '../values/parse-url.ts';
import type { Node, Run } from './run.ts';
import { exactness, floorExactness, refuse } from './run.ts';
import type { JsonSchema, NamedType } from './schema.ts';
import { assertKnownKeywords, numberKeyword, UnsupportedSchemaError, wireRulesOf } from './schema.ts';
import { codePointLength, listAlternatives } from './text.ts';
import { checkValueLength } from './value-length.ts';

interface UrlType {
  schemes?: readonly string[];
  /** The bound that the type itself has; another `maxLength` is a field's own. */
  maxLength?: number;
}

const urlTypes: Partial<Record<NamedType, UrlType>> = {
  AnyUrl: {},
  AnyHttpUrl: { schemes: ['http', 'https'] },
  HttpUrl: { schemes: ['http', 'https'], maxLength: 2083 },
  AnyWebsocketUrl: { schemes: ['ws', 'wss'] },
  WebsocketUrl: { schemes: ['ws', 'wss'], maxLength: 2083 },
  FileUrl: { schemes: ['file'] },
  FtpUrl: { schemes: ['ftp'] },
};

/** A URL of Pydantic's; the value is its serialised text. Without a rule, a bound of 2083 means HttpUrl. */
export function compileUrl(schema: JsonSchema, pointer: string): Node {
  assertKnownKeywords(schema, pointer, ['type', 'format', 'minLength', 'maxLength']);
  const bound = numberKeyword(schema, 'maxLength', pointer);
  const type = urlTypes[wireRulesOf(schema, pointer).type ?? (bound === 2083 ? 'HttpUrl' : 'AnyUrl')];
  if (type === undefined) throw new UnsupportedSchemaError(`${pointer}/x-wire/type`, 'not the name of a URL type');
  const { schemes, maxLength = Number.POSITIVE_INFINITY } = type;
  const ownBound = bound === maxLength ? undefined : bound;
  return {
    // The name of the function in Pydantic that such a field runs through.
    label: 'function-wrap[wrap_val()]',
    check: (input, run) => {
      floorExactness(run, exactness.lax);
      if (typeof input !== 'string') {
        return refuse(run, input, { type: 'url_type', msg: 'URL input should be a string or URL' });
      }
      if (codePointLength(input) > maxLength) return tooLong(input, run, maxLength);
      const url = parseUrl(input);
      if (!url.ok) {
        const msg = `Input should be a valid URL, ${url.error}`;
        return refuse(run, input, { type: 'url_parsing', msg, ctx: { error: url.error } });
      }
      if (schemes !== undefined && !schemes.includes(url.scheme)) return wrongScheme(input, run, schemes);
      return checkValueLength(url.href, { input, run, max: ownBound });
    },
  };
}

function tooLong(input: string, run: Run, maxLength: number): unknown {
  const msg = `URL should have at most ${maxLength} characters`;
  return refuse(run, input, { type: 'url_too_long', msg, ctx: { max_length: maxLength } });
}

function wrongScheme(input: string, run: Run, schemes: readonly string[]): unknown {
  const expected = listAlternatives(schemes);
  return refuse(run, input, {
    type: 'url_scheme',
    msg: `URL scheme should be ${expected}`,
    ctx: { expected_schemes: expected },
  });
}
