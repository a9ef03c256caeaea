import { domainToASCII } from 'node:url';

/** Octets of the longest address that `canonicalEmail` takes: 64 + "@" + 255. */
const maxCanonicalOctets = 320;

/** RFC 5321 §4.5.3.1.1 and the path limit of §4.5.3.1.3 without its angle brackets. */
const maxLocalOctets = 64;
const maxAddressOctets = 254;

/**
 * The one form by which an address is looked up and kept unique, or null when the text is no address.
 *
 * - Spaces around it are dropped; a blank, control, format or unassigned character inside makes it no address.
 * - Exactly one `@`, something on both sides, no empty label in the domain (so no trailing dot), 320 octets at most.
 * - Local part: only A–Z become a–z. Other letters keep their case, because lower-casing maps the Kelvin sign to `k` and
 *   one mailbox to another. It is NFC-composed, so that one visible text is one address; a text that NFC would turn
 *   *into* ASCII (the Kelvin sign again) is no address. No compatibility folding: full-width `ａ` is not `a`.
 * - Domain: IDNA (UTS #46) to ASCII, because mail goes to that name: `ＢÜCHER.example` is `xn--bcher-kva.example`.
 *   A domain that is ASCII already is only lower-cased.
 *
 * For ASCII text without blanks that is an address this is `lower(email)`: SQL and code agree. Tags and dots in the
 * local part stay, since only the receiving server knows what they mean.
 */
export function canonicalEmail(text: string): string | null {
  const trimmed = trimSpaces(text);
  if (trimmed.length > maxCanonicalOctets || !trimmed.isWellFormed() || /[\p{C}\p{Z}]/u.test(trimmed)) return null;
  const at = trimmed.indexOf('@');
  if (at < 1 || at !== trimmed.lastIndexOf('@')) return null;
  const local = canonicalLocal(trimmed.slice(0, at));
  const domain = canonicalDomain(trimmed.slice(at + 1));
  if (local === null || domain === null) return null;
  const canonical = `${local}@${domain}`;
  return Buffer.byteLength(canonical) <= maxCanonicalOctets ? canonical : null;
}

export interface EmailAddress {
  /** As the person wrote it, without spaces around; the domain in ASCII, so that it can be mailed to. */
  address: string;
  canonical: string;
}

/**
 * The stricter reading for a new account, or null: a dot-atom of letters, digits and `!#$%&'*+/=?^_{|}~-` and the
 * back-tick of at most 64 octets, at a domain of two or more host-name labels whose last one is not a number; 254 octets in all.
 */
export function parseEmailAddress(text: string): EmailAddress | null {
  const canonical = canonicalEmail(text);
  if (canonical === null) return null;
  const domain = canonical.slice(canonical.indexOf('@') + 1);
  const local = trimSpaces(text).split('@')[0]?.normalize('NFC') ?? '';
  const address = `${local}@${domain}`;
  if (!dotAtom.test(local) || Buffer.byteLength(local) > maxLocalOctets) return null;
  if (!hostName.test(domain) || Buffer.byteLength(address) > maxAddressOctets) return null;
  return { address, canonical };
}

const atom = "[\\p{L}\\p{M}\\p{N}!#$%&'*+/=?^_`{|}~-]+";
const dotAtom = new RegExp(`^${atom}(?:\\.${atom})*$`, 'u');
const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const hostName = new RegExp(`^(?:${label}\\.)+(?![0-9]+$)${label}$`);

function canonicalLocal(local: string): string | null {
  if (isAscii(local)) return lowerAscii(local);
  const composed = local.normalize('NFC');
  // Characters that have an ASCII letter or sign as their canonical form: U+212A, U+037E, U+1FEF and their like.
  if (Array.from(local).some((sign) => !isAscii(sign) && isAscii(sign.normalize('NFC')))) return null;
  return lowerAscii(composed);
}

function canonicalDomain(domain: string): string | null {
  const ascii = isAscii(domain) ? lowerAscii(domain) : domainToASCII(domain);
  // The letters of host names plus "_", which occurs in old data; an address literal or a path is no domain.
  if (!/^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(ascii)) return null;
  // A foreign script must not spell an IPv4 address: domainToASCII would turn its digits into one.
  return !isAscii(domain) && /(?:^|\.)[0-9]+$/.test(ascii) ? null : ascii;
}

function trimSpaces(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text[start] === ' ') start += 1;
  while (end > start && text[end - 1] === ' ') end -= 1;
  return text.slice(start, end);
}

function lowerAscii(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length;
}
