-- stanchion:revision ca793c6d6150
-- stanchion:down_revision [c8b0b072c980]
-- stanchion:phase expand
-- stanchion:summary the index of the task list in its default order

-- A page of a user's tasks is read in order from the index, however many tasks the user has. The id makes pages stable
-- where created_at is tied. The incumbent's ix_task_user_id stays: its queries and its metadata name it.
-- Locks: SHARE UPDATE EXCLUSIVE, which readers and writers do not notice.

-- stanchion:up
-- stanchion:step index mode=notx
CREATE INDEX CONCURRENTLY ix_task_user_id_created_at_id ON task (user_id, created_at DESC, id DESC);

-- stanchion:down
-- stanchion:step drop_index mode=notx
DROP INDEX CONCURRENTLY IF EXISTS ix_task_user_id_created_at_id;
