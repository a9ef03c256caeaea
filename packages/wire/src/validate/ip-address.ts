import { isIPv4, isIPv6 } from 'node:net';
import type { Node } from './run.ts';
import { exactness, floorExactness, refuse } from './run.ts';
import type { JsonSchema } from './schema.ts';
import { assertKnownKeywords } from './schema.ts';

/** `IPv4Address` and `IPv6Address`: the value is the address in its shortest text. */
export function compileIpAddress(schema: JsonSchema, pointer: string): Node {
  assertKnownKeywords(schema, pointer, ['type', 'format']);
  const version = schema.format === 'ipv4' ? 4 : 6;
  const refusal = { type: `ip_v${version}_address`, msg: `Input is not a valid IPv${version} address` };
  return {
    label: `function-plain[IPv${version}Address()]`,
    check: (input, run) => {
      floorExactness(run, exactness.lax);
      if (version === 4) return typeof input === 'string' && isIPv4(input) ? input : refuse(run, input, refusal);
      if (typeof input !== 'string' || !isIPv6(input) || input.includes('%')) return refuse(run, input, refusal);
      return new URL(`http://[${input}]/`).hostname.slice(1, -1);
    },
  };
}
