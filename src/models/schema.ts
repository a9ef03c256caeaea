import type { PgTable } from 'drizzle-orm/pg-core';
import { accountTokens } from './account-tokens.ts';
import { auditEvents, auditHead } from './audit-events.ts';
import { keyUses } from './key-uses.ts';
import { legacyTokenHolders } from './legacy-token-holders.ts';
import { mailJobs } from './mail-jobs.ts';
import { rateLimits } from './rate-limits.ts';
import { serviceTokens } from './service-tokens.ts';
import { sessions } from './sessions.ts';
import { signingKeys } from './signing-keys.ts';
import { tasks } from './tasks.ts';
import { users } from './users.ts';

/**
 * What the database is to look like: `migrate revision --autogenerate` writes the way there, and `migrate check` says whether the
 * revisions lead there. A new model goes into the list.
 */
export const models: { readonly tables: readonly PgTable[]; readonly objects: string } = {
  tables: [
    users,
    tasks,
    sessions,
    rateLimits,
    accountTokens,
    mailJobs,
    auditEvents,
    auditHead,
    serviceTokens,
    signingKeys,
    keyUses,
    legacyTokenHolders,
  ],
  /** What a table definition cannot say. Why each is so stands in the revision that made it. */
  objects: `
ALTER TABLE rate_limits SET UNLOGGED;

CREATE FUNCTION task_set_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT u.id INTO NEW.owner_id FROM public."user" AS u WHERE u.id = NEW.user_id FOR KEY SHARE;
  RETURN NEW;
END
$$;
CREATE TRIGGER task_set_owner BEFORE INSERT ON task
  FOR EACH ROW WHEN (NEW.owner_id IS NULL) EXECUTE FUNCTION task_set_owner();

CREATE FUNCTION session_address_subject(address text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  plain text := regexp_replace(split_part(address, '%', 1), '^::ffff:(?=[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+$)', '', 'i');
  bits text;
BEGIN
  IF plain LIKE '%/%' THEN
    RETURN NULL;
  END IF;
  IF family(plain::inet) = 4 THEN
    RETURN CASE WHEN host(plain::inet) = plain THEN plain END;
  END IF;
  bits := encode(substr(inet_send(plain::inet), 5), 'hex');
  RETURN format('%s:%s:%s:%s::/64',
    to_hex(('x' || substr(bits, 1, 4))::bit(16)::int), to_hex(('x' || substr(bits, 5, 4))::bit(16)::int),
    to_hex(('x' || substr(bits, 9, 4))::bit(16)::int), to_hex(('x' || substr(bits, 13, 4))::bit(16)::int));
EXCEPTION WHEN invalid_text_representation THEN
  RETURN NULL;
END
$$;
CREATE FUNCTION sessions_set_address_subject() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.address_subject := public.session_address_subject(NEW.ip);
  RETURN NEW;
END
$$;
CREATE TRIGGER sessions_set_address_subject BEFORE INSERT ON sessions
  FOR EACH ROW WHEN (NEW.address_subject IS NULL AND NEW.ip IS NOT NULL) EXECUTE FUNCTION sessions_set_address_subject();

CREATE FUNCTION audit_events_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.address IS NULL AND NEW.address_salt IS NULL
     AND ROW(NEW.seq, NEW.at, NEW.event, NEW.request_id, NEW.session_id, NEW.user_id, NEW.actor_id, NEW.reason, NEW.address_digest, NEW.hash)
         IS NOT DISTINCT FROM
         ROW(OLD.seq, OLD.at, OLD.event, OLD.request_id, OLD.session_id, OLD.user_id, OLD.actor_id, OLD.reason, OLD.address_digest, OLD.hash) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'audit_events is append-only; only an address may be erased' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_events_no_change BEFORE UPDATE OR DELETE ON audit_events
  FOR EACH ROW EXECUTE FUNCTION audit_events_append_only();
CREATE TRIGGER audit_events_no_truncate BEFORE TRUNCATE ON audit_events
  FOR EACH STATEMENT EXECUTE FUNCTION audit_events_append_only();
`,
};
