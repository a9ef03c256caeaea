-- stanchion:revision 7f3f31995f25
-- stanchion:down_revision [ca793c6d6150]
-- stanchion:phase expand
-- stanchion:summary signing keys that all instances share, and when each key was last used

-- Locks: none on existing tables. Old code signs with the key that follows from its secret, which stays valid until a
-- rotation has retired it; no rotation happens by itself.
-- A downgrade sets the tables aside and the next upgrade takes them back: a key that is lost signs everybody out.

-- stanchion:up
-- stanchion:step restore mode=tx
SELECT stanchion.take_back_table('signing_keys', '7f3f31995f25');
SELECT stanchion.take_back_table('key_uses', '7f3f31995f25');

-- stanchion:step create mode=tx
CREATE TABLE IF NOT EXISTS signing_keys (
  -- RFC 7638 thumbprint of the public key.
  kid text NOT NULL,
  alg text NOT NULL,
  -- The private key, encrypted under a key that follows from the server's secret: the row alone signs nothing. Null: a key
  -- that follows from the secret itself, or one that is retired and was erased.
  sealed bytea,
  created_at timestamptz NOT NULL,
  -- Published from created_at, signs from here: every verifier has it by then.
  signs_from timestamptz NOT NULL,
  -- Nothing that it signed lives longer. Null: no successor yet.
  verify_until timestamptz,
  CONSTRAINT signing_keys_pkey PRIMARY KEY (kid),
  CONSTRAINT signing_keys_alg_check CHECK (alg IN ('EdDSA', 'ES256'))
);

-- One row a key that was ever seen in a token, refresh keys and the incumbent's secret among them.
CREATE TABLE IF NOT EXISTS key_uses (
  key_id text NOT NULL,
  -- Counted in memory and written twice a minute: a crash forgets the last uses.
  uses bigint NOT NULL,
  last_used_at timestamptz NOT NULL,
  CONSTRAINT key_uses_pkey PRIMARY KEY (key_id)
);

-- stanchion:down
-- stanchion:step set_uses_aside mode=tx
SELECT stanchion.soft_drop_table('key_uses', '7f3f31995f25');

-- stanchion:step set_keys_aside mode=tx
SELECT stanchion.soft_drop_table('signing_keys', '7f3f31995f25');
