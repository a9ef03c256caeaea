-- stanchion:revision 9d1b5f7e3a20
-- stanchion:down_revision [8e4f0a6b2c1d]
-- stanchion:phase expand
-- stanchion:summary roles of users, and tokens for other services

-- Locks: ACCESS EXCLUSIVE on "user" for an instant: a nullable column without default, no scan. The incumbent inserts users
-- without it: they have no role, which is that of an ordinary user. A downgrade sets aside who had one, and the tokens.

-- stanchion:up
-- stanchion:step column mode=tx
ALTER TABLE "user" ADD COLUMN role text;

-- stanchion:step known_roles mode=tx
-- Binds new rows at once; there is none with a role yet.
ALTER TABLE "user" ADD CONSTRAINT user_role_check CHECK (role = 'admin') NOT VALID;

-- stanchion:step known_roles_checked mode=tx
ALTER TABLE "user" VALIDATE CONSTRAINT user_role_check;

-- stanchion:step roles_before mode=tx accept="ST081,ST083: as many rows as an earlier downgrade set aside, by their key" accept="ST050: they are back in the column"
DO $$
BEGIN
  IF to_regclass('stanchion_archive."9d1b5f7e3a20_roles"') IS NOT NULL THEN
    UPDATE "user" AS u SET role = r.role FROM stanchion_archive."9d1b5f7e3a20_roles" AS r WHERE u.id = r.id;
    DROP TABLE stanchion_archive."9d1b5f7e3a20_roles";
  END IF;
END
$$;

-- stanchion:step restore mode=tx
SELECT stanchion.take_back_table('service_tokens', '9d1b5f7e3a20');

-- stanchion:step tokens mode=tx
CREATE TABLE IF NOT EXISTS service_tokens (
  id uuid NOT NULL,
  name text NOT NULL,
  -- SHA-256 of the token: the row alone opens nothing.
  token_hash bytea NOT NULL,
  scopes text[] NOT NULL,
  -- Who made it: a user, or null for the command line. No foreign key: the token outlives its maker.
  created_by uuid,
  created_at timestamptz NOT NULL,
  -- Null: until it is revoked.
  expires_at timestamptz,
  -- To a few minutes.
  last_used_at timestamptz,
  revoked_at timestamptz,
  CONSTRAINT service_tokens_pkey PRIMARY KEY (id)
);

-- stanchion:down
-- stanchion:step set_aside mode=tx
SELECT stanchion.soft_drop_table('service_tokens', '9d1b5f7e3a20');

-- stanchion:step set_roles_aside mode=tx accept="ST057: nobody may be given a role between the look and the drop" accept="ST019: its values are in the archive"
-- Beside the table and not in it: the incumbent's table is again as the incumbent knows it.
DO $$
BEGIN
  LOCK TABLE "user" IN ACCESS EXCLUSIVE MODE;
  CREATE SCHEMA IF NOT EXISTS stanchion_archive;
  CREATE TABLE stanchion_archive."9d1b5f7e3a20_roles" AS SELECT id, role FROM "user" WHERE role IS NOT NULL;
  ALTER TABLE "user" DROP COLUMN role;
END
$$;
