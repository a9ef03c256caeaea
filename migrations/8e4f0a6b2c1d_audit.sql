-- stanchion:revision 8e4f0a6b2c1d
-- stanchion:down_revision [5c2e8b91d7a4]
-- stanchion:phase expand
-- stanchion:summary security events as a chain that nobody changes unnoticed

-- Each row's hash covers the row before it, and audit_head remembers the last one, so that a change, a gap and a cut-off end
-- are all found (./stanchion auth audit verify). The trigger stops mistakes; the chain finds what a superuser does.
-- What identifies a person's machine is kept beside the chain: the hash covers a salted digest of it, so that address and
-- salt can be erased without breaking the chain.
-- Locks: none on existing tables. No foreign key: the record outlives its user. A downgrade sets the tables aside.

-- stanchion:up
-- stanchion:step restore mode=tx
SELECT stanchion.take_back_table('audit_events', '8e4f0a6b2c1d');
SELECT stanchion.take_back_table('audit_head', '8e4f0a6b2c1d');

-- stanchion:step events mode=tx
CREATE TABLE IF NOT EXISTS audit_events (
  -- 1, 2, 3, … without a gap.
  seq bigint NOT NULL,
  at timestamptz NOT NULL,
  event text NOT NULL,
  request_id text,
  session_id uuid,
  user_id uuid,
  -- Who did it to that user; null: the user.
  actor_id uuid,
  reason text,
  -- SHA-256 of salt and address; null when there was no address.
  address_digest bytea,
  address text,
  address_salt bytea,
  hash bytea NOT NULL,
  CONSTRAINT audit_events_pkey PRIMARY KEY (seq)
);
CREATE INDEX IF NOT EXISTS ix_audit_events_request_id ON audit_events (request_id);
CREATE INDEX IF NOT EXISTS ix_audit_events_user_id_seq ON audit_events (user_id, seq);
CREATE INDEX IF NOT EXISTS ix_audit_events_session_id_seq ON audit_events (session_id, seq);

-- stanchion:step head mode=tx
CREATE TABLE IF NOT EXISTS audit_head (
  only_one boolean NOT NULL,
  seq bigint NOT NULL,
  hash bytea NOT NULL,
  CONSTRAINT audit_head_pkey PRIMARY KEY (only_one),
  CONSTRAINT audit_head_only_one_check CHECK (only_one)
);
INSERT INTO audit_head (only_one, seq, hash) VALUES (true, 0, decode(repeat('00', 32), 'hex')) ON CONFLICT DO NOTHING;

-- stanchion:step append_only mode=tx
CREATE OR REPLACE FUNCTION audit_events_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE OR REPLACE TRIGGER audit_events_no_change BEFORE UPDATE OR DELETE ON audit_events
  FOR EACH ROW EXECUTE FUNCTION audit_events_append_only();
CREATE OR REPLACE TRIGGER audit_events_no_truncate BEFORE TRUNCATE ON audit_events
  FOR EACH STATEMENT EXECUTE FUNCTION audit_events_append_only();

-- stanchion:down
-- stanchion:step triggers mode=tx accept="ST071: the code that writes here is gone after a downgrade"
DROP TRIGGER audit_events_no_change ON audit_events;
DROP TRIGGER audit_events_no_truncate ON audit_events;
DROP FUNCTION audit_events_append_only();

-- stanchion:step set_events_aside mode=tx
SELECT stanchion.soft_drop_table('audit_events', '8e4f0a6b2c1d');

-- stanchion:step set_head_aside mode=tx
SELECT stanchion.soft_drop_table('audit_head', '8e4f0a6b2c1d');
