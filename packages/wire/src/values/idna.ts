import { domainToASCII } from 'node:url';
import { bidiProblem } from './idna-bidi.ts';
import type { Parsed } from './parse-temporal.ts';
import { decodePunycode } from './punycode.ts';
import { codePointsOf, reprOfText } from './python-text.ts';

// Python's `idna` package: mapping after UTS #46, labels checked after IDNA 2008 (RFC 5891, RFC 5892), which allows
// fewer characters than the WHATWG URL standard that Node implements; encoding in Punycode is Node's.

/** UTS #46 mapping, non-transitional: case folding, NFKC, and every kind of full stop to a period. */
export function remapDomain(domain: string): Parsed<string> {
  let mapped = '';
  for (const [index, character] of codePointsOf(domain).entries()) {
    const plain = mapCharacter(character);
    // A character that would bring a period along, like U+2488, is not mapped but refused; so are placeholders, and the
    // marks that describe how an ideograph is built.
    const bringsPeriod = /[.\u3002]/.test(plain) && !/[.\u3002\uff0e\uff61]/.test(character);
    if (bringsPeriod || /[\ufffc\ufffd\u2ff0-\u2fff\u31ef]/.test(character)) {
      return {
        ok: false,
        error: `Codepoint ${unicodeNotation(character)} not allowed at position ${index + 1} in ${reprOfText(domain)}`,
      };
    }
    mapped += plain;
  }
  return { ok: true, value: mapped.normalize('NFC') };
}

function mapCharacter(character: string): string {
  if (/[\u00df\u03c2\u200c\u200d]/.test(character)) return character;
  if (/\p{Default_Ignorable_Code_Point}/u.test(character)) return '';
  if (/[\u3002\uff0e\uff61]/.test(character)) return '.';
  return codePointsOf(character.normalize('NFKC')).map(foldCase).join('').normalize('NFKC');
}

/** Unicode's full case folding, which leaves the dotless i and makes the small letters of Cherokee the others. */
function foldCase(character: string): string {
  if (character === '\u0131') return character;
  const upper = character.toUpperCase();
  return /\p{Script=Cherokee}/u.test(character) ? upper : upper.toLowerCase();
}

/** The domain in ASCII, every label checked; the error is the package's. */
export function checkIdnaDomain(domain: string): Parsed<string> {
  const labels: string[] = [];
  for (const label of domain.split('.')) {
    const error = /^[\0-\x7f]*$/.test(label) ? undefined : labelProblem(label); // oxlint-disable-line no-control-regex -- all of ASCII
    if (error !== undefined) return { ok: false, error };
    const ascii = domainToASCII(label);
    if (ascii === '') return { ok: false, error: 'Invalid label' };
    if (ascii.length > 63) return { ok: false, error: 'Label too long' };
    labels.push(ascii);
  }
  const ascii = labels.join('.');
  return ascii.length > 253 ? { ok: false, error: 'Domain too long' } : { ok: true, value: ascii };
}

/** The domain with its Punycode labels decoded and checked. */
export function decodeIdnaDomain(ascii: string): Parsed<string> {
  const labels: string[] = [];
  for (const label of ascii.toLowerCase().split('.')) {
    if (!label.startsWith('xn--')) {
      labels.push(label);
      continue;
    }
    const decoded = decodeLabel(label.slice('xn--'.length));
    if (!decoded.ok) return decoded;
    labels.push(decoded.value);
  }
  return { ok: true, value: labels.join('.') };
}

function decodeLabel(punycode: string): Parsed<string> {
  if (punycode === '') return { ok: false, error: 'Malformed A-label, no Punycode eligible content found' };
  if (punycode.endsWith('-')) return { ok: false, error: 'A-label must not end with a hyphen' };
  const label = decodePunycode(punycode);
  if (label === undefined) return { ok: false, error: 'Invalid A-label' };
  // All other spellings are the one that encoding gives.
  if (punycode.lastIndexOf('-') === 0) {
    return { ok: false, error: 'A-label is not the canonical Punycode encoding of its U-label' };
  }
  const error = labelProblem(label);
  return error === undefined ? { ok: true, value: label } : { ok: false, error };
}

function labelProblem(label: string): string | undefined {
  if (label.normalize('NFC') !== label) return 'Label must be in Normalization Form C';
  if (label.slice(2, 4) === '--') return 'Label has disallowed hyphens in 3rd and 4th position';
  if (label.startsWith('-') || label.endsWith('-')) return 'Label must not start or end with a hyphen';
  if (/^\p{M}/u.test(label)) return 'Label begins with an illegal combining character';
  for (const [index, character] of codePointsOf(label).entries()) {
    const place = `position ${index + 1}`;
    const notation = unicodeNotation(character);
    if (isAllowed(character)) continue;
    if (/[\u200c\u200d]/.test(character)) {
      if (joinsAfterVirama(label, index)) continue;
      return `Joiner ${notation} not allowed at ${place} in ${reprOfText(label)}`;
    }
    if (contextual.test(character)) {
      if (contextAllows(character, label)) continue;
      return `Codepoint ${notation} not allowed at ${place} in ${reprOfText(label)}`;
    }
    return `Codepoint ${notation} at ${place} of ${reprOfText(label)} not allowed`;
  }
  return bidiProblem(label);
}

/** RFC 5892 §2 and §3: letters, digits and marks that every normalisation leaves alone, and the exceptions. */
function isAllowed(character: string): boolean {
  if (/[-\u00df\u03c2\u06fd\u06fe\u0f0b\u3007]/.test(character)) return true;
  if (/[\u0640\u07fa\u3031-\u3035\u303b]|\u302e|\u302f/.test(character) || contextual.test(character)) return false;
  if (!/[\p{Ll}\p{Lu}\p{Lo}\p{Nd}\p{Lm}\p{Mn}\p{Mc}]/u.test(character)) return false;
  if (/\p{Default_Ignorable_Code_Point}/u.test(character) || ignoredBlocks.test(character)) return false;
  return mapCharacter(character) === character;
}

// Combining marks for symbols, musical symbols, and the old Hangul jamo (RFC 5892 §2.4 and §2.9).
const ignoredBlocks = /[\u20d0-\u20ff\u{1d100}-\u{1d24f}\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb]/u;

/** Allowed beside certain characters only (RFC 5892 appendix A). */
const contextual = /[\u00b7\u0375\u05f3\u05f4\u30fb\u0660-\u0669\u06f0-\u06f9]/;

function contextAllows(character: string, label: string): boolean {
  if (character === '\u00b7') return /l\u00b7l/.test(label);
  if (character === '\u0375') return /\u0375\p{Script=Greek}/u.test(label);
  if (/[\u05f3\u05f4]/.test(character)) return /\p{Script=Hebrew}[\u05f3\u05f4]/u.test(label);
  if (character === '\u30fb') return /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u.test(label);
  return /[\u0660-\u0669]/.test(character) ? !/[\u06f0-\u06f9]/.test(label) : !/[\u0660-\u0669]/.test(label);
}

const viramas = /[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u0e3a\u0f84\u1039\u103a\u17d2]/;

function joinsAfterVirama(label: string, index: number): boolean {
  return viramas.test(codePointsOf(label)[index - 1] ?? '');
}

function unicodeNotation(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
