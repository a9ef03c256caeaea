import type { ArchiveNames } from './table-sql.ts';

/**
 * A narrower type without loss: the old column is set aside with its values, and a new one of the same name takes the converted ones.
 * Writes every row once, under ACCESS EXCLUSIVE: for tables that are small, or for a step of their own outside of traffic.
 */
export function changeTypeSql({ journal }: ArchiveNames): string {
  return `
CREATE OR REPLACE FUNCTION ${journal}.soft_change_type(
  target regclass, column_name text, new_type text, revision text, using_expression text DEFAULT NULL, retention interval DEFAULT '30 days'
) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  relation text := (SELECT relname FROM pg_class WHERE oid = target);
  converted text := coalesce(using_expression, quote_ident(column_name));
  entry ${journal}.archive;
  col pg_attribute;
  old_default text;
  fresh text;
BEGIN
  SELECT * INTO col FROM pg_attribute a WHERE a.attrelid = target AND a.attname = soft_change_type.column_name AND a.attnum > 0 AND NOT a.attisdropped;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'column "%" of table % does not exist', column_name, target USING ERRCODE = 'undefined_column';
  END IF;
  IF col.attidentity <> '' OR col.attgenerated <> '' THEN
    RAISE EXCEPTION 'column "%" of % is computed', column_name, target USING ERRCODE = 'feature_not_supported';
  END IF;
  SELECT pg_get_expr(adbin, adrelid) INTO old_default FROM pg_attrdef WHERE adrelid = target AND adnum = col.attnum;
  fresh := ${journal}.kept_name('_st_new_', column_name, ARRAY(SELECT attname FROM pg_attribute WHERE attrelid = target));
  EXECUTE format('ALTER TABLE %s ADD COLUMN %I %s', target, fresh, new_type);
  EXECUTE format('UPDATE %s AS %I SET %I = (%s)::%s', target, relation, fresh, converted, new_type);
  SET CONSTRAINTS ALL IMMEDIATE;
  PERFORM ${journal}.soft_drop_column(target, column_name, revision, retention);
  EXECUTE format('ALTER TABLE %s RENAME COLUMN %I TO %I', target, fresh, column_name);
  IF old_default IS NOT NULL THEN
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT (%s)::%s', target, column_name, old_default, new_type);
  END IF;
  IF col.attnotnull THEN
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', target, column_name);
  END IF;
  entry := ${journal}.find_archived('column', target::text, column_name, revision);
  UPDATE ${journal}.archive a SET facts = a.facts || jsonb_build_object('notNull', false, 'convertedBy', converted, 'convertedTo', new_type)
   WHERE a.id = entry.id;
END
$body$;

-- The values of the old column, but for rows that were written since: theirs are converted back.
CREATE OR REPLACE FUNCTION ${journal}.restore_type_of(target regclass, column_name text, revision text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  relation text := (SELECT relname FROM pg_class WHERE oid = target);
  entry ${journal}.archive := ${journal}.find_archived('column', target::text, column_name, revision);
  old_type text;
  fresh text;
BEGIN
  IF entry.facts ->> 'convertedBy' IS NULL THEN
    RAISE EXCEPTION 'nothing is kept of another type of column % of %, revision %', column_name, target, revision
      USING ERRCODE = 'undefined_object', HINT = 'It was purged, or never changed by soft_change_type().';
  END IF;
  EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', target);
  SELECT format_type(atttypid, atttypmod) INTO STRICT old_type FROM pg_attribute WHERE attrelid = target AND attname = entry.kept_as;
  fresh := ${journal}.kept_name('_st_new_', column_name, ARRAY(SELECT attname FROM pg_attribute WHERE attrelid = target));
  EXECUTE format('ALTER TABLE %s RENAME COLUMN %I TO %I', target, column_name, fresh);
  EXECUTE format(
    'UPDATE %1$s AS t SET %2$I = t.%3$I::%4$s FROM (SELECT place, (%5$s)::%6$s AS was FROM (SELECT ctid AS place, *, %2$I AS %7$I FROM %1$s) AS %8$I) AS before
      WHERE before.place = t.ctid AND before.was IS DISTINCT FROM t.%3$I',
    target, entry.kept_as, fresh, old_type, entry.facts ->> 'convertedBy', entry.facts ->> 'convertedTo', column_name, relation);
  SET CONSTRAINTS ALL IMMEDIATE;
  EXECUTE format('ALTER TABLE %s DROP COLUMN %I', target, fresh);
  PERFORM ${journal}.run_restore(entry, true, true);
END
$body$;`;
}
