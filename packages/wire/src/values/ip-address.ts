import { isIPv4, isIPv6 } from 'node:net';

/** The address as Python's ipaddress writes it; it also reads the number of an address. Undefined when it is none. */
export function parseIpAddress(input: unknown, version: 4 | 6): string | undefined {
  if (typeof input === 'string') return version === 4 ? parseIpv4(input) : parseIpv6(input);
  const isInteger = typeof input === 'bigint' || typeof input === 'boolean' || Number.isInteger(input);
  if (!isInteger) return undefined;
  const number = BigInt(Number.isInteger(input) || typeof input === 'bigint' ? String(input) : Number(input));
  if (number < 0n || number >= (version === 4 ? 2n ** 32n : 2n ** 128n)) return undefined;
  return version === 4 ? textOfIpv4(number) : textOfIpv6(number);
}

function parseIpv4(text: string): string | undefined {
  return isIPv4(text) ? text : undefined;
}

function parseIpv6(text: string): string | undefined {
  const [address = '', ...zones] = text.split('%');
  const [zone] = zones;
  if (zones.length > 1 || zone === '' || text.includes('/') || !isIPv6(address)) return undefined;
  const hostname = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  return zone === undefined ? hostname : `${hostname}%${zone}`;
}

function textOfIpv4(number: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (number >> shift) & 0xffn).join('.');
}

function textOfIpv6(number: bigint): string | undefined {
  const groups = Array.from({ length: 8 }, (_, index) => ((number >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  return parseIpv6(groups.join(':'));
}
