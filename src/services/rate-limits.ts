import { createHash } from 'node:crypto';
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
  /** One use, for a statement that counts it together with other work. Null: limits are off. */
  useOf(name: Name, subject: string): RateLimitUse | null;
  /** What to throw when such a use was not allowed. */
  refuse(name: Name, use: RateLimitUse, client: ClientContext): Promise<AppError>;
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

  async function refuse(name: Name, use: RateLimitUse, { requestId, address }: ClientContext): Promise<AppError> {
    options.events({ event: 'excess_rate_limit_exceeded', requestId, address, reason: name });
    const seconds = await findRateLimitWait(db, use);
    const { limit: quota, windowSeconds } = rules[name];
    return new AppError('rate_limited', {
      retryAfterSeconds: Math.max(1, Math.ceil(seconds)),
      limit: { name, quota, windowSeconds },
      reason: name,
    });
  }

  return {
    async consume(name, subject, client) {
      if (!options.enabled) return;
      const use = useOf(name, rules[name], subject);
      if (!(await consumeRateLimit(db, use))) throw await refuse(name, use, client);
    },
    useOf: (name, subject) => (options.enabled ? useOf(name, rules[name], subject) : null),
    refuse,
    async clear(name, subject) {
      if (options.enabled) await deleteRateLimit(db, keyOf(name, subject));
    },
  };
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
