-- stanchion:revision 23d54ac3b8d7
-- stanchion:down_revision []
-- stanchion:phase baseline
-- stanchion:summary the incumbent's schema, exactly as its database has it
-- stanchion:adopt_when table=user table=task

-- A database that already has these tables is compared with what this file would create, and recorded. Nothing runs on it.
-- No column has a default: the incumbent sets every value itself. The labels of the enum are its members' names.

-- stanchion:up
-- stanchion:step tables mode=tx
CREATE TYPE priorityenum AS ENUM (
  'URGENT_IMPORTANT',
  'NOT_URGENT_IMPORTANT',
  'URGENT_NOT_IMPORTANT',
  'NOT_URGENT_NOT_IMPORTANT'
);

CREATE TABLE task (
  title varchar(255) NOT NULL,
  description varchar,
  due_datetime timestamp without time zone,
  priority priorityenum NOT NULL,
  is_completed boolean NOT NULL,
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  created_at timestamp without time zone NOT NULL,
  updated_at timestamp without time zone NOT NULL,
  CONSTRAINT task_pkey PRIMARY KEY (id)
);

CREATE TABLE "user" (
  email varchar NOT NULL,
  name varchar(100),
  is_active boolean NOT NULL,
  id uuid NOT NULL,
  hashed_password varchar NOT NULL,
  created_at timestamp without time zone NOT NULL,
  updated_at timestamp without time zone NOT NULL,
  CONSTRAINT user_pkey PRIMARY KEY (id)
);

-- Plain builds: both tables were created in this transaction, nobody waits for them.
CREATE INDEX ix_task_user_id ON task (user_id);
CREATE UNIQUE INDEX ix_user_email ON "user" (email);

-- stanchion:down
-- Only where this revision created the tables. Where it was recorded, a downgrade removes the record and no table.
-- stanchion:step drop_when_empty mode=tx accept="ST057: nobody may add a row between the count and the drop"
DO $$
DECLARE
  users bigint;
  tasks bigint;
BEGIN
  -- Nobody may add a row between the count and the drop.
  LOCK TABLE "user", task IN ACCESS EXCLUSIVE MODE;
  SELECT count(*) INTO users FROM "user";
  SELECT count(*) INTO tasks FROM task;
  IF users > 0 OR tasks > 0 THEN
    RAISE EXCEPTION 'the baseline is not dropped while it holds rows: % in "user", % in task', users, tasks
      USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Export the rows and delete them first, or stay at the baseline: the incumbent runs on it.';
  END IF;
END
$$;
DROP TABLE task;
DROP TABLE "user";
DROP TYPE priorityenum;
