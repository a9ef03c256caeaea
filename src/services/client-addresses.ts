import { isIP, isIPv6 } from 'node:net';

/** IPv6 subscribers hold a /64 at least: the single address is theirs to choose. IPv4-mapped forms count as IPv4. */
export function addressSubject(address: string): string {
  const plain = plainAddress(address);
  return isIPv6(plain) ? `${first64Bits(plain).join(':')}::/64` : plain;
}

/** The same where it is stored and compared; null for what is no address. The database's session_address_subject() spells it alike. */
export function findAddressSubject(address: string): string | null {
  return isIP(plainAddress(address)) === 0 ? null : addressSubject(address);
}

function plainAddress(address: string): string {
  const [plain = address] = address.split('%');
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1] ?? plain;
}

function first64Bits(address: string): string[] {
  // An IPv4 tail is two groups; what they say is not in the first half.
  const [head = '', tail] = address
    .toLowerCase()
    .replace(/[\d.]+\.\d+$/, '0:0')
    .split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right].slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ''));
}
