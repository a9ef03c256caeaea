import { quoteText } from '../sql-names.ts';
import type { ArchiveNames } from './table-sql.ts';

/** Every one of them waits for nothing longer than the DDL that it replaces, and copies no row. */
export function softDropSql(names: ArchiveNames): string {
  return [
    blockersSql(names),
    columnSql(names),
    tableSql(names),
    typeSql(names),
    rowsSql(names),
    takeOutSql(names),
  ].join('\n');
}

/** What DROP COLUMN and DROP TABLE would refuse without CASCADE. */
function blockersSql({ journal }: ArchiveNames): string {
  return `
CREATE OR REPLACE FUNCTION ${journal}.assert_droppable(target regclass, attribute int) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  blockers text;
BEGIN
  SELECT string_agg(DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid), ', ') INTO blockers
    FROM pg_depend d
    LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
    LEFT JOIN pg_attrdef f ON d.classid = 'pg_attrdef'::regclass AND f.oid = d.objid
    LEFT JOIN pg_trigger g ON d.classid = 'pg_trigger'::regclass AND g.oid = d.objid
    LEFT JOIN pg_policy p ON d.classid = 'pg_policy'::regclass AND p.oid = d.objid
   WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = target
     AND (CASE WHEN attribute = 0 THEN d.deptype = 'n' ELSE d.refobjsubid = attribute AND d.deptype IN ('n', 'a') END)
     AND k.conrelid IS DISTINCT FROM target
     -- The table's own indexes, sequences, statistics and default go with it or are recorded.
     AND NOT (d.classid = 'pg_class'::regclass AND (d.objid <> target OR d.objsubid = 0) AND d.deptype = 'a')
     AND d.classid <> 'pg_statistic_ext'::regclass
     AND (f.oid IS NULL OR f.adrelid <> target OR (attribute <> 0 AND f.adnum <> attribute))
     AND (attribute <> 0 OR (g.tgrelid IS DISTINCT FROM target AND p.polrelid IS DISTINCT FROM target));
  IF blockers IS NOT NULL THEN
    RAISE EXCEPTION 'cannot set % aside: other objects depend on it: %',
        CASE WHEN attribute = 0 THEN target::text
             ELSE format('%s.%I', target, (SELECT attname FROM pg_attribute WHERE attrelid = target AND attnum = attribute)) END, blockers
      USING ERRCODE = 'dependent_objects_still_exist', HINT = 'Drop or change them in a step before, as for a plain drop.';
  END IF;
END
$body$;`;
}

function columnSql({ journal }: ArchiveNames): string {
  return `
CREATE OR REPLACE FUNCTION ${journal}.soft_drop_column(
  target regclass, column_name text, revision text, retention interval DEFAULT '30 days'
) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  owner_schema text; relation text; kind "char"; col pg_attribute; kept text; part record; aside text; counted record;
  bring text[] := '{}'; later text[] := '{}'; validations text[] := '{}'; bare_sql text[] := '{}'; facts jsonb;
BEGIN
  SELECT n.nspname, c.relname, c.relkind INTO STRICT owner_schema, relation, kind
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = target;
  IF kind NOT IN ('r', 'p') THEN
    RAISE EXCEPTION '% is not a table', target USING ERRCODE = 'wrong_object_type';
  END IF;
  EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', target);
  SELECT * INTO col FROM pg_attribute a
   WHERE a.attrelid = target AND a.attname = soft_drop_column.column_name AND a.attnum > 0 AND NOT a.attisdropped;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'column "%" of table % does not exist', column_name, target USING ERRCODE = 'undefined_column';
  END IF;
  IF col.attinhcount > 0 OR EXISTS (SELECT FROM pg_partitioned_table p WHERE p.partrelid = target AND col.attnum = ANY (p.partattrs::int2[])) THEN
    RAISE EXCEPTION 'column "%" of % is inherited or a partition key', column_name, target USING ERRCODE = 'feature_not_supported',
      HINT = 'An inherited column is set aside in its parent table.';
  END IF;
  PERFORM ${journal}.assert_droppable(target, col.attnum);
  kept := ${journal}.kept_name('_st_' || left(revision, 6) || '_', column_name, ARRAY(SELECT attname FROM pg_attribute WHERE attrelid = target));
  facts := jsonb_build_object('notNull', col.attnotnull, 'checks', '[]'::jsonb, 'foreignKeys', '[]'::jsonb, 'uniques', '[]'::jsonb);
  bring := bring || format('ALTER TABLE %s RENAME COLUMN %I TO %I', target, kept, column_name);

  -- What a default, identity or NOT NULL would ask of rows that no longer name this column.
  IF col.attidentity <> '' THEN
    SELECT s.seqrelid::regclass AS sequence, s.*, pg_sequence_last_value(s.seqrelid) AS last INTO part
      FROM pg_sequence s WHERE s.seqrelid = pg_get_serial_sequence(target::text, column_name)::regclass;
    later := later || format(
      'ALTER TABLE %s ALTER COLUMN %I ADD GENERATED %s AS IDENTITY (SEQUENCE NAME %s START WITH %s INCREMENT BY %s MINVALUE %s MAXVALUE %s CACHE %s%s)',
      target, column_name, CASE col.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END, part.sequence, part.seqstart,
      part.seqincrement, part.seqmin, part.seqmax, part.seqcache, CASE WHEN part.seqcycle THEN ' CYCLE' ELSE '' END);
    IF part.last IS NOT NULL THEN
      later := later || format('SELECT pg_catalog.setval(%L, %s)', part.sequence, part.last);
    END IF;
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP IDENTITY', target, column_name);
  ELSIF col.atthasdef AND col.attgenerated = '' THEN
    bring := bring || (SELECT format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s', target, column_name, pg_get_expr(adbin, adrelid))
                         FROM pg_attrdef WHERE adrelid = target AND adnum = col.attnum);
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT', target, column_name);
  END IF;

  FOR part IN
    SELECT k.conname AS name, k.contype, pg_get_constraintdef(k.oid) AS definition, k.convalidated, k.conislocal,
           k.confrelid::regclass AS other, pg_get_expr(k.conbin, k.conrelid) AS expression,
           (SELECT jsonb_agg(a.attname ORDER BY u.at) FROM unnest(k.conkey) WITH ORDINALITY u(num, at) JOIN pg_attribute a ON a.attrelid = target AND a.attnum = u.num) AS columns,
           (SELECT jsonb_agg(a.attname ORDER BY u.at) FROM unnest(k.confkey) WITH ORDINALITY u(num, at) JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num) AS other_columns,
           k.contype IN ('u', 'x') AND i.indexprs IS NULL AND i.indpred IS NULL AND NOT i.indisreplident
             AND coalesce(NOT (to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, true) AS stays
      FROM pg_constraint k LEFT JOIN pg_index i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u', 'x')
     WHERE k.conrelid = target AND col.attnum = ANY (k.conkey) AND k.contype <> 'n'
     ORDER BY k.contype <> 'p', k.contype = 'f', k.conname
  LOOP
    IF part.stays THEN
      -- Rows without the column never collide in it, and nothing has to be built again in a restore.
      aside := ${journal}.kept_name('_st_' || left(revision, 6) || '_', part.name,
        ARRAY(SELECT conname FROM pg_constraint WHERE conrelid = target) || ARRAY(SELECT relname FROM pg_class c WHERE c.relnamespace = quote_ident(owner_schema)::regnamespace));
      bring := bring || format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', target, aside, part.name);
      bare_sql := bare_sql || format('ALTER TABLE %s DROP CONSTRAINT %I', target, aside);
      EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', target, part.name, aside);
      CONTINUE;
    END IF;
    IF part.contype IN ('c', 'f') THEN
      later := later || format('ALTER TABLE %s ADD CONSTRAINT %I %s%s', target, part.name, part.definition,
        CASE WHEN part.convalidated THEN ' NOT VALID' ELSE '' END);
      IF part.convalidated THEN
        validations := validations || format('ALTER TABLE %s VALIDATE CONSTRAINT %I', target, part.name);
      END IF;
    ELSE
      later := later || format('ALTER TABLE %s ADD CONSTRAINT %I %s', target, part.name, part.definition);
    END IF;
    IF part.contype = 'c' THEN
      facts := jsonb_set(facts, '{checks}', facts -> 'checks' || jsonb_build_array(jsonb_build_object('name', part.name, 'expression', part.expression)));
    ELSIF part.contype = 'f' THEN
      facts := jsonb_set(facts, '{foreignKeys}', facts -> 'foreignKeys' || jsonb_build_array(jsonb_build_object('name', part.name, 'columns', part.columns,
        'table', part.other::text, 'otherColumns', part.other_columns)));
    ELSIF part.contype IN ('p', 'u') THEN
      facts := jsonb_set(facts, '{uniques}', facts -> 'uniques' || jsonb_build_array(jsonb_build_object('name', part.name, 'columns', part.columns)));
    END IF;
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', target, part.name);
  END LOOP;

  FOR part IN
    SELECT c.relname AS name, i.indexrelid::regclass AS index, pg_get_indexdef(i.indexrelid) AS definition, i.indisvalid, i.indisunique,
           i.indexprs IS NULL AND i.indpred IS NULL AND NOT i.indisreplident AND NOT i.indisclustered
             AND coalesce(NOT (to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, true)
             AND (NOT i.indisunique OR col.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])) AS stays
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE i.indrelid = target
       AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
       AND (col.attnum = ANY (i.indkey::int2[])
         OR EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
                      AND d.refclassid = 'pg_class'::regclass AND d.refobjid = target AND d.refobjsubid = col.attnum))
     ORDER BY c.relname
  LOOP
    IF part.indisvalid AND part.stays THEN
      aside := ${journal}.kept_name('_st_' || left(revision, 6) || '_', part.name, ARRAY(SELECT relname FROM pg_class c WHERE c.relnamespace = quote_ident(owner_schema)::regnamespace));
      bring := bring || format('ALTER INDEX %I.%I RENAME TO %I', owner_schema, aside, part.name);
      bare_sql := bare_sql || format('DROP INDEX %I.%I', owner_schema, aside);
      EXECUTE format('ALTER INDEX %s RENAME TO %I', part.index, aside);
    ELSE
      IF part.indisvalid THEN
        later := later || part.definition;
      END IF;
      EXECUTE format('DROP INDEX %s', part.index);
    END IF;
  END LOOP;

  IF col.attnotnull AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = target AND a.attnum = col.attnum AND a.attnotnull) THEN
    -- Since PostgreSQL 18 it has a name of its own.
    bring := bring || coalesce(
      (SELECT format('ALTER TABLE %s ADD CONSTRAINT %I NOT NULL %I%s', target, k.conname, column_name, CASE WHEN k.connoinherit THEN ' NO INHERIT' ELSE '' END)
         FROM pg_constraint k WHERE k.conrelid = target AND k.contype = 'n' AND k.conkey = ARRAY[col.attnum]),
      format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', target, column_name));
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP NOT NULL', target, column_name);
  END IF;
  EXECUTE format('ALTER TABLE %s RENAME COLUMN %I TO %I', target, column_name, kept);
  counted := ${journal}.count_rows(target);
  INSERT INTO ${journal}.archive (revision, kind, schema_name, relation_name, column_name, kept_as, restore, validate, bare, facts, row_count, row_count_exact, purge_after)
    VALUES (soft_drop_column.revision, 'column', owner_schema, relation, soft_drop_column.column_name, kept,
            bring || later, validations, bare_sql, facts, counted.row_count, counted.exact, now() + retention);
END
$body$;`;
}

function tableSql({ journal, archive }: ArchiveNames): string {
  return `
CREATE OR REPLACE FUNCTION ${journal}.soft_drop_table(
  target regclass, revision text, retention interval DEFAULT '30 days'
) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  owner_schema text; relation text; kind "char"; kept text; aside text; part record; counted record;
  bring text[] := '{}'; later text[] := '{}'; facts jsonb := '{"foreignKeys": []}';
BEGIN
  SELECT n.nspname, c.relname, c.relkind INTO STRICT owner_schema, relation, kind
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = target;
  IF kind <> 'r' OR EXISTS (SELECT FROM pg_inherits h WHERE target IN (h.inhrelid, h.inhparent)) THEN
    RAISE EXCEPTION '% is not a table that stands alone', target USING ERRCODE = 'wrong_object_type',
      HINT = 'Detach a partition first; a partitioned table is set aside partition by partition.';
  END IF;
  EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', target);
  PERFORM ${journal}.assert_droppable(target, 0);
  PERFORM ${journal}.make_archive_schema();
  kept := ${journal}.kept_name(left(revision, 12) || '_', relation,
    ARRAY(SELECT relname FROM pg_class c WHERE c.relnamespace = ${quoteText(archive)}::regnamespace)
      || ARRAY(SELECT relname FROM pg_class c WHERE c.relnamespace = quote_ident(owner_schema)::regnamespace));
  bring := ARRAY[
    format('ALTER TABLE ${inFormat(archive)}.%I SET SCHEMA %I', kept, owner_schema),
    format('ALTER TABLE %I.%I RENAME TO %I', owner_schema, kept, relation)];
  counted := ${journal}.count_rows(target);
  FOR part IN
    SELECT k.conname AS name, pg_get_constraintdef(k.oid) AS definition, k.convalidated, k.confrelid::regclass AS other,
           (SELECT jsonb_agg(a.attname ORDER BY u.at) FROM unnest(k.conkey) WITH ORDINALITY u(num, at) JOIN pg_attribute a ON a.attrelid = target AND a.attnum = u.num) AS columns,
           (SELECT jsonb_agg(a.attname ORDER BY u.at) FROM unnest(k.confkey) WITH ORDINALITY u(num, at) JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num) AS other_columns
      FROM pg_constraint k WHERE k.conrelid = target AND k.contype = 'f' AND k.confrelid <> target ORDER BY k.conname
  LOOP
    -- A kept row must neither stop the deletion of a row that it refers to nor go with it.
    bring := bring || format('ALTER TABLE %I.%I ADD CONSTRAINT %I %s%s', owner_schema, relation, part.name, part.definition,
      CASE WHEN part.convalidated THEN ' NOT VALID' ELSE '' END);
    IF part.convalidated THEN
      later := later || format('ALTER TABLE %I.%I VALIDATE CONSTRAINT %I', owner_schema, relation, part.name);
    END IF;
    facts := jsonb_set(facts, '{foreignKeys}', facts -> 'foreignKeys' || jsonb_build_array(jsonb_build_object('name', part.name, 'columns', part.columns,
      'table', part.other::text, 'otherColumns', part.other_columns)));
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', target, part.name);
  END LOOP;
  -- Its indexes and sequences move with it under their own names, which an earlier one of the archive may have.
  FOR part IN
    SELECT c.relname AS name, CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'INDEX' END AS word
      FROM pg_class c
     WHERE (c.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = target)
         OR c.relkind = 'S' AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                                          AND d.refclassid = 'pg_class'::regclass AND d.refobjid = target AND d.deptype IN ('a', 'i')))
       AND EXISTS (SELECT FROM pg_class o WHERE o.relnamespace = ${quoteText(archive)}::regnamespace AND o.relname = c.relname)
     ORDER BY c.relname
  LOOP
    aside := ${journal}.kept_name(left(revision, 12) || '_', part.name,
      kept || ARRAY(SELECT relname FROM pg_class c WHERE c.relnamespace IN (${quoteText(archive)}::regnamespace, quote_ident(owner_schema)::regnamespace)));
    bring := bring || format('ALTER %s %I.%I RENAME TO %I', part.word, owner_schema, aside, part.name);
    EXECUTE format('ALTER %s %I.%I RENAME TO %I', part.word, owner_schema, part.name, aside);
  END LOOP;
  EXECUTE format('ALTER TABLE %s RENAME TO %I', target, kept);
  EXECUTE format('ALTER TABLE %I.%I SET SCHEMA ${inFormat(archive)}', owner_schema, kept);
  INSERT INTO ${journal}.archive (revision, kind, schema_name, relation_name, kept_as, restore, validate, facts, row_count, row_count_exact, purge_after)
    VALUES (soft_drop_table.revision, 'table', owner_schema, relation, kept, bring, later, facts, counted.row_count, counted.exact, now() + retention);
  -- What was set aside of it goes where it goes: another table may have its name soon.
  UPDATE ${journal}.archive a SET schema_name = (SELECT nspname FROM pg_namespace WHERE oid = ${quoteText(archive)}::regnamespace), relation_name = kept
   WHERE a.kind = 'column' AND a.schema_name = owner_schema AND a.relation_name = relation AND a.restored_at IS NULL AND a.purged_at IS NULL;
END
$body$;`;
}

/** For a type that something set aside still uses; others may be dropped. */
function typeSql({ journal, archive }: ArchiveNames): string {
  return `
CREATE OR REPLACE FUNCTION ${journal}.soft_drop_type(
  target regtype, revision text, retention interval DEFAULT '30 days'
) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  owner_schema text; type_name text; type_kind "char"; word text; kept text; users text;
BEGIN
  SELECT n.nspname, t.typname, t.typtype INTO STRICT owner_schema, type_name, type_kind
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.oid = target;
  IF type_kind NOT IN ('e', 'd') THEN
    RAISE EXCEPTION '% is neither an enum nor a domain', target USING ERRCODE = 'wrong_object_type';
  END IF;
  SELECT string_agg(format('%s.%I', a.attrelid::regclass, a.attname), ', ') INTO users
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
   WHERE a.atttypid IN (target, (SELECT typarray FROM pg_type WHERE oid = target)) AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
     AND c.relnamespace IS DISTINCT FROM to_regnamespace(${quoteText(archive)})
     AND NOT EXISTS (SELECT FROM ${journal}.archive r WHERE r.kind = 'column' AND r.restored_at IS NULL AND r.purged_at IS NULL
                        AND r.kept_as = a.attname AND r.schema_name = (SELECT nspname FROM pg_namespace WHERE oid = c.relnamespace) AND r.relation_name = c.relname);
  IF users IS NOT NULL THEN
    RAISE EXCEPTION 'cannot set type % aside: % use it', target, users USING ERRCODE = 'dependent_objects_still_exist';
  END IF;
  PERFORM ${journal}.make_archive_schema();
  word := CASE type_kind WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END;
  kept := ${journal}.kept_name(left(revision, 12) || '_', type_name,
    ARRAY(SELECT typname FROM pg_type t WHERE t.typnamespace IN (${quoteText(archive)}::regnamespace, quote_ident(owner_schema)::regnamespace)));
  EXECUTE format('ALTER %s %I.%I RENAME TO %I', word, owner_schema, type_name, kept);
  EXECUTE format('ALTER %s %I.%I SET SCHEMA ${inFormat(archive)}', word, owner_schema, kept);
  INSERT INTO ${journal}.archive (revision, kind, schema_name, relation_name, kept_as, restore, row_count, row_count_exact, purge_after)
    VALUES (soft_drop_type.revision, 'type', owner_schema, type_name, kept,
            ARRAY[format('ALTER %s ${inFormat(archive)}.%I SET SCHEMA %I', word, kept, owner_schema),
                  format('ALTER %s %I.%I RENAME TO %I', word, owner_schema, kept, type_name)], 0, true, now() + retention);
END
$body$;`;
}

function rowsSql({ journal, archive }: ArchiveNames): string {
  return `
CREATE OR REPLACE FUNCTION ${journal}.archive_rows(
  target regclass, condition text, revision text, retention interval DEFAULT '30 days'
) RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  owner_schema text; relation text; kept text; copied bigint;
BEGIN
  SELECT n.nspname, c.relname INTO STRICT owner_schema, relation
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = target;
  PERFORM ${journal}.make_archive_schema();
  kept := ${journal}.kept_name(left(revision, 12) || '_rows_', relation,
    ARRAY(SELECT relname FROM pg_class c WHERE c.relnamespace = ${quoteText(archive)}::regnamespace));
  EXECUTE format('CREATE TABLE ${inFormat(archive)}.%I AS SELECT * FROM %s AS %I WHERE %s', kept, target, relation, condition);
  GET DIAGNOSTICS copied = ROW_COUNT;
  INSERT INTO ${journal}.archive (revision, kind, schema_name, relation_name, kept_as, restore, row_count, row_count_exact, purge_after)
    VALUES (archive_rows.revision, 'rows', owner_schema, relation, kept, '{}', copied, true, now() + retention);
  RETURN copied;
END
$body$;`;
}

/** The rows go, and nothing else with them: what would follow by ON DELETE would be in no archive. */
function takeOutSql({ journal }: ArchiveNames): string {
  return `
CREATE OR REPLACE FUNCTION ${journal}.take_out_rows(target regclass, condition text, revision text) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  relation text := (SELECT relname FROM pg_class WHERE oid = target);
  key record;
  followers bigint;
  taken bigint;
BEGIN
  FOR key IN
    SELECT k.conname, k.conrelid::regclass AS child,
           (SELECT string_agg(format('c.%I', a.attname), ', ' ORDER BY u.at) FROM unnest(k.conkey) WITH ORDINALITY u(num, at) JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num) AS own,
           (SELECT string_agg(format('%I.%I', relation, a.attname), ', ' ORDER BY u.at) FROM unnest(k.confkey) WITH ORDINALITY u(num, at) JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num) AS referred
      FROM pg_constraint k WHERE k.confrelid = target AND k.contype = 'f' AND k.confdeltype IN ('c', 'n', 'd')
  LOOP
    EXECUTE format('SELECT count(*) FROM %s AS c WHERE (%s) IN (SELECT %s FROM %s AS %I WHERE %s)', key.child, key.own, key.referred, target, relation, condition)
      INTO followers;
    IF followers > 0 THEN
      RAISE EXCEPTION '% rows of % refer to rows of % that would be taken out, and would be changed or deleted with them', followers, key.child, target
        USING ERRCODE = 'foreign_key_violation', HINT = 'Decide about those rows first, or fill instead.';
    END IF;
  END LOOP;
  taken := ${journal}.archive_rows(target, condition, revision);
  EXECUTE format('DELETE FROM %s AS %I WHERE %s', target, relation, condition);
  RETURN taken;
END
$body$;`;
}

/** A name inside the quotes of format(). */
function inFormat(name: string): string {
  return name.replaceAll('%', '%%').replaceAll("'", "''");
}
