-- stanchion:revision 11af5e9cde7a
-- stanchion:down_revision [7f3f31995f25]
-- stanchion:phase expand
-- stanchion:summary who still holds tokens of the incumbent's kind

-- Locks: none on existing tables. No foreign key: the incumbent's tokens may name users that do not exist.
-- A downgrade sets the table aside and the next upgrade takes it back: when it is safe to end the old tokens can't be
-- computed again.

-- stanchion:up
-- stanchion:step restore mode=tx
SELECT stanchion.take_back_table('legacy_token_holders', '11af5e9cde7a');

-- stanchion:step create mode=tx
CREATE TABLE IF NOT EXISTS legacy_token_holders (
  user_id uuid NOT NULL,
  last_seen_at timestamptz NOT NULL,
  -- The latest end of a token that was seen; infinity for one without exp.
  valid_until timestamptz NOT NULL,
  -- When a token was last seen that this backend did not make: the incumbent still signs people in.
  incumbent_seen_at timestamptz,
  CONSTRAINT legacy_token_holders_pkey PRIMARY KEY (user_id)
);

-- stanchion:down
-- stanchion:step set_aside mode=tx
SELECT stanchion.soft_drop_table('legacy_token_holders', '11af5e9cde7a');
