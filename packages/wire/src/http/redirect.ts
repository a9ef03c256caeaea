import type { IncomingMessage } from 'node:http';
import type { RouteTable } from './route-table.ts';

/** The path with its trailing slashes removed, or with one added, when a route has that path (Starlette's redirect_slashes). */
export function findSlashRedirect(path: string, routes: RouteTable): string | undefined {
  if (path === '/') return undefined;
  const other = path.endsWith('/') ? withoutTrailingSlashes(path) : `${path}/`;
  return routes.matches(other) ? other : undefined;
}

export interface LocationParts {
  path: string;
  query: string | undefined;
  forwardedProto: boolean;
  absolute: boolean;
}

/** The Location of a redirect: scheme and Host header unless relative, path, query as sent; quoted as Starlette does. */
export function redirectLocation(request: IncomingMessage, parts: LocationParts): string {
  const { path, query } = parts;
  // A path that begins with two slashes would name a host.
  const url = parts.absolute ? `${originOf(request, parts)}${path}` : path.replace(/^\/+/, '/');
  return quoteUrl(query === undefined || query === '' ? url : `${url}?${query}`);
}

function originOf(request: IncomingMessage, { forwardedProto }: LocationParts): string {
  return `${schemeOf(request, forwardedProto)}://${authorityOf(request)}`;
}

function schemeOf(request: IncomingMessage, forwardedProto: boolean): 'http' | 'https' {
  const forwarded = request.headers['x-forwarded-proto'];
  if (forwardedProto && (forwarded === 'http' || forwarded === 'https')) return forwarded;
  return 'encrypted' in request.socket ? 'https' : 'http';
}

/** The Host header if it is one (RFC 3986 §3.2 without user information), else the address that was connected to. */
function authorityOf(request: IncomingMessage): string {
  const host = request.headers.host ?? '';
  if (/^(?:[\w.~%!$&'()*+,;=-]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?$/.test(host)) return host;
  const { localAddress = '127.0.0.1', localPort = 80 } = request.socket;
  return localAddress.includes(':') ? `[${localAddress}]:${localPort}` : `${localAddress}:${localPort}`;
}

function withoutTrailingSlashes(path: string): string {
  let end = path.length;
  while (end > 0 && path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}

/** Python's `quote(url, safe=":/%#?=@[]!$&'()*+,;")`: what could break a header is always escaped. */
function quoteUrl(url: string): string {
  return url.replaceAll(/[^\w.~:/%#?=@[\]!$&'()*+,;-]+/g, (run) => encodeURIComponent(run.toWellFormed()));
}
