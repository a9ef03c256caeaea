import { quoteText } from '../sql-names.ts';

/** Quoted names of the two schemas. */
export interface ArchiveNames {
  journal: string;
  archive: string;
}

export function archiveTableSql({ journal, archive }: ArchiveNames): string {
  return `
CREATE TABLE IF NOT EXISTS ${journal}.archive (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  revision text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('table', 'column', 'type', 'rows')),
  -- As it was called, and is again after a restore.
  schema_name text NOT NULL,
  relation_name text NOT NULL,
  column_name text,
  -- As it is called meanwhile: a column of the same table, or a table or type of ${archive}.
  kept_as text NOT NULL,
  -- What brings it back, in order. 'restore' ends where data and new writes are safe again, 'validate' scans and may come later.
  restore text[] NOT NULL,
  validate text[] NOT NULL DEFAULT '{}',
  -- Of the restore, what a second upgrade leaves out, because its later steps do it themselves: how to be rid of what was kept for it.
  bare text[] NOT NULL DEFAULT '{}',
  -- For the count before a downgrade: notNull, checks, foreignKeys, uniques.
  facts jsonb NOT NULL DEFAULT '{}',
  row_count bigint NOT NULL,
  -- False: the planner's estimate, because counting would have taken too long under the lock.
  row_count_exact boolean NOT NULL,
  archived_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  archived_by text NOT NULL DEFAULT current_user,
  purge_after timestamptz NOT NULL,
  restored_at timestamptz,
  purged_at timestamptz
);
CREATE INDEX IF NOT EXISTS archive_revision ON ${journal}.archive (revision);

-- A name of at most 63 bytes that nothing else has: cut where it is too long, numbered where it is taken.
CREATE OR REPLACE FUNCTION ${journal}.kept_name(prefix text, name text, taken text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  candidate text;
  stem text;
  suffix text := '';
  number int := 1;
BEGIN
  LOOP
    stem := prefix || name;
    WHILE octet_length(stem || suffix) > 63 LOOP
      stem := left(stem, -1);
    END LOOP;
    candidate := stem || suffix;
    EXIT WHEN candidate <> ALL (taken);
    number := number + 1;
    suffix := '_' || number;
  END LOOP;
  RETURN candidate;
END
$body$;

-- Exact where that is quick: the caller holds ACCESS EXCLUSIVE.
CREATE OR REPLACE FUNCTION ${journal}.count_rows(target regclass, OUT row_count bigint, OUT exact boolean)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
  SELECT greatest(c.reltuples, 0)::bigint, false INTO row_count, exact FROM pg_class c WHERE c.oid = target;
  IF pg_relation_size(target) < 8 * 1024 * 1024 AND (SELECT relkind FROM pg_class WHERE oid = target) = 'r' THEN
    EXECUTE format('SELECT count(*) FROM %s', target) INTO row_count;
    exact := true;
  END IF;
END
$body$;

CREATE OR REPLACE FUNCTION ${journal}.make_archive_schema() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
  -- CREATE SCHEMA IF NOT EXISTS wants the right to create even where nothing is to be created.
  IF to_regnamespace(${quoteText(archive)}) IS NULL THEN
    CREATE SCHEMA ${archive};
  END IF;
END
$body$;`;
}
