import { domainToUnicode } from 'node:url';

/** What the Rust crate `url` makes of a text: the serialised URL, or the crate's words for what is wrong. */
export type ParsedUrl = { ok: true; href: string; scheme: string } | { ok: false; error: string };

/** Parses an absolute URL (WHATWG URL standard). */
export function parseUrl(text: string): ParsedUrl {
  if (text === '') return { ok: false, error: 'input is empty' };
  // A lone surrogate cannot be text in Rust; JavaScript would replace it.
  const source = URL.canParse(text) ? text : withCrateAuthority(text);
  const url = text.isWellFormed() ? URL.parse(source) : null;
  if (url === null) return { ok: false, error: explain(text) };
  const scheme = url.protocol.slice(0, -1);
  if (special.has(scheme) && url.hostname.includes('xn--') && !isDecodable(url.hostname)) return badName;
  const href = text.includes('^') ? hrefWithCarets(source, scheme) : url.href;
  return { ok: true, href: scheme === 'file' ? fileHref(href, source) : href, scheme };
}

/**
 * A file's path begins with one slash, whatever was sent; a drive has no host beside it, and where an empty host was
 * written out its letter keeps the bar behind it.
 */
function fileHref(href: string, sent: string): string {
  const [, host = '', path = '', rest = ''] = /^file:\/\/([^/?#]*)\/*([^?#]*)([^]*)$/.exec(href) ?? [];
  const drive = /^[a-z]:(?=\/|$)/i.exec(path)?.[0];
  if (drive === undefined) return `file://${host}/${path}${rest}`;
  const hasBar = new RegExp(`^\\s*file:[/\\\\]{3}[^?#]*[/\\\\]?${drive.charAt(0)}\\|`, 'i').test(
    sent.replaceAll(/[\t\n\r]/g, ''),
  );
  return `file:///${hasBar ? `${drive.charAt(0)}|${path.slice(drive.length)}` : path}${rest}`;
}

const badName = { ok: false, error: 'invalid international domain name' } as const;

/** Where a scheme is not a special one, a port ends at a backslash too, and an empty user says nothing. */
function withCrateAuthority(text: string): string {
  const [, scheme = '', authority = '', rest = ''] = /^\s*([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^]*)$/i.exec(text) ?? [];
  if (scheme === '' || special.has(scheme.toLowerCase())) return '';
  if (authority === ':@' || (authority === '@' && rest === '')) return `${scheme}://${rest}`;
  const port = /:\d*\\/.exec(authority.slice(authority.lastIndexOf(']') + 1));
  if (port === null) return '';
  const at = authority.lastIndexOf(']') + 1 + port.index + port[0].length - 1;
  return `${scheme}://${authority.slice(0, at)}/${authority.slice(at)}${rest}`;
}

/** Node lets labels pass that only look like Punycode. */
function isDecodable(hostname: string): boolean {
  return hostname.split('.').every((label) => !label.startsWith('xn--') || /[^\0-\x7f]/.test(domainToUnicode(label))); // oxlint-disable-line no-control-regex -- beyond ASCII
}

// A file may have an empty host: behind two slashes the path begins with the third.
const fileAuthority = /^[^:]*:(?:[/\\]{2}[^/\\?#]*)?/;
const specialAuthority = /^[^:]*:[/\\]*[^/\\?#]*/;
const otherAuthority = /^[^:]*:(?:\/\/[^/?#]*)?/;

/** Node encodes a `^` in a path, the crate does not: an unused word stands in for it meanwhile. */
function hrefWithCarets(text: string, scheme: string): string {
  let word = 'caret';
  while (text.toLowerCase().includes(word)) word += 'q';
  const authority = scheme === 'file' ? fileAuthority : special.has(scheme) ? specialAuthority : otherAuthority;
  const start = authority.exec(text)?.[0].length ?? 0;
  const path = /^[^?#]*/.exec(text.slice(start))?.[0] ?? '';
  const rest = text.slice(start + path.length);
  return new URL(text.slice(0, start) + path.replaceAll('^', word) + rest).href.replaceAll(word, '^');
}

const special = new Set(['http', 'https', 'ws', 'wss', 'ftp', 'file']);

/** The standard leaves errors without words: this looks for the crate's, in the order in which it meets them. */
function explain(text: string): string {
  // C0 controls and spaces around a URL, and tabs and line breaks anywhere, don't count.
  const clean = trimControls(text).replaceAll(/[\t\n\r]/g, '');
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(clean)?.[1]?.toLowerCase();
  if (scheme === undefined) return 'relative URL without a base';
  const rest = clean.slice(scheme.length + 1);
  const isSpecial = special.has(scheme);
  const authority = isSpecial ? /^[/\\]*([^/\\?#]*)/.exec(rest)?.[1] : /^\/\/([^/?#]*)/.exec(rest)?.[1];
  const hostAndPort = (authority ?? '').slice((authority ?? '').lastIndexOf('@') + 1);
  // A file's host has neither user nor port: what looks like them is part of its name.
  if (scheme === 'file') {
    if ((authority ?? '').startsWith('[')) return 'invalid IPv6 address';
    if (isEmptyOnceMapped(authority ?? '')) return 'empty host';
    return endsInNumber(authority ?? '') ? 'invalid IPv4 address' : badName.error;
  }
  return explainHost(hostAndPort, { isSpecial });
}

function trimControls(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= 0x20) start += 1;
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end -= 1;
  return text.slice(start, end);
}

function explainHost(hostAndPort: string, { isSpecial }: { isSpecial: boolean }): string {
  if (hostAndPort.startsWith('[')) {
    const [, host = '', port] = /^(\[[^\]]*\]?[^:]*)(?::(.*))?$/.exec(hostAndPort) ?? [];
    return isHost(host, { isSpecial }) && port !== undefined ? 'invalid port number' : 'invalid IPv6 address';
  }
  const colon = hostAndPort.indexOf(':');
  const host = colon === -1 ? hostAndPort : hostAndPort.slice(0, colon);
  if (host === '') return 'empty host';
  if (isHost(host, { isSpecial })) return 'invalid port number';
  if (!isSpecial) return 'invalid domain character';
  if (isEmptyOnceMapped(host)) return 'empty host';
  return endsInNumber(host) ? 'invalid IPv4 address' : 'invalid international domain name';
}

function isHost(host: string, { isSpecial }: { isSpecial: boolean }): boolean {
  const url = URL.parse(`${isSpecial ? 'http' : 'x'}://${host}/`);
  return url !== null && (!isSpecial || isDecodable(url.hostname));
}

/** Characters that the mapping of UTS #46 drops, and nothing else: soft hyphens, zero-width ones, variation selectors. */
function isEmptyOnceMapped(host: string): boolean {
  return /^(?:\u00ad|\u034f|\u200b|\u2060|\u2064|\ufeff|\p{Variation_Selector})+$/u.test(host);
}

/** Whether the last label, and nothing else about the host, makes it an address that is none. */
function endsInNumber(host: string): boolean {
  const mapped = host.normalize('NFKC').replace(/\.$/, '');
  const start = mapped.lastIndexOf('.') + 1;
  const isNumber = /^(?:\d+|0x[0-9a-f]*)$/i.test(mapped.slice(start));
  return isNumber && !/[@:]/.test(mapped) && isHost(`${mapped.slice(0, start)}x`, { isSpecial: true });
}
