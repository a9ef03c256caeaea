import { quoteText } from '../sql-names.ts';
import type { ArchiveNames } from './table-sql.ts';

/**
 * `restore_…` brings the whole thing back and fails where it cannot: for a down section. `take_back_…` brings back what an
 * earlier downgrade set aside, or answers false: for an up section that creates the rest itself.
 */
export function restoreSql(names: ArchiveNames): string {
  return [
    entrySql(names),
    orphansSql(names),
    columnSql(names),
    relationSql(names, 'table'),
    relationSql(names, 'type'),
  ].join('\n');
}

function entrySql({ journal, archive }: ArchiveNames): string {
  return `
CREATE OR REPLACE FUNCTION ${journal}.find_archived(wanted_kind text, called text, wanted_column text, wanted_revision text)
RETURNS ${journal}.archive LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  parts text[] := parse_ident(called);
  entry ${journal}.archive;
BEGIN
  SELECT a.* INTO entry FROM ${journal}.archive a
   WHERE a.kind = wanted_kind AND a.revision = wanted_revision AND a.relation_name = parts[cardinality(parts)]
     AND (cardinality(parts) = 1 OR a.schema_name = parts[1]) AND a.column_name IS NOT DISTINCT FROM wanted_column
     AND a.restored_at IS NULL AND a.purged_at IS NULL
     -- A table may have gone without the archive's knowledge, and another one have its name.
     AND (a.kind <> 'column' OR EXISTS (SELECT FROM pg_attribute t WHERE t.attrelid = to_regclass(format('%I.%I', a.schema_name, a.relation_name))
                                          AND t.attname = a.kept_as AND NOT t.attisdropped))
   ORDER BY a.id DESC LIMIT 1;
  RETURN entry;
END
$body$;

CREATE OR REPLACE FUNCTION ${journal}.run_restore(entry ${journal}.archive, whole boolean, do_validate boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  statement text;
  fill text;
  relation text := format('%I.%I', entry.schema_name, entry.relation_name);
  unfilled bigint;
  aside text := (SELECT nspname FROM pg_namespace WHERE oid = to_regnamespace(${quoteText(archive)}));
BEGIN
  IF entry.kind = 'column' AND entry.schema_name = aside THEN
    RAISE EXCEPTION 'column % is of a table that is set aside itself, as %', entry.column_name, relation
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Bring the table back first.';
  END IF;
  FOR position IN 1 .. cardinality(entry.restore) LOOP
    statement := entry.restore[position];
    -- Bare: the name, and a default; the later steps of the same section make constraints and indexes.
    EXIT WHEN NOT whole AND entry.kind = 'column' AND position > 1 AND statement NOT LIKE '% SET DEFAULT %';
    EXECUTE statement;
    IF position = 1 AND whole AND entry.kind = 'column' AND (entry.facts ->> 'notNull')::boolean THEN
      fill := nullif(current_setting('stanchion.fill', true), '')::jsonb ->> format('%s.%s.%s', entry.schema_name, entry.relation_name, entry.column_name);
      IF fill IS NOT NULL THEN
        EXECUTE format('UPDATE %s SET %I = (%s) WHERE %I IS NULL', relation, entry.column_name, fill, entry.column_name);
        -- What the update deferred would stand in the way of the ALTER TABLE that follows.
        SET CONSTRAINTS ALL IMMEDIATE;
      END IF;
      EXECUTE format('SELECT count(*) FROM %s WHERE %I IS NULL', relation, entry.column_name) INTO unfilled;
      IF unfilled > 0 THEN
        RAISE EXCEPTION '% rows of % have no value for %: they were born after it was set aside', unfilled, relation, entry.column_name
          USING ERRCODE = 'not_null_violation',
                HINT = format('Say how to fill them: --fill %s.%s=<expression>, or fill them before.', entry.relation_name, entry.column_name);
      END IF;
    END IF;
  END LOOP;
  IF NOT whole THEN
    FOREACH statement IN ARRAY entry.bare LOOP
      EXECUTE statement;
    END LOOP;
  ELSIF do_validate THEN
    FOREACH statement IN ARRAY entry.validate LOOP
      EXECUTE statement;
    END LOOP;
  END IF;
  UPDATE ${journal}.archive SET restored_at = clock_timestamp() WHERE id = entry.id;
  IF entry.kind = 'table' THEN
    UPDATE ${journal}.archive a SET schema_name = entry.schema_name, relation_name = entry.relation_name
     WHERE a.kind = 'column' AND a.schema_name = aside AND a.relation_name = entry.kept_as AND a.restored_at IS NULL AND a.purged_at IS NULL;
  END IF;
END
$body$;`;
}

/** Rows whose parent was deleted meanwhile: an upgrade goes on without them, and the archive keeps them. */
function orphansSql({ journal, archive }: ArchiveNames): string {
  return `
CREATE OR REPLACE FUNCTION ${journal}.move_orphans(entry ${journal}.archive) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  kept text := format('%s.%I', ${quoteText(archive)}, entry.kept_as);
  key jsonb;
  condition text;
  found boolean;
BEGIN
  FOR key IN SELECT jsonb_array_elements(entry.facts -> 'foreignKeys') LOOP
    SELECT format('%s AND NOT EXISTS (SELECT FROM %s AS o WHERE %s)',
             string_agg(format('%I.%I IS NOT NULL', entry.kept_as, c.own), ' AND '), key ->> 'table',
             string_agg(format('o.%I = %I.%I', c.other, entry.kept_as, c.own), ' AND ')) INTO condition
      FROM ROWS FROM (jsonb_array_elements_text(key -> 'columns'), jsonb_array_elements_text(key -> 'otherColumns')) AS c(own, other);
    EXECUTE format('SELECT EXISTS (SELECT FROM %s AS %I WHERE %s)', kept, entry.kept_as, condition) INTO found;
    IF found THEN
      PERFORM ${journal}.archive_rows(kept::regclass, condition, entry.revision);
      EXECUTE format('DELETE FROM %s AS %I WHERE %s', kept, entry.kept_as, condition);
    END IF;
  END LOOP;
END
$body$;`;
}

function columnSql({ journal }: ArchiveNames): string {
  return `
CREATE OR REPLACE FUNCTION ${journal}.restore_column(
  target regclass, column_name text, revision text, validate boolean DEFAULT true, bare boolean DEFAULT false
)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  entry ${journal}.archive := ${journal}.find_archived('column', target::text, column_name, revision);
BEGIN
  IF entry.id IS NULL THEN
    RAISE EXCEPTION 'nothing is kept of column % of %, revision %', column_name, target, revision
      USING ERRCODE = 'undefined_object', HINT = 'It was purged, or never set aside by this revision.';
  END IF;
  PERFORM ${journal}.run_restore(entry, NOT bare, validate);
END
$body$;

CREATE OR REPLACE FUNCTION ${journal}.take_back_column(target regclass, column_name text, revision text)
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  entry ${journal}.archive := ${journal}.find_archived('column', target::text, column_name, revision);
BEGIN
  IF entry.id IS NULL THEN
    RETURN false;
  END IF;
  PERFORM ${journal}.run_restore(entry, false, false);
  RETURN true;
END
$body$;`;
}

/** Tables and types are called by text: what is set aside has no name to be looked up by. */
function relationSql({ journal }: ArchiveNames, kind: 'table' | 'type'): string {
  return `
CREATE OR REPLACE FUNCTION ${journal}.restore_${kind}(called text, revision text, validate boolean DEFAULT true)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  entry ${journal}.archive := ${journal}.find_archived('${kind}', called, NULL, revision);
BEGIN
  IF entry.id IS NULL THEN
    RAISE EXCEPTION 'nothing is kept of ${kind} %, revision %', called, revision
      USING ERRCODE = 'undefined_object', HINT = 'It was purged, or never set aside by this revision.';
  END IF;
  PERFORM ${journal}.run_restore(entry, true, validate);
END
$body$;

CREATE OR REPLACE FUNCTION ${journal}.take_back_${kind}(called text, revision text)
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  entry ${journal}.archive := ${journal}.find_archived('${kind}', called, NULL, revision);
BEGIN
  IF entry.id IS NULL THEN
    RETURN false;
  END IF;
  PERFORM ${journal}.move_orphans(entry);
  PERFORM ${journal}.run_restore(entry, true, true);
  RETURN true;
END
$body$;`;
}
