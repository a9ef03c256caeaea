-- stanchion:revision c8b0b072c980
-- stanchion:down_revision [c898860789bc]
-- stanchion:phase expand
-- stanchion:summary tasks know an existing owner; the incumbent's orphans stay and can be found

-- Why there is no foreign key on task.user_id: docs/adr/0003-task-ownership.md. In short, the incumbent never checks that
-- a token's user exists. Orphaned tasks exist, it may write more while both backends run, and rows are restored with the
-- tasks before the users. A constraint on user_id, NOT VALID or not, would turn each of these into an error.
-- So owner_id says the same with a constraint that only binds where it can be true:
--   owner_id = user_id : the user exists
--   owner_id null      : an orphan, or a row that was restored before its user. This finds the orphans:
--                        SELECT t.id FROM task t WHERE t.owner_id IS NULL AND NOT EXISTS (SELECT FROM "user" u WHERE u.id = t.user_id)

-- stanchion:up
-- stanchion:step column mode=tx
-- ACCESS EXCLUSIVE for an instant, no scan.
ALTER TABLE task ADD COLUMN owner_id uuid;

-- stanchion:step trigger mode=tx accept="ST070: for an instant; old code does not know the column that it fills"
-- Before the backfill: rows that the incumbent inserts from here on need none. SHARE ROW EXCLUSIVE on task, no scan.
-- KEY SHARE is the lock that the foreign key takes anyway; taken here, a user who is being deleted makes an orphan and
-- not an error. The names are qualified because restores run with an empty search_path.
CREATE FUNCTION task_set_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT u.id INTO NEW.owner_id FROM public."user" AS u WHERE u.id = NEW.user_id FOR KEY SHARE;
  RETURN NEW;
END
$$;
CREATE TRIGGER task_set_owner BEFORE INSERT ON task
  FOR EACH ROW WHEN (NEW.owner_id IS NULL) EXECUTE FUNCTION task_set_owner();

-- stanchion:step foreign_key mode=tx
-- SHARE ROW EXCLUSIVE on both tables for an instant: NOT VALID does not scan. SET NULL: where a user could be deleted
-- before, a user still can, and no task goes with them; the tasks become orphans, as they did.
ALTER TABLE task ADD CONSTRAINT task_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES "user" (id)
  ON DELETE SET NULL NOT VALID;

-- stanchion:step backfill mode=batch table=task key=id size=1000 pause=20ms
UPDATE task AS t
   SET owner_id = u.id
  FROM (
    SELECT o.id FROM "user" AS o
     WHERE o.id IN (SELECT b.user_id FROM task AS b WHERE b.id IN (SELECT id FROM batch_keys))
     ORDER BY o.id
       FOR KEY SHARE
  ) AS u
 WHERE t.id IN (SELECT id FROM batch_keys)
   AND t.owner_id IS NULL
   AND u.id = t.user_id;

-- stanchion:step validate mode=tx
-- SHARE UPDATE EXCLUSIVE on task, ROW SHARE on "user": scans beside readers and writers.
ALTER TABLE task VALIDATE CONSTRAINT task_owner_id_fkey;

-- stanchion:step owner_index mode=notx
-- Deleting a user checks for rows with that owner: without an index that reads every task while the user's row is locked.
-- Not partial: the same index finds the rows without an owner.
CREATE INDEX CONCURRENTLY ix_task_owner_id ON task (owner_id);

-- stanchion:down
-- owner_id is a copy of user_id where the user exists: anything else would be lost, so it is counted and refused.
-- stanchion:check strangers message=tasks have an owner who is not their user: set user_id to owner_id there, or clear owner_id
SELECT count(*) FROM task WHERE owner_id <> user_id;

-- One transaction, because half of it would serve nobody. ACCESS EXCLUSIVE for an instant, on task first and then on
-- "user", in the order in which an insert takes its locks; the index and the constraint go with the column. Counted again
-- under the lock: nobody may write between the check and the drop.
-- stanchion:step drop_column mode=tx accept="ST019: a copy of user_id, as counted" accept="ST057,ST071,ST090,ST092: one transaction, or half of it would serve nobody"
DO $$
DECLARE
  differing bigint;
BEGIN
  LOCK TABLE task IN ACCESS EXCLUSIVE MODE;
  SELECT count(*) INTO differing FROM task WHERE owner_id <> user_id;
  IF differing > 0 THEN
    RAISE EXCEPTION '% tasks have an owner who is not their user: dropping owner_id would lose that', differing
      USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Set user_id to owner_id on these rows, or clear owner_id, and downgrade again.';
  END IF;
END
$$;
DROP TRIGGER task_set_owner ON task;
DROP FUNCTION task_set_owner();
ALTER TABLE task DROP COLUMN owner_id;
