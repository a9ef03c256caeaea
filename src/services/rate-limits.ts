import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { Db } from '../database/types.ts';
import { AppError } from '../errors.ts';
import { consumeRateLimit, deleteRateLimit, findRateLimitWait, type RateLimitUse } from '../models/rate-limits.ts';
import type { ClientContext, SecurityEvents } from './client-context.ts';

export interface RateLimitRule {
  limit: number;
  windowSeconds: number;
}

export type RateLimitRules<Name extends string> = Readonly<Record<Name, RateLimitRule>>;

export interface RateLimitsService<Name extends string> {
  /** Counts one use of `subject` by a request. Throws AppError `rate_limited` with the seconds to wait. */
  consume(name: Name, subject: string, client: ClientContext): Promise<void>;
  /** Forgives what `subject` used: a successful login clears its account's failures. */
  clear(name: Name, subject: string): Promise<void>;
}

export interface RateLimitsOptions<Name extends string> {
  db: Db;
  rules: RateLimitRules<Name>;
  enabled: boolean;
  events: SecurityEvents;
}

/** Limits that all instances share through the database: one row a key, one statement a decision. */
export function createRateLimitsService<Name extends string>(
  options: RateLimitsOptions<Name>,
): RateLimitsService<Name> {
  const { db, rules } = options;
  return {
    async consume(name, subject, { requestId, address }) {
      if (!options.enabled) return;
      const use = useOf(name, rules[name], subject);
      if (await consumeRateLimit(db, use)) return;
      options.events({ event: 'excess_rate_limit_exceeded', requestId, address, reason: name });
      const seconds = await findRateLimitWait(db, use);
      const { limit: quota, windowSeconds } = rules[name];
      throw new AppError('rate_limited', {
        retryAfterSeconds: Math.max(1, Math.ceil(seconds)),
        limit: { name, quota, windowSeconds },
        reason: name,
      });
    },
    async clear(name, subject) {
      if (options.enabled) await deleteRateLimit(db, keyOf(name, subject));
    },
  };
}

/** IPv6 subscribers hold a /64 at least: the single address is theirs to choose. IPv4-mapped forms count as IPv4. */
export function addressSubject(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1]) return mapped[1];
  const plain = address.split('%')[0] ?? address;
  return isIPv6(plain) ? `${first64Bits(plain)}::/64` : plain;
}

function first64Bits(address: string): string {
  const [head = '', tail] = address.toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}

function useOf(name: string, rule: RateLimitRule, subject: string): RateLimitUse {
  return {
    key: keyOf(name, subject),
    step_seconds: rule.windowSeconds / rule.limit,
    window_seconds: rule.windowSeconds,
  };
}

/** Hashed, so that the table holds neither addresses nor e-mails. */
function keyOf(name: string, subject: string): string {
  return `${name}:${createHash('sha256').update(subject).digest('base64url')}`;
}
