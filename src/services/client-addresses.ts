import { isIPv4, isIPv6 } from 'node:net';

/** IPv6 subscribers hold a /64 at least: the single address is theirs to choose. IPv4-mapped forms count as IPv4. */
export function addressSubject(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1]) return mapped[1];
  const plain = address.split('%')[0] ?? address;
  return isIPv6(plain) ? `${first64Bits(plain).join(':')}::/64` : plain;
}

/**
 * A regular expression of PostgreSQL for the addresses with this one's subject, in every spelling but those of IPv6 with an
 * IPv4 tail. Null for what is no address at all.
 */
export function addressPattern(address: string): string | null {
  const subject = addressSubject(address);
  if (subject.endsWith('::/64')) return networkPattern(subject.slice(0, -'::/64'.length).split(':'));
  if (!isIPv4(subject)) return null;
  const escaped = subject.replaceAll('.', String.raw`\.`);
  return `^(::[fF]{4}:)?${escaped}$|^${escaped}%`;
}

function first64Bits(address: string): string[] {
  const [head = '', tail] = address.toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right].slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ''));
}

const group = '[0-9a-f]{1,4}';

/** `groups`: the first four. Either all are written, or `::` stands for those from one place to another and maybe for more. */
function networkPattern(groups: readonly string[]): string {
  const written = (from: number, to: number) => groups.slice(from, to).map((digits) => `0*${digits}`);
  const spellings = [`${written(0, 4).join(':')}(:.*)?`];
  for (let from = 0; from < 4; from += 1) {
    for (let to = from + 1; to <= 4 && groups[to - 1] === '0'; to += 1) {
      const rest = to === 4 ? `(${group}(:${group}){0,3})?` : `${written(to, 4).join(':')}(:${group}){4}`;
      spellings.push(`${written(0, from).join(':')}::${rest}`);
    }
  }
  return `(?i)^(${spellings.join('|')})(%.*)?$`;
}
