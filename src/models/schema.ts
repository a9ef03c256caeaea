import type { PgTable } from 'drizzle-orm/pg-core';
import { rateLimits } from './rate-limits.ts';
import { sessions } from './sessions.ts';
import { tasks } from './tasks.ts';
import { users } from './users.ts';

/**
 * What the database is to look like: `migrate revision --autogenerate` writes the way there, and `migrate check` says whether the
 * revisions lead there. A new model goes into the list.
 */
export const models: { readonly tables: readonly PgTable[]; readonly objects: string } = {
  tables: [users, tasks, sessions, rateLimits],
  /** What a table definition cannot say. Why each is so stands in the revision that made it. */
  objects: `
ALTER TABLE rate_limits SET UNLOGGED;

CREATE FUNCTION task_set_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT u.id INTO NEW.owner_id FROM public."user" AS u WHERE u.id = NEW.user_id FOR KEY SHARE;
  RETURN NEW;
END
$$;
CREATE TRIGGER task_set_owner BEFORE INSERT ON task
  FOR EACH ROW WHEN (NEW.owner_id IS NULL) EXECUTE FUNCTION task_set_owner();
`,
};
