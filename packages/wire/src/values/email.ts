import type { WireProfile } from '../profile.ts';
import { characterNames } from './character-names.ts';
import { checkIdnaDomain, decodeIdnaDomain, remapDomain } from './idna.ts';
import { explainIpv4, explainIpv6 } from './ip-address.ts';
import type { Parsed } from './parse-temporal.ts';
import { codePointsOf, stripPythonSpace } from './python-text.ts';

// Which addresses Python's email-validator accepts without looking at DNS, and its words for the others. The rules are
// those of RFC 5322 (dot-atom), RFC 6531 (international addresses), RFC 1123 (host names) and RFC 2142 (mailbox names).

/** What changed between releases. */
export type EmailRules = Pick<WireProfile, 'emailLongLocalPart' | 'emailAtSignsNamed'>;

/** RFC 5321 §4.5.3.1.1. */
const longestLocalPart = 64;

/** Thrown by the checks below; never leaves this file. */
class EmailProblem extends Error {
  override readonly name = 'EmailProblem';
}

/** The address in its normal form: local part in NFC, domain in lower case and decoded from Punycode. */
export function parseEmail(text: string, rules: EmailRules): Parsed<string> {
  try {
    return { ok: true, value: normalizeEmail(text, rules) };
  } catch (error) {
    if (error instanceof EmailProblem) return { ok: false, error: error.message };
    throw error;
  }
}

function fail(problem: string): never {
  throw new EmailProblem(problem);
}

interface Split {
  hasDisplayName: boolean;
  local: string;
  isQuoted: boolean;
  domain: string;
}

function normalizeEmail(text: string, rules: EmailRules): string {
  const { hasDisplayName, local, isQuoted, domain } = splitAddress(text, rules);
  checkLocal(local, { isQuoted, rules });
  const composed = local.normalize('NFC');
  if (composed !== local) checkLocal(composed, { isQuoted, rules });
  if (isQuoted) fail('Quoting the part before the @-sign is not allowed here.');
  const mailbox = mailboxNames.has(composed.toLowerCase()) ? composed.toLowerCase() : composed;
  if (domain === '') fail('There must be something after the @-sign.');
  if (domain.startsWith('[') && domain.endsWith(']')) {
    checkAddressLiteral(domain.slice(1, -1));
    fail('A bracketed IP address after the @-sign is not allowed here.');
  }
  const host = normalizeDomain(domain, rules);
  if (hasDisplayName) fail('A display name and angle brackets around the email address are not permitted here.');
  checkTotalLength(mailbox, host);
  return `${mailbox}@${host.international}`;
}

function checkAddressLiteral(literal: string): void {
  if (/^[0-9.]+$/.test(literal)) {
    const error = explainIpv4(literal);
    if (error === undefined) return;
    fail(
      `The address in brackets after the @-sign is not valid: It is not an IPv4 address (${error}) or is missing an address literal tag.`,
    );
  }
  if (literal.startsWith('IPv6:')) {
    const error = explainIpv6(literal.slice(5));
    if (error !== undefined) fail(`The IPv6 address in brackets after the @-sign is not valid (${error}).`);
    return;
  }
  if (!literal.includes(':')) {
    fail('The part after the @-sign in brackets is not an IPv4 address and has no address literal tag.');
  }
  // RFC 5321 has less than email-validator's DOMAIN_LITERAL_CHARS.
  const odd = listCharacters(literal, (character) => !/[!-\u00fa]/.test(character));
  if (odd !== '') fail(`The part after the @-sign contains invalid characters in brackets: ${odd}.`);
  fail('The part after the @-sign contains an invalid address literal tag in brackets.');
}

/** Mailboxes that every host has; they compare without case (RFC 2142). */
const mailboxNames = new Set([
  ...['info', 'marketing', 'sales', 'support', 'abuse', 'noc', 'security', 'postmaster'],
  ...['hostmaster', 'usenet', 'news', 'webmaster', 'www', 'uucp', 'ftp'],
]);

/** The address at its first @-sign outside quotes, or the one in angle brackets after a display name. */
function splitAddress(text: string, rules: EmailRules): Split {
  const [left, right] = splitUnquoted(text, '@<', rules);
  if (!right.startsWith('<')) return splitLocal(left, right, { hasDisplayName: false });
  const name = unquote(stripPythonSpace(`|${left}`).slice(1));
  if (!name.isQuoted) {
    const odd = listCharacters(
      name.text,
      (character) => character === '.' || !/[\w!#$%&'*+\-/=?^`{|}~ ]/.test(character),
    );
    if (odd !== '') fail(`The display name contains invalid characters when not quoted: ${odd}.`);
  }
  checkUnsafe(name.text, { allowSpace: true });
  if (!right.includes('>')) {
    fail(
      'An open angle bracket at the start of the email address has to be followed by a close angle bracket at the end.',
    );
  }
  const bracketed = right.replace(/ +$/, '');
  if (!bracketed.endsWith('>')) fail("There can't be anything after the email address.");
  const [local, domain] = splitUnquoted(bracketed.slice(1).replace(/>+$/, ''), '@', rules);
  return splitLocal(local, domain, { hasDisplayName: true });
}

function splitLocal(left: string, right: string, { hasDisplayName }: { hasDisplayName: boolean }): Split {
  const { text, isQuoted } = unquote(left);
  return { hasDisplayName, local: text, isQuoted, domain: right.startsWith('@') ? right.slice(1) : right };
}

/** Before and from the first of these characters that stands outside double quotes. */
function splitUnquoted(text: string, characters: string, { emailAtSignsNamed }: EmailRules): [string, string] {
  let inQuotes = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (inQuotes && character === '\\') index += 1;
    else if (character === '"') inQuotes = !inQuotes;
    else if (!inQuotes && characters.includes(character) && !isCombined(text, index))
      return [text.slice(0, index), text.slice(index)];
  }
  if (emailAtSignsNamed && text.includes('\uff20')) {
    fail('The email address has the "full-width" at-sign (@) character instead of a regular at-sign.');
  }
  if (emailAtSignsNamed && text.includes('\ufe6b')) {
    fail('The email address has the "small commercial at" character instead of a regular at-sign.');
  }
  return fail('An email address must have an @-sign.');
}

/** U+0338 behind an angle bracket makes it another sign. */
function isCombined(text: string, index: number): boolean {
  return (
    text.charAt(index) === '<' &&
    !text
      .slice(index, index + 32)
      .normalize('NFC')
      .startsWith('<')
  );
}

function unquote(text: string): { text: string; isQuoted: boolean } {
  if (!text.startsWith('"')) return { text, isQuoted: false };
  let value = '';
  for (let index = 1; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === '"') {
      const extra = codePointsOf(text.slice(index + 1));
      if (extra.length === 0) break;
      fail(`Extra character(s) found after close quote: ${extra.map(showCharacter).join(', ')}`);
    }
    if (character === '\\') index += 1;
    value += text.charAt(index);
  }
  return { text: value, isQuoted: true };
}

function checkLocal(local: string, { isQuoted, rules }: { isQuoted: boolean; rules: EmailRules }): void {
  if (local === '') fail('There must be something before the @-sign.');
  const extra = rules.emailLongLocalPart ? 0 : codePointsOf(local).length - longestLocalPart;
  if (extra > 0) fail(`The email address is too long before the @-sign ${tooMany(extra)}.`);
  if (isQuoted) {
    const odd = listCharacters(local, (character) => !/[ -~\u0080-\u{10ffff}]/u.test(character));
    if (odd !== '') fail(`The email address contains invalid characters in quotes before the @-sign: ${odd}.`);
    checkUnsafe(local, { allowSpace: true });
    return;
  }
  const odd = listCharacters(local, (character) => !/[.\w!#$%&'*+\-/=?^`{|}~\u0080-\u{10ffff}]/u.test(character));
  if (odd !== '') fail(`The email address contains invalid characters before the @-sign: ${odd}.`);
  checkDots(local, {
    start: 'An email address cannot start with a',
    end: (what) => `An email address cannot have a ${what} immediately before the @-sign.`,
    isHost: false,
  });
  checkUnsafe(local, { allowSpace: false });
}

interface DotWords {
  start: string;
  end: (what: string) => string;
  isHost: boolean;
  afterStart?: string;
}

function checkDots(text: string, { start, end, isHost, afterStart = '.' }: DotWords): void {
  if (text.endsWith('.')) fail(end('period'));
  if (text.startsWith('.')) fail(`${start} period${afterStart}`);
  if (text.includes('..')) fail('An email address cannot have two periods in a row.');
  if (!isHost) return;
  if (text.endsWith('-')) fail(end('hyphen'));
  if (text.startsWith('-')) fail(`${start} hyphen${afterStart}`);
  if (/\.-|-\./.test(text)) fail('An email address cannot have a period and a hyphen next to each other.');
}

/** Control, format, private and unassigned characters, separators, and a combining mark in front. */
function checkUnsafe(text: string, { allowSpace }: { allowSpace: boolean }): void {
  const characters = codePointsOf(text);
  const unsafe = characters.filter((character, index) => {
    if (/[\p{L}\p{N}\p{P}\p{S}]/u.test(character)) return false;
    if (/\p{M}/u.test(character)) return index === 0;
    return !(allowSpace && /\p{Zs}/u.test(character));
  });
  if (unsafe.length === 0) return;
  const shown = [...new Set(unsafe)].toSorted(byCodePoint).map(showCharacter);
  fail(`The email address contains unsafe characters: ${shown.join(', ')}.`);
}

interface Host {
  ascii: string;
  international: string;
}

const reservedDomains = ['arpa', 'invalid', 'local', 'localhost', 'onion', 'test'];

function normalizeDomain(sent: string, { emailAtSignsNamed }: EmailRules): Host {
  const isOdd = (character: string): boolean => !/[a-zA-Z0-9\-.\u0080-\u{10ffff}]/u.test(character);
  const odd = listCharacters(sent, isOdd);
  if (odd !== '') fail(`The part after the @-sign contains invalid characters: ${odd}.`);
  checkUnsafe(sent, { allowSpace: false });
  // Since the release that names at-signs these have the same words as other characters; before, those of the mapping.
  const bringing = listCharacters(sent, bringsPeriod);
  if (emailAtSignsNamed && bringing !== '') fail(`The part after the @-sign contains invalid characters: ${bringing}.`);
  const mapped = remapDomain(sent);
  if (!mapped.ok) fail(`The part after the @-sign contains invalid characters (${mapped.error}).`);
  const oddOnceMapped = listCharacters(mapped.value, isOdd);
  if (oddOnceMapped !== '') {
    fail(`The part after the @-sign contains invalid characters after Unicode normalization: ${oddOnceMapped}.`);
  }
  checkDots(mapped.value, {
    start: 'An email address cannot have a',
    afterStart: ' immediately after the @-sign.',
    end: (what) => `An email address cannot end with a ${what}.`,
    isHost: true,
  });
  if (mapped.value.split('.').some((label) => /^(?!xn)..--/isu.test(label))) {
    fail(
      'An email address cannot have two letters followed by two dashes immediately after the @-sign or after a period, except Punycode.',
    );
  }
  const ascii = toAscii(mapped.value);
  checkHost(ascii);
  const decoded = decodeIdnaDomain(ascii);
  if (!decoded.ok) fail(`The part after the @-sign is not valid IDNA (${decoded.error}).`);
  return { ascii, international: decoded.value };
}

/** Compatibility characters that decompose into a period and more; a full-width full stop is one. */
function bringsPeriod(character: string): boolean {
  return character !== '.' && character !== '\uff0e' && character.normalize('NFKC').includes('.');
}

function toAscii(domain: string): string {
  if (/^[a-z0-9\-.]*$/i.test(domain)) return domain;
  const encoded = checkIdnaDomain(domain);
  if (encoded.ok) return encoded.value;
  if (encoded.error.includes('Domain too long')) fail('The email address is too long after the @-sign.');
  return fail(`The part after the @-sign is invalid (${encoded.error}).`);
}

function checkHost(ascii: string): void {
  if (ascii.length > 253) fail(`The email address is too long after the @-sign ${tooMany(ascii.length - 253)}.`);
  for (const label of ascii.split('.')) {
    if (label.length <= 63) continue;
    fail(`After the @-sign, periods cannot be separated by so many characters ${tooMany(label.length - 63)}.`);
  }
  if (!ascii.includes('.')) fail('The part after the @-sign is not valid. It should have a period.');
  if (!/[a-z]$/i.test(ascii)) {
    fail('The part after the @-sign is not valid. It is not within a valid top-level domain.');
  }
  if (reservedDomains.some((reserved) => ascii === reserved || ascii.endsWith(`.${reserved}`))) {
    fail('The part after the @-sign is a special-use or reserved name that cannot be used with email.');
  }
}

/** 254 octets in all (RFC 3696, erratum 1690), in the form that is sent. */
function checkTotalLength(local: string, host: Host): void {
  const isAscii = /^[\0-\x7f]*$/.test(local); // oxlint-disable-line no-control-regex -- all of ASCII
  const extra = codePointsOf(local).length + 1 + (isAscii ? host.ascii : host.international).length - 254;
  if (extra > 0) fail(`The email address is too long ${tooMany(extra)}.`);
  const bytes = Buffer.byteLength(`${local}@${host.international}`) - 254;
  if (!isAscii && bytes > 0) fail(`The email address is too long (when encoded in bytes) ${tooMany(bytes)}.`);
}

function tooMany(count: number): string {
  return `(${count} character${count === 1 ? '' : 's'} too many)`;
}

/** The distinct characters that are odd, shown and sorted. */
function listCharacters(text: string, isOdd: (character: string) => boolean): string {
  const shown = new Set(codePointsOf(text).filter(isOdd).map(showCharacter));
  return [...shown].toSorted(byCodePoint).join(', ');
}

function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** In quotes what can be seen, by its Unicode name what cannot. */
function showCharacter(character: string): string {
  if (character === '\\') return '"\\"';
  if (character === "'") return '"\'"';
  if (/[\p{L}\p{N}\p{P}\p{S}]/u.test(character)) return `'${character}'`;
  const code = character.codePointAt(0) ?? 0;
  const hex = code
    .toString(16)
    .toUpperCase()
    .padStart(code < 0xffff ? 4 : 8, '0');
  return characterNames.get(code) ?? `U+${hex}`;
}
