import { decodePercent } from './percent.ts';
import type { RouteTable } from './route-table.ts';

export interface PathOptions {
  /** `%2F` separates segments, as for Starlette; when false it stays as it is inside its segment. */
  decodeEncodedSlash: boolean;
}

/** The path of a request target, percent-decoded once. Never throws. */
export function decodePath(target: string, { decodeEncodedSlash }: PathOptions): string {
  const path = pathOf(target);
  if (decodeEncodedSlash || !path.includes('%')) return decodePercent(path);
  return path
    .split(/(%2f)/i)
    .map((part, index) => (index % 2 === 1 ? part : decodePercent(part)))
    .join('');
}

/** The query of a request target as it was sent, without `?`; undefined when there is none. */
export function queryOf(target: string): string | undefined {
  const mark = target.indexOf('?');
  return mark === -1 ? undefined : target.slice(mark + 1);
}

/**
 * The request target in the one spelling that makes Fastify's router see what Starlette's sees: decoded once, then only
 * what is special to the router encoded again. A path with empty segments that no route declares is made unmatchable,
 * because the router would take an empty segment for a parameter.
 */
export function rewriteTarget(target: string, routes: RouteTable, options: PathOptions): string {
  const path = pathOf(target);
  if (plainPath.test(path)) return target;
  // `*` and absolute URLs are no paths of this server; uvicorn hands them to routing as they are, and nothing matches.
  if (!path.startsWith('/')) return routes.unmatchablePath;
  const decoded = routes.withoutLineFeed(decodePath(target, options));
  const query = queryOf(target);
  const rewritten =
    hasEmptySegment(decoded) && !routes.matches(decoded) ? routes.unmatchablePath : encodeSegments(decoded);
  return query === undefined ? rewritten : `${rewritten}?${query}`;
}

// Non-empty segments of unreserved characters and sub-delims: the router sees the same as Starlette.
const plainPath = /^\/$|^(?:\/[!$&-.0-;=@-Z_a-z~]+)+$/;

function pathOf(target: string): string {
  const mark = target.indexOf('?');
  return mark === -1 ? target : target.slice(0, mark);
}

function hasEmptySegment(path: string): boolean {
  return path !== '/' && (path.includes('//') || path.endsWith('/'));
}

function encodeSegments(path: string): string {
  return path.replaceAll(/[^!$&-;=@-Z_a-z~]+/g, (run) => encodeURIComponent(run.toWellFormed()));
}
