-- stanchion:revision 5c2e8b91d7a4
-- stanchion:down_revision [11af5e9cde7a]
-- stanchion:phase expand
-- stanchion:summary mail that is sent after the commit, and the single-use tokens that it carries

-- Locks: SHARE ROW EXCLUSIVE on "user" for the foreign keys, no scan, and ACCESS EXCLUSIVE for an instant for a nullable
-- column without default. The incumbent inserts users without it: an address is verified when it says so.
-- A downgrade sets the tables aside with their rows, and the next upgrade takes them back.

-- stanchion:up
-- stanchion:step restore mode=tx
SELECT stanchion.take_back_table('account_tokens', '5c2e8b91d7a4');
SELECT stanchion.take_back_table('mail_jobs', '5c2e8b91d7a4');

-- stanchion:step column mode=tx
ALTER TABLE "user" ADD COLUMN email_verified_at timestamptz;

-- stanchion:step verified_before mode=tx accept="ST081,ST083: as many rows as an earlier downgrade set aside, by their key" accept="ST050: they are back in the column"
-- What was set aside by a downgrade.
DO $$
BEGIN
  IF to_regclass('stanchion_archive."5c2e8b91d7a4_verified"') IS NOT NULL THEN
    UPDATE "user" AS u SET email_verified_at = v.email_verified_at
      FROM stanchion_archive."5c2e8b91d7a4_verified" AS v
     WHERE u.id = v.id AND u.email = v.email;
    DROP TABLE stanchion_archive."5c2e8b91d7a4_verified";
  END IF;
END
$$;

-- stanchion:step tokens mode=tx accept="ST035: stops writers of the users for an instant; the table is empty"
CREATE TABLE IF NOT EXISTS account_tokens (
  -- SHA-256 of what was mailed: the row alone opens nothing.
  token_hash bytea NOT NULL,
  user_id uuid NOT NULL,
  -- A token does what it was made for and nothing else.
  purpose text NOT NULL,
  -- The address that it was mailed to; it dies when that is no longer the user's. For change_email the address to be.
  email text NOT NULL,
  -- The session that asked, which a change of address lets live.
  session_id uuid,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  CONSTRAINT account_tokens_pkey PRIMARY KEY (token_hash),
  CONSTRAINT account_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES "user" (id) ON DELETE CASCADE,
  CONSTRAINT account_tokens_purpose_check CHECK (purpose IN ('verify_email', 'reset_password', 'change_email'))
);
CREATE INDEX IF NOT EXISTS ix_account_tokens_user_id ON account_tokens (user_id);

-- stanchion:step mail mode=tx accept="ST035: stops writers of the users for an instant; the table is empty"
CREATE TABLE IF NOT EXISTS mail_jobs (
  id uuid NOT NULL,
  kind text NOT NULL,
  -- Null for an address that somebody typed: whether it is a user's is found out when the job runs, not before the answer.
  user_id uuid,
  email text NOT NULL,
  session_id uuid,
  attempts integer NOT NULL,
  -- Also the lease of who works on it.
  next_attempt_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  last_error text,
  CONSTRAINT mail_jobs_pkey PRIMARY KEY (id),
  CONSTRAINT mail_jobs_user_id_fkey FOREIGN KEY (user_id) REFERENCES "user" (id) ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS ix_mail_jobs_next_attempt_at ON mail_jobs (next_attempt_at);
CREATE INDEX IF NOT EXISTS ix_mail_jobs_user_id ON mail_jobs (user_id);

-- stanchion:down
-- stanchion:step set_mail_aside mode=tx
SELECT stanchion.soft_drop_table('mail_jobs', '5c2e8b91d7a4');

-- stanchion:step set_tokens_aside mode=tx
SELECT stanchion.soft_drop_table('account_tokens', '5c2e8b91d7a4');

-- stanchion:step set_verified_aside mode=tx accept="ST057: nobody may verify an address between the look and the drop" accept="ST019: its values are in the archive"
-- Beside the table and not in it: the incumbent's table is again as the incumbent knows it.
DO $$
BEGIN
  LOCK TABLE "user" IN ACCESS EXCLUSIVE MODE;
  CREATE SCHEMA IF NOT EXISTS stanchion_archive;
  CREATE TABLE stanchion_archive."5c2e8b91d7a4_verified" AS
    SELECT id, email, email_verified_at FROM "user" WHERE email_verified_at IS NOT NULL;
  ALTER TABLE "user" DROP COLUMN email_verified_at;
END
$$;
