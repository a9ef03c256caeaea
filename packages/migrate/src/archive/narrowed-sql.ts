import type { ArchiveNames } from './table-sql.ts';

/** Rows whose value would change, or be refused, by ALTER COLUMN … TYPE … [USING …]. */
export function narrowedSql({ journal }: ArchiveNames): string {
  return `
CREATE OR REPLACE FUNCTION ${journal}.narrowed_rows(target text, column_name text, new_type text, using_expression text)
RETURNS SETOF tid LANGUAGE plpgsql AS $body$
DECLARE
  relation text := (SELECT relname FROM pg_class WHERE oid = target::regclass);
  old_type text := (SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = target::regclass AND attname = column_name);
  value text := coalesce(using_expression, quote_ident(column_name));
  place tid;
  found tid[];
  changed boolean;
  test text;
BEGIN
  -- There and back again must be the same value; where there is no way back, the same text.
  test := format('(((%s)::%s)::%s IS DISTINCT FROM %I)', value, new_type, old_type, column_name);
  BEGIN
    EXECUTE format('SELECT 1 FROM %s AS %I WHERE false AND %s', target, relation, test);
  EXCEPTION WHEN undefined_function OR cannot_coerce OR datatype_mismatch THEN
    test := format('(((%s)::%s)::text IS DISTINCT FROM %I::text)', value, new_type, column_name);
  END;
  BEGIN
    EXECUTE format('SELECT array_agg(ctid) FROM %s AS %I WHERE %I IS NOT NULL AND %s', target, relation, column_name, test) INTO found;
    RETURN QUERY SELECT unnest(found);
    RETURN;
  EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
    NULL;
  END;
  -- Some value cannot be converted at all: one by one.
  FOR place IN EXECUTE format('SELECT ctid FROM %s WHERE %I IS NOT NULL', target, column_name) LOOP
    BEGIN
      EXECUTE format('SELECT %s FROM %s AS %I WHERE ctid = $1', test, target, relation) INTO changed USING place;
    EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
      changed := true;
    END;
    IF changed THEN
      RETURN NEXT place;
    END IF;
  END LOOP;
END
$body$;`;
}
