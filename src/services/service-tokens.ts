import type { Db } from '../database/types.ts';
import { AppError, missingScope } from '../errors.ts';
import {
  findUsableServiceToken,
  insertServiceToken,
  listServiceTokens,
  revokeServiceToken,
  type ServiceTokenRow,
  touchServiceToken,
} from '../models/service-tokens.ts';
import type { KeyRing } from '../security/keys.ts';
import { isScope, type Scope } from '../security/permissions.ts';
import type { RandomBytes } from '../security/random.ts';
import { hashServiceToken, mintServiceToken, parseServiceToken } from '../security/service-tokens.ts';
import type { ClientContext, SecurityEvents } from './client-context.ts';
import { assertValid, storableTextIssues } from './values.ts';

/** Whoever makes a token; null is the command line, which may everything. */
export interface TokenMaker {
  id: string;
  scopes: readonly Scope[];
}

export interface ServiceHolder {
  id: string;
  scopes: readonly Scope[];
  /** Unix seconds; null: it does not expire. */
  expiresAt: number | null;
}

export interface ServiceTokensService {
  /** Throws AppError `invalid_token`. Junk costs no query; what a row said is believed for the standing's time. */
  authenticate(token: string): Promise<ServiceHolder>;
  /** The token itself is in this answer and nowhere else. Throws AppError `invalid_value` and `permission_denied`. */
  create(
    input: { name: string; scopes: readonly string[]; expires_in_days?: number | null | undefined },
    maker: TokenMaker | null,
    client: ClientContext,
  ): Promise<ServiceTokenRow & { token: string }>;
  list(): Promise<ServiceTokenRow[]>;
  /** Throws AppError `not_found`. */
  revoke(id: string, maker: TokenMaker | null, client: ClientContext): Promise<void>;
  /** Whoever holds a token may end it, as when it was found where it should not be. Nothing to do for one that does not work. */
  revokeItself(token: string, client: ClientContext): Promise<void>;
}

export interface ServiceTokensOptions {
  db: Db;
  keyRing: KeyRing;
  events: SecurityEvents;
  newId: () => string;
  randomBytes: RandomBytes;
  /** A revoked token dies within this time on every instance, here at once. */
  ttlSeconds: number;
  monotonicMs: () => number;
}

const listed = 1000;
const daySeconds = 86_400;
const maxCached = 1000;

export function createServiceTokensService(options: ServiceTokensOptions): ServiceTokensService {
  const { db, keyRing, events } = options;
  const known = new Map<string, Known>();

  const service: ServiceTokensService = {
    async authenticate(token) {
      const id = parseServiceToken(keyRing, token);
      if (id === undefined) throw invalid();
      const hash = hashServiceToken(token);
      const cached = known.get(id);
      if (cached?.hash.equals(hash) && cached.staleAtMs > options.monotonicMs()) return cached.holder;
      const row = await findUsableServiceToken(db, id);
      if (!row?.token_hash.equals(hash)) throw invalid(id);
      // A scope that this version no longer has gives nothing.
      const holder = { id, scopes: row.scopes.filter(isScope), expiresAt: row.expires_seconds };
      const believedSeconds = Math.min(options.ttlSeconds, row.left_seconds ?? options.ttlSeconds);
      remember(id, { hash, holder, staleAtMs: options.monotonicMs() + believedSeconds * 1000 });
      await touchServiceToken(db, id);
      return holder;
    },

    async create({ name, scopes, expires_in_days: days }, maker, client) {
      const issues = storableTextIssues('name', name, 100);
      const unknown = scopes.filter((scope) => !isScope(scope));
      if (unknown.length > 0) {
        const text = `unknown scopes: ${unknown.join(' ')}`;
        issues.push({
          type: 'value_error',
          loc: ['body', 'scopes'],
          msg: `Value error, ${text}`,
          input: scopes,
          ctx: { error: text },
        });
      }
      assertValid(issues);
      const beyond = scopes.find((scope) => maker !== null && !maker.scopes.some((own) => own === scope));
      if (beyond !== undefined) throw missingScope(beyond);
      const id = options.newId();
      const { token, hash } = mintServiceToken(keyRing, id, options.randomBytes);
      const row = await insertServiceToken(db, {
        id,
        name,
        token_hash: hash,
        scopes: [...new Set(scopes)],
        created_by: maker?.id ?? null,
        ttl_seconds: days === undefined || days === null ? null : days * daySeconds,
      });
      tell('service_token_created', id, maker, client);
      return { ...row, token };
    },

    list: () => listServiceTokens(db, listed),

    async revoke(id, maker, client) {
      if (!(await revokeServiceToken(db, id))) throw new AppError('not_found');
      known.delete(id);
      tell('service_token_revoked', id, maker, client);
    },

    async revokeItself(token, client) {
      const id = parseServiceToken(keyRing, token);
      const row = id === undefined ? undefined : await findUsableServiceToken(db, id);
      if (id !== undefined && row?.token_hash.equals(hashServiceToken(token))) {
        await service.revoke(id, { id, scopes: [] }, client);
      }
    },
  };
  return service;

  function remember(id: string, entry: Known): void {
    known.delete(id);
    known.set(id, entry);
    const oldest = known.keys().next();
    if (known.size > maxCached && !oldest.done) known.delete(oldest.value);
  }

  function tell(
    event: 'service_token_created' | 'service_token_revoked',
    id: string,
    maker: TokenMaker | null,
    { requestId, address }: ClientContext,
  ): void {
    events({ event, requestId, address, ...(maker ? { actorId: maker.id } : {}), reason: id });
  }
}

interface Known {
  hash: Buffer;
  holder: ServiceHolder;
  staleAtMs: number;
}

/** With its id, where our keys made it: an operator finds it in the list. */
function invalid(id?: string): AppError {
  return new AppError('invalid_token', {
    reason: 'service_token',
    holder: id === undefined ? undefined : { actorId: id },
  });
}
