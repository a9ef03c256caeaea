-- stanchion:revision aec3516917b0
-- stanchion:down_revision [23d54ac3b8d7]
-- stanchion:phase expand
-- stanchion:summary sessions: one row a session, refresh tokens are its generations

-- Locks: SHARE ROW EXCLUSIVE on "user" for the foreign key, no scan. The incumbent knows nothing of this table.
-- A downgrade sets the table aside with its rows and the next upgrade takes it back, so that a rollback signs nobody out
-- for good. Meanwhile its rows still expire by their own limits. Those of users who were deleted meanwhile stay in the archive.

-- stanchion:up
-- stanchion:step restore mode=tx
SELECT stanchion.take_back_table('sessions', 'aec3516917b0');

-- stanchion:step create mode=tx accept="ST035: stops writers of the users for an instant; the table is empty"
CREATE TABLE IF NOT EXISTS sessions (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  -- native: has refresh tokens. legacy: stands for one token of the incumbent's kind.
  kind text NOT NULL,
  -- The refresh token that is valid now; its predecessor is generation - 1. Never goes back.
  generation bigint NOT NULL,
  -- The current generation was presented at least once: its holder has it, so its parent may die.
  confirmed boolean NOT NULL,
  -- When the current generation replaced its parent; the reuse window counts from here and is never slid. Null: never rotated.
  rotated_at timestamptz,
  -- With the server's key ring this gives the MAC key of the session's tokens: the row alone can forge nothing.
  token_salt bytea NOT NULL,
  user_agent text,
  -- Text, not inet: an address with a zone must not fail a login.
  ip text,
  created_at timestamptz NOT NULL,
  last_used_at timestamptz NOT NULL,
  idle_expires_at timestamptz NOT NULL,
  absolute_expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  revoked_reason text,
  CONSTRAINT sessions_pkey PRIMARY KEY (id),
  CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES "user" (id) ON DELETE CASCADE,
  CONSTRAINT sessions_kind_check CHECK (kind IN ('native', 'legacy')),
  CONSTRAINT sessions_generation_check CHECK (generation >= 0)
);

-- Lists a user's sessions, ends them all, and serves the cascade of a deleted user.
CREATE INDEX IF NOT EXISTS ix_sessions_user_id ON sessions (user_id);

-- stanchion:down
-- stanchion:step set_aside mode=tx
SELECT stanchion.soft_drop_table('sessions', 'aec3516917b0');
