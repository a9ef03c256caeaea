import type { IncomingMessage, Server } from 'node:http';
import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import type { PathOptions } from './http/paths.ts';
import { rewriteTarget } from './http/paths.ts';
import { parseQueryString } from './http/query-string.ts';
import { RouteTable } from './http/route-table.ts';
import type { RegisteredRoute } from './openapi/operation.ts';
import type { WireProfile } from './profile.ts';

/** What the router's rewriting and the plugin share: the routes of one server. */
export interface ServerState extends PathOptions {
  readonly routes: RouteTable;
  /** In the order of registration, one for every method. */
  readonly operations: RegisteredRoute[];
  readonly profile: WireProfile;
}

// Keyed by the HTTP server, which an instance and all of its encapsulated children have in common.
const states = new WeakMap<Server, ServerState>();

/**
 * The options that `fastify()` must be given for the wire to decide about paths and queries. Spread them last; limits
 * (`bodyLimit`, timeouts, header sizes) are not touched.
 */
export function serverOptions(): Pick<FastifyServerOptions, 'exposeHeadRoutes' | 'rewriteUrl' | 'routerOptions'> {
  return {
    exposeHeadRoutes: false,
    rewriteUrl(this: FastifyInstance, request: Pick<IncomingMessage, 'url'>) {
      const target = request.url ?? '/';
      const state = states.get(this.server);
      return state === undefined ? target : rewriteTarget(target, state.routes, state);
    },
    routerOptions: {
      caseSensitive: true,
      ignoreTrailingSlash: false,
      ignoreDuplicateSlashes: false,
      // Node bounds the whole head (maxHeaderSize); FastAPI has no bound on a segment.
      maxParamLength: 1_000_000,
      querystringParser: parseQueryString,
    },
  };
}

/** Starts the state of an instance. Throws TypeError when it was not made with {@link serverOptions}. */
export function createServerState(app: FastifyInstance, options: PathOptions & { profile: WireProfile }): ServerState {
  // Fastify keeps this option here, though its type does not say so.
  if (!('exposeHeadRoutes' in app.initialConfig) || app.initialConfig.exposeHeadRoutes !== false) {
    throw new TypeError('the wire needs fastify({ ..., ...serverOptions() })');
  }
  const state = { ...options, routes: new RouteTable(), operations: [] };
  states.set(app.server, state);
  return state;
}

/** The routes of an instance for its documents. Throws TypeError when the wire is not registered there. */
export function registeredRoutes(app: FastifyInstance): { routes: readonly RegisteredRoute[]; profile: WireProfile } {
  const state = states.get(app.server);
  if (state === undefined) throw new TypeError('the wire is not registered on this instance');
  return { routes: state.operations, profile: state.profile };
}
