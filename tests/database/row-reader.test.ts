import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { types } from 'pg';
import { rowReader } from '../../src/database/row-reader.ts';

const { BOOL, INT8, TEXT, TIMESTAMP } = types.builtins;
const columns = [
  { name: 'id', dataTypeID: INT8 },
  { name: 'said "so"\n', dataTypeID: TEXT },
  { name: 'done', dataTypeID: BOOL },
  { name: 'created_at', dataTypeID: TIMESTAMP },
];
const texts = ['7', 'a\u2028b', null, '2024-05-01 10:00:00.12'];
const row = { id: 7, 'said "so"\n': 'a\u2028b', done: null, created_at: '2024-05-01T10:00:00.120000' };

describe('a row reader', () => {
  test('gives each column its name, in their order, and its value by its type', () => {
    const read = rowReader(columns);
    assert.deepEqual(read(texts), row);
    assert.deepEqual(Object.keys(Object(read(texts))), Object.keys(row));
  });

  test('is made once for the same columns, and anew for others', () => {
    const [first, ...others] = columns;
    assert.equal(rowReader(columns), rowReader(columns.map((column) => ({ ...column }))));
    assert.notEqual(rowReader(others), rowReader(columns));
    assert.notEqual(rowReader([{ name: 'id', dataTypeID: TEXT }]), rowReader(first ? [first] : []));
  });

  test('keeps the last of two columns with one name, as pg does', () => {
    const twins = ['a', 'a'].map((name) => ({ name, dataTypeID: TEXT }));
    assert.deepEqual(rowReader(twins)(['first', 'last']), { a: 'last' });
  });

  test('takes "__proto__" for a name like any other', () => {
    const made = Object(rowReader([{ name: '__proto__', dataTypeID: TEXT }])(['x']));
    assert.deepEqual(Object.entries(made), [['__proto__', 'x']]);
    assert.equal(Object.getPrototypeOf(made), Object.prototype);
  });

  test('reads the same where code may not be made of text', () => {
    const script = `
      const { rowReader } = await import(${JSON.stringify(new URL('../../src/database/row-reader.ts', import.meta.url).href)});
      process.stdout.write(JSON.stringify(rowReader(${JSON.stringify(columns)})(${JSON.stringify(texts)})));`;
    const flags = ['--disallow-code-generation-from-strings', '--input-type=module', '--eval', script];
    const { stdout, stderr } = spawnSync(process.execPath, flags, { encoding: 'utf8', timeout: 60_000 });
    assert.equal(stdout, JSON.stringify(row), stderr);
  });
});
