-- stanchion:revision c898860789bc
-- stanchion:down_revision [37bf8f335e7a]
-- stanchion:phase expand
-- stanchion:summary one canonical spelling of each address, unique, beside what was typed

-- The incumbent compares addresses exactly, so two users may differ by letter case only. Both keep their account: the
-- older one holds the canonical form, the later one says whose twin it is. The typed address is never changed.
--   email_canonical set, email_twin_of null : the holder of that form
--   email_canonical null, email_twin_of set : a twin of that user
--   both null                               : not yet judged, the application's canonicaliser does it
-- SQL judges only what has one possible answer, an ASCII address without white space. Other scripts, Unicode composition,
-- trimming and what is no address belong to one place, the application's canonicalEmail(), or the two would disagree.
-- The incumbent inserts rows without these columns: they stay null and are found by ix_user_email_pending.
-- email_twin_of has no foreign key: a note about the past must not refuse or slow down the deletion of a user.

-- stanchion:up
-- stanchion:step columns mode=tx
-- ACCESS EXCLUSIVE for an instant, no scan: nullable, no default.
ALTER TABLE "user" ADD COLUMN email_canonical text, ADD COLUMN email_twin_of uuid;

-- stanchion:step canonical_index mode=notx
-- Before the backfill, so that no moment allows two holders.
CREATE UNIQUE INDEX CONCURRENTLY ix_user_email_canonical ON "user" (email_canonical);

-- stanchion:step pending_index mode=notx
CREATE INDEX CONCURRENTLY ix_user_email_pending ON "user" (id) WHERE email_canonical IS NULL AND email_twin_of IS NULL;

-- stanchion:step lower_index mode=notx
-- Only for the backfill: without it each batch would read the whole table to find the members of a group. Partial,
-- because the incumbent bounds no address and an index entry is bounded.
CREATE INDEX CONCURRENTLY ix_user_email_lower_tmp ON "user" (lower(email COLLATE "C"), created_at, id)
  WHERE length(email) <= 320;

-- stanchion:step backfill mode=batch table=user key=id size=1000 pause=20ms
-- lower() under "C" touches A-Z and nothing else. [!-?A-~] is every visible ASCII character but "@".
UPDATE "user" AS u
   SET email_canonical = CASE WHEN judged.holder = u.id THEN judged.canonical END,
       email_twin_of = CASE WHEN judged.holder <> u.id THEN judged.holder END
  FROM (
    SELECT c.id,
           lower(c.email COLLATE "C") AS canonical,
           coalesce(
             (SELECT h.id FROM "user" AS h WHERE h.email_canonical = lower(c.email COLLATE "C")),
             (SELECT o.id FROM "user" AS o
               WHERE lower(o.email COLLATE "C") = lower(c.email COLLATE "C") AND length(o.email) <= 320
               ORDER BY o.created_at, o.id
               LIMIT 1)
           ) AS holder
      FROM "user" AS c
     WHERE c.id IN (SELECT id FROM batch_keys)
       AND c.email COLLATE "C" ~ '^[!-?A-~]+@[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$'
       AND length(c.email) <= 320
  ) AS judged
 WHERE u.id = judged.id
   AND u.email_canonical IS NULL
   AND u.email_twin_of IS NULL;

-- stanchion:step drop_lower_index mode=notx
DROP INDEX CONCURRENTLY IF EXISTS ix_user_email_lower_tmp;

-- stanchion:down
-- Both columns follow from the addresses and are computed again by the next upgrade and the application: no typed value is
-- lost. Kept aside they would be stale as soon as the incumbent changes an address. ACCESS EXCLUSIVE for an instant; the indexes go with the columns.
-- stanchion:step drop_columns mode=tx accept="ST019: both follow from the address and are computed again"
ALTER TABLE "user" DROP COLUMN email_twin_of, DROP COLUMN email_canonical;
