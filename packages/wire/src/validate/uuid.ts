import type { WireProfile } from '../profile.ts';
import { parseUuid } from '../values/uuid.ts';
import type { Node } from './run.ts';
import { exactness, floorExactness, refuse } from './run.ts';
import type { JsonSchema } from './schema.ts';
import { assertKnownKeywords, wireRulesOf } from './schema.ts';

/** A UUID in any accepted spelling; the value is lower case and hyphenated. `uuid1`–`uuid8` demand that version. */
export function compileUuid(schema: JsonSchema, pointer: string, { uuidMessages }: WireProfile): Node {
  assertKnownKeywords(schema, pointer, ['type', 'format']);
  const strict = wireRulesOf(schema, pointer).strict === true;
  const version = /^uuid([1-8])$/.exec(String(schema.format))?.[1];
  return {
    label: 'uuid',
    check: (input, run) => {
      floorExactness(run, exactness.lax);
      if (strict) return refuse(run, input, notAnInstance);
      if (typeof input !== 'string') return refuse(run, input, notAText);
      const result = parseUuid(input, uuidMessages);
      if (!result.ok) {
        const msg = `Input should be a valid UUID, ${result.error}`;
        return refuse(run, input, { type: 'uuid_parsing', msg, ctx: { error: result.error } });
      }
      if (version !== undefined && !isOfVersion(result.value, version)) {
        const ctx = { expected_version: Number(version) };
        return refuse(run, input, { type: 'uuid_version', msg: `UUID version ${version} expected`, ctx });
      }
      return result.value;
    },
  };
}

/** Only UUIDs of RFC 9562's variant have a version. */
function isOfVersion(uuid: string, version: string): boolean {
  return uuid[14] === version && /[89ab]/.test(uuid.charAt(19));
}

const notAText = { type: 'uuid_type', msg: 'UUID input should be a string, bytes or UUID object' };
const notAnInstance = { type: 'is_instance_of', msg: 'Input should be an instance of UUID', ctx: { class: 'UUID' } };
