import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { AppError } from '../errors.ts';
import { bearerToken } from './authenticate.ts';

export interface Metrics {
  registry: Registry;
  countSecurityEvent(event: string): void;
  /** Read at scrape time. */
  gauge(name: string, help: string, read: () => number): void;
  /** Totals by one label, read at scrape time; `_total` is added to the name. */
  counter(name: string, help: string, label: string, read: () => ReadonlyMap<string, number>): void;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const events = new Counter({
    name: 'security_events_total',
    help: 'Security events by name',
    labelNames: ['event'],
    registers: [registry],
  });
  return {
    registry,
    countSecurityEvent: (event) => events.inc({ event }),
    gauge(name, help, read) {
      const gauge: Gauge = new Gauge({ name, help, registers: [registry], collect: () => gauge.set(read()) });
    },
    counter(name, help, label, read) {
      const counter: Counter = new Counter({
        ...{ name: `${name}_total`, help, labelNames: [label], registers: [registry] },
        collect() {
          counter.reset();
          for (const [value, total] of read()) counter.inc({ [label]: value }, total);
        },
      });
    },
  };
}

/** The label is the route's template, never the path: paths are unbounded. */
export function registerRequestMetrics(app: FastifyInstance, { registry }: Metrics): void {
  const duration = new Histogram({
    name: 'http_server_request_duration_seconds',
    help: 'Time from the request line to the last byte of the answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  // A child per label set, looked up by one key: prom-client's own look-up hashes an object per request.
  const children = new Map<string, Histogram.Internal<'method' | 'route' | 'status'>>();
  app.addHook('onResponse', (request, reply, next) => {
    const route = request.routeOptions.url ?? 'unmatched';
    const key = `${request.method} ${route} ${reply.statusCode}`;
    let child = children.get(key);
    if (!child) {
      child = duration.labels({ method: request.method, route, status: String(reply.statusCode) });
      children.set(key, child);
    }
    child.observe(reply.elapsedTime / 1000);
    next();
  });
}

/** `token` null: the route stands on a port of its own that only the scraper reaches. */
export function registerMetricsRoute(app: FastifyInstance, { registry }: Metrics, token: string | null): void {
  app.get('/metrics', { config: { openapi: { hidden: true } } }, async (request, reply) => {
    if (token !== null && !sameText(bearerToken(request), token)) {
      throw new AppError('invalid_token', { reason: 'metrics_token' });
    }
    const text = await registry.metrics();
    return reply.header('content-type', registry.contentType).serializer(String).send(text);
  });
}

function sameText(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
