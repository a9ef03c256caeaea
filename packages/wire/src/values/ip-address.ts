import { isIPv4, isIPv6 } from 'node:net';
import { reprOfText } from './python-text.ts';

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

/** What Python's ipaddress says of a text that is no IPv4 address; undefined for one that is. */
export function explainIpv4(text: string): string | undefined {
  if (text === '') return 'Address cannot be empty';
  const octets = text.split('.');
  if (octets.length !== 4) return `Expected 4 octets in ${reprOfText(text)}`;
  const problem = octets.map(explainOctet).find((words) => words !== undefined);
  return problem === undefined ? undefined : `${problem} in ${reprOfText(text)}`;
}

function explainOctet(octet: string): string | undefined {
  if (octet === '') return 'Empty octet not permitted';
  if (!/^\d+$/.test(octet)) return `Only decimal digits permitted in ${reprOfText(octet)}`;
  if (octet.length > 3) return `At most 3 characters permitted in ${reprOfText(octet)}`;
  if (octet !== '0' && octet.startsWith('0')) return `Leading zeros are not permitted in ${reprOfText(octet)}`;
  return Number(octet) > 255 ? `Octet ${Number(octet)} (> 255) not permitted` : undefined;
}

/** The same for IPv6. */
export function explainIpv6(text: string): string | undefined {
  if (text.includes('/')) return `Unexpected '/' in ${reprOfText(text)}`;
  const [address = '', ...zones] = text.split('%');
  if (zones.length > 1 || zones[0] === '') return `Invalid IPv6 address: "${text}"`;
  if (address === '') return 'Address cannot be empty';
  const parts = address.split(':');
  if (parts.length < 3) return `At least 3 parts expected in ${reprOfText(address)}`;
  const last = parts.at(-1) ?? '';
  if (last.includes('.')) {
    const error = explainIpv4(last);
    if (error !== undefined) return `${error} in ${reprOfText(address)}`;
    parts.splice(-1, 1, '0', '0');
  }
  if (parts.length > 9) return `At most 8 colons permitted in ${reprOfText(address)}`;
  return explainParts(parts, address);
}

function explainParts(parts: readonly string[], address: string): string | undefined {
  const gaps = [...parts.keys()].slice(1, -1).filter((index) => parts[index] === '');
  const [gap] = gaps;
  if (gaps.length > 1) return `At most one '::' permitted in ${reprOfText(address)}`;
  if (gap === undefined && parts.length !== 8) return `Exactly 8 parts expected without '::' in ${reprOfText(address)}`;
  const side = (end: string): string => `${end} ':' only permitted as part of '::' in ${reprOfText(address)}`;
  if (parts[0] === '' && gap !== 1) return side('Leading');
  if (parts.at(-1) === '' && gap !== parts.length - 2) return side('Trailing');
  if (gap !== undefined && parts.filter((part) => part !== '').length > 7) {
    return `Expected at most 7 other parts with '::' in ${reprOfText(address)}`;
  }
  const problem = parts
    .filter((part) => part !== '')
    .map(explainHextet)
    .find((words) => words !== undefined);
  return problem === undefined ? undefined : `${problem} in ${reprOfText(address)}`;
}

function explainHextet(hextet: string): string | undefined {
  if (!/^[0-9a-f]+$/i.test(hextet)) return `Only hex digits permitted in ${reprOfText(hextet)}`;
  return hextet.length > 4 ? `At most 4 characters permitted in ${reprOfText(hextet)}` : undefined;
}
