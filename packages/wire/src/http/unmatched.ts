import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorBody } from '../errors.ts';
import type { PathOptions } from './paths.ts';
import { decodePath, queryOf } from './paths.ts';
import { findSlashRedirect, redirectLocation } from './redirect.ts';
import type { RouteTable } from './route-table.ts';

export interface UnmatchedOptions extends PathOptions {
  /** Whether the peer may say with X-Forwarded-Proto that the client came over https. */
  trustForwardedProto: (request: FastifyRequest) => boolean;
  absoluteRedirects: boolean;
}

/** Answers a request that no route took: 405 with Allow, 307 to the path with or without its slash, or 404. */
export function answerUnmatched(
  request: FastifyRequest,
  reply: FastifyReply,
  { routes, options }: { routes: RouteTable; options: UnmatchedOptions },
): FastifyReply {
  const path = decodePath(request.originalUrl, options);
  const methods = routes.findMethods(path);
  if (methods !== undefined) {
    return reply.code(405).header('allow', methods.join(', ')).send(errorBody('Method Not Allowed'));
  }
  const redirect = findSlashRedirect(path, routes);
  if (redirect === undefined) return reply.code(404).send(errorBody('Not Found'));
  const location = redirectLocation(request.raw, {
    path: redirect,
    query: queryOf(request.originalUrl),
    forwardedProto: options.trustForwardedProto(request),
    absolute: options.absoluteRedirects,
  });
  return reply.code(307).header('location', location).send();
}

/** uvicorn's default: a proxy on the same machine. */
export function isLoopbackPeer(request: FastifyRequest): boolean {
  const address = request.raw.socket.remoteAddress ?? '';
  return /^(?:::ffff:)?127\.|^::1$/.test(address);
}
