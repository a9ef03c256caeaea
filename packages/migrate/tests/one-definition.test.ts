import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isOneDefinition } from '../src/steps/one-definition.ts';

describe('a step', () => {
  for (const sql of [
    'CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);\n',
    'create unique index t_name on t (lower(name)) where name is not null',
    'CREATE INDEX ON t (name); \n',
    '\n  ALTER TABLE t ADD COLUMN at timestamptz NOT NULL DEFAULT now() -- of today\n',
    'DROP TABLE t',
    "COMMENT ON TABLE t IS 'it''s theirs'",
  ]) {
    test(`is one definition: ${sql.trim()}`, () => {
      assert.equal(isOneDefinition(sql), true);
    });
  }

  for (const sql of [
    'CREATE TABLE t AS SELECT 1 AS id',
    'CREATE TABLE t AS /* all */ TABLE s',
    'CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a + 1) STORED)',
    'CREATE MATERIALIZED VIEW v AS SELECT 1',
    'CREATE FUNCTION f() RETURNS int RETURN 1',
    'CREATE SCHEMA s CREATE TABLE t (id int)',
    'CREATE TABLE t (id int); INSERT INTO t VALUES (1)',
    "COMMENT ON TABLE t IS 'one; two'",
    'INSERT INTO t VALUES (1)',
    'SELECT soft_drop()',
    'DO $$ BEGIN DELETE FROM t; END $$',
    'WITH gone AS (DELETE FROM t RETURNING 1) SELECT 1',
  ]) {
    test(`is not known to be one: ${sql}`, () => {
      assert.equal(isOneDefinition(sql), false);
    });
  }
});
