import { stripPythonSpace } from '../values/python-text.ts';

/** Reads a Cookie header as Starlette's cookie_parser does: `;` separates, the last of equal names wins. */
export function parseCookies(header: string | undefined): Map<string, string> {
  const cookies = new Map<string, string>();
  for (const part of (header ?? '').split(';')) {
    const equals = part.indexOf('=');
    const name = equals === -1 ? '' : stripPythonSpace(part.slice(0, equals));
    const value = stripPythonSpace(equals === -1 ? part : part.slice(equals + 1));
    if (name !== '' || value !== '') cookies.set(name, unquote(value));
  }
  return cookies;
}

function unquote(value: string): string {
  if (value.length < 2 || !value.startsWith('"') || !value.endsWith('"')) return value;
  return value
    .slice(1, -1)
    .replaceAll(/\\(?:([0-3][0-7]{2})|(.))/gs, (_, octal: string | undefined, character: string | undefined) =>
      octal === undefined ? (character ?? '') : String.fromCharCode(Number.parseInt(octal, 8)),
    );
}
