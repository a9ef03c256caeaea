import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { scanSql, splitStatements } from '../src/sql-lexer.ts';

function statements(sql: string): string[] {
  return splitStatements(scanSql(sql).tokens).map(({ start, end }) => sql.slice(start, end));
}

describe('splitStatements', () => {
  test('splits at semicolons', () => {
    assert.deepEqual(statements('SELECT 1; SELECT 2;'), ['SELECT 1', 'SELECT 2']);
  });

  const whole: [string, string][] = [
    ['a string', "SELECT ';'"],
    ['a doubled quote', "SELECT 'it''s; ';"],
    ['an escape string', "SELECT E'\\'; '"],
    ['a quoted name', 'SELECT 1 AS ";"'],
    ['a dollar quote', 'DO $$ BEGIN; END $$'],
    ['a tagged dollar quote', 'DO $body$ SELECT $$;$$; $body$'],
    ['a line comment', 'SELECT 1 -- ; \n + 1'],
    ['a nested block comment', 'SELECT /* ; /* ; */ ; */ 1'],
    ['parentheses', 'CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)'],
    [
      'a SQL function body',
      'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END',
    ],
  ];
  for (const [what, sql] of whole) {
    test(`does not split inside ${what}`, () => {
      assert.equal(statements(sql).length, 1);
    });
  }

  test('takes a backslash in a plain string as it is', () => {
    assert.deepEqual(statements("SELECT '\\'; SELECT 2"), ["SELECT '\\'", 'SELECT 2']);
  });

  test('takes a dollar inside a name as part of it', () => {
    assert.deepEqual(statements('SELECT a$b$; SELECT c$b$'), ['SELECT a$b$', 'SELECT c$b$']);
  });

  test('splits a long list of values in linear time', () => {
    const sql = `INSERT INTO t VALUES ${Array.from({ length: 50_000 }, (_, at) => `(${at}, 'x')`).join(', ')}`;

    assert.equal(statements(sql).length, 1);
  });
});

describe('scanSql', () => {
  for (const open of ["SELECT 'x", 'SELECT "x', 'DO $$ x', 'SELECT 1 /* x', "SELECT E'x\\'"]) {
    test(`says where ${JSON.stringify(open)} begins that never ends`, () => {
      assert.equal(typeof scanSql(open).unterminatedAt, 'number');
    });
  }
});
