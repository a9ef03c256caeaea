-- stanchion:revision ea5849811219
-- stanchion:down_revision [9d1b5f7e3a20]
-- stanchion:phase expand
-- stanchion:summary what a session's address is counted as: itself, or its /64

-- A login from where its user was before has attempts of its own. That is a question of equality, so that it is stored as a text
-- to be compared: an IPv4 address, or the first 64 bits of an IPv6 one. Null: no address is known, or what is is none.
-- The server writes it. The version before this one does not know the column: for its rows a trigger does, with the function of the
-- backfill, whose spelling is that of addressSubject() (a test compares both). Neither may ever fail: that would be a login.
-- No index: the user's rows come from ix_sessions_user_id, and a comparison each is nothing.

-- stanchion:up
-- stanchion:step column mode=tx
-- ACCESS EXCLUSIVE for an instant, no scan.
ALTER TABLE sessions ADD COLUMN address_subject text;

-- stanchion:step trigger mode=tx accept="ST070: for an instant; old code does not know the column that it fills"
-- Before the backfill: rows that old code inserts from here on need none. SHARE ROW EXCLUSIVE on sessions, no scan.
-- Without the zone, and an IPv4 address in IPv6 clothes as itself; inet_send() has four bytes before the address. Qualified where
-- restores run, with an empty search_path.
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

-- stanchion:step backfill mode=batch table=sessions key=id size=1000 pause=20ms
UPDATE sessions SET address_subject = session_address_subject(ip)
 WHERE id IN (SELECT id FROM batch_keys) AND address_subject IS NULL AND ip IS NOT NULL;

-- stanchion:down
-- It follows from the address and is computed again by the next upgrade. One transaction: ACCESS EXCLUSIVE for an instant.
-- stanchion:step drop_column mode=tx accept="ST019: computed again from the address" accept="ST071: the code that needs it is gone after a downgrade"
DROP TRIGGER sessions_set_address_subject ON sessions;
DROP FUNCTION sessions_set_address_subject();
DROP FUNCTION session_address_subject(text);
ALTER TABLE sessions DROP COLUMN address_subject;
