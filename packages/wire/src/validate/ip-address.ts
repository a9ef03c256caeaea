import { ByteText } from '../values/byte-text.ts';
import { parseIpAddress } from '../values/ip-address.ts';
import type { Node } from './run.ts';
import { exactness, floorExactness, refuse } from './run.ts';
import type { JsonSchema } from './schema.ts';
import { assertKnownKeywords, wireRulesOf } from './schema.ts';

export interface IpAddressOptions {
  /** The input is what a handler made: a text is an address, not something that is read as one. */
  isTyped?: boolean | undefined;
}

/** `IPv4Address` and `IPv6Address`, also as a number: the value is the address as Python writes it. */
export function compileIpAddress(schema: JsonSchema, pointer: string, { isTyped }: IpAddressOptions): Node {
  assertKnownKeywords(schema, pointer, ['type', 'format']);
  const version = schema.format === 'ipv4' ? 4 : 6;
  const rules = wireRulesOf(schema, pointer);
  const notAnInstance = {
    type: 'is_instance_of',
    msg: `Input should be an instance of IPv${version}Address`,
    ctx: { class: `IPv${version}Address` },
  };
  const refusal = { type: `ip_v${version}_address`, msg: `Input is not a valid IPv${version} address` };
  return {
    label: labelOf(version, rules.stripWhitespace === true ? 'constrained-str' : 'str'),
    check: (input, run) => {
      floorExactness(run, exactness.lax);
      if (rules.strict === true && !(isTyped === true && typeof input === 'string'))
        return refuse(run, input, notAnInstance);
      return (
        parseIpAddress(input instanceof ByteText ? packed(input, version) : input, version) ??
        refuse(run, input, refusal)
      );
    },
  };
}

/** Python takes bytes for the number itself, and never for the address's text. */
function packed(sent: ByteText, version: 4 | 6): bigint | undefined {
  return sent.bytes.length === (version === 4 ? 4 : 16) ? BigInt(`0x${sent.toHex()}`) : undefined;
}

/** How pydantic-core describes the functions that it calls. */
function labelOf(version: 4 | 6, text: string): string {
  const strict = `json-or-python[json=function-after[IPv${version}Address(), ${text}],python=is-instance[IPv${version}Address]]`;
  return `lax-or-strict[lax=function-plain[ip_v${version}_address_validator()],strict=${strict}]`;
}
