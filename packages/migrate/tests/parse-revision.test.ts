import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MigrationError, type MigrationErrorCode, parseRevision } from '../src/index.ts';
import { revisionText, step } from './support/revisions.ts';

const id = 'aaaa00000001';
const file = `${id}_test.sql`;
const valid = revisionText({ id, up: step('one', 'tx', 'SELECT 1;'), down: step('undo', 'tx', 'SELECT 2;') });

function faultsOf(text: string, name: string = file): MigrationError {
  try {
    parseRevision({ file: name, text });
  } catch (error) {
    if (error instanceof MigrationError) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: 'the file was accepted' });
}

describe('parseRevision', () => {
  test('reads header, sections and steps', () => {
    const revision = parseRevision({
      file,
      text: revisionText({
        id,
        parents: ['bbbb00000001', 'bbbb00000002'],
        header: '-- stanchion:labels [web]\n-- stanchion:depends_on [cccc00000001]',
        up: `${step('index', 'notx', 'CREATE UNIQUE INDEX CONCURRENTLY "My" ON app."T" (a);')}\n${step('fill', 'batch table=app.t key=a,b size=10 pause=2s', 'UPDATE t SET c = 1;')}`,
      }),
    });

    assert.deepEqual(revision.parents, ['bbbb00000001', 'bbbb00000002']);
    assert.deepEqual(revision.labels, ['web']);
    assert.deepEqual(revision.dependsOn, ['cccc00000001']);
    assert.equal(revision.down, null);
    const [index, fill] = revision.up;
    assert.ok(index?.mode === 'notx' && fill?.mode === 'batch');
    assert.deepEqual(index.probed, {
      kind: 'create_index',
      index: 'My',
      table: { schema: 'app', name: 'T' },
      unique: true,
    });
    assert.deepEqual([fill.table, fill.key, fill.size, fill.pauseMs], ['app.t', ['a', 'b'], 10, 2000]);
  });

  test('accepts several headers on one line', () => {
    const text = `-- stanchion:revision ${id}   stanchion:down_revision []   stanchion:labels []\n-- stanchion:phase expand  stanchion:summary a stanchion:up of words\n-- stanchion:up\n${step('one', 'tx', 'SELECT 1')}`;

    assert.equal(parseRevision({ file, text }).summary, 'a stanchion:up of words');
  });

  test('gives a file with byte order mark and CRLF the same checksum and SQL', () => {
    const plain = parseRevision({ file, text: valid });

    const windows = parseRevision({ file, text: `\uFEFF${valid.replaceAll('\n', '\r\n')}` });

    assert.deepEqual(windows, plain);
  });

  test('takes no directive from inside a string', () => {
    const text = revisionText({ id, up: step('one', 'tx', 'DO $$\n-- stanchion:step two mode=tx\nBEGIN END $$;') });

    assert.equal(parseRevision({ file, text }).up.length, 1);
  });

  test('reports all faults of a file with their lines', () => {
    const text = revisionText({
      id,
      phase: 'sideways',
      up: `${step('One', 'tx', 'SELECT 1')}\n${step('two', 'slow', '')}`,
    });

    const { faults } = faultsOf(text);

    assert.deepEqual(
      faults.map((fault) => [fault.code, fault.line]),
      [
        ['bad_header', 3],
        ['bad_step', 6],
        ['bad_step', 8],
        ['bad_step', 8],
      ],
    );
    assert.ok(faults.every((fault) => fault.file === file));
  });

  const up = (one: string): string => revisionText({ id, up: one });
  const refused: [string, MigrationErrorCode, string, string?][] = [
    ['a name without a slug', 'bad_file_name', valid, `${id}.sql`],
    ['a name that the header contradicts', 'bad_file_name', valid, 'bbbb00000001_test.sql'],
    ['an unknown header', 'bad_header', valid.replace('-- stanchion:phase', '-- stanchion:fase')],
    [
      'a header twice',
      'bad_header',
      valid.replace('-- stanchion:phase', `-- stanchion:revision ${id}\n-- stanchion:phase`),
    ],
    ['a missing parent list', 'bad_header', valid.replace('-- stanchion:down_revision []\n', '')],
    ['a parent that is no id', 'bad_header', valid.replace('down_revision []', 'down_revision [../x]')],
    ['an upper-case id', 'bad_header', valid.replace(`revision ${id}`, `revision ${id.toUpperCase()}`)],
    ['sections in the wrong order', 'bad_header', valid.replace('stanchion:up', 'stanchion:down')],
    ['no step', 'bad_step', up('')],
    ['an empty file', 'bad_header', ''],
    ['SQL before the first step', 'bad_step', up(`DROP TABLE x;\n${step('one', 'tx', 'SELECT 1')}`)],
    ['SQL in the header', 'bad_step', `DROP TABLE x;\n${valid}`],
    ['a step of comments', 'bad_step', up(step('one', 'tx', '-- nothing'))],
    ['two steps of one name', 'bad_step', up(`${step('one', 'tx', 'SELECT 1')}\n${step('one', 'tx', 'SELECT 2')}`)],
    ['an unknown parameter', 'bad_step', up(step('one', 'tx size=3', 'SELECT 1'))],
    ['a batch without a key', 'bad_step', up(step('one', 'batch table=t', 'SELECT 1'))],
    ['a batch of no rows', 'bad_step', up(step('one', 'batch table=t key=id size=0', 'SELECT 1'))],
    ['an unterminated string', 'unterminated_sql', up(step('one', 'tx', "SELECT 'x;"))],
    ['a NUL', 'not_utf8', up(step('one', 'tx', "SELECT '\0'"))],
    ['COMMIT', 'transaction_control', up(step('one', 'tx', 'SELECT 1; commit;'))],
    ['a savepoint', 'transaction_control', up(step('one', 'tx', '/* x */ SAVEPOINT a'))],
    ['START TRANSACTION', 'transaction_control', up(step('one', 'tx', 'START TRANSACTION; SELECT 1'))],
    [
      'a concurrent build in a transaction',
      'concurrent_in_transaction',
      up(step('one', 'tx', 'CREATE INDEX CONCURRENTLY i ON t (a)')),
    ],
    [
      'a concurrent detach in a transaction',
      'concurrent_in_transaction',
      up(step('one', 'tx', 'ALTER TABLE t DETACH PARTITION p CONCURRENTLY')),
    ],
    [
      'two statements outside of a transaction',
      'unsafe_notx',
      up(step('one', 'notx', 'DROP INDEX CONCURRENTLY a; DROP INDEX CONCURRENTLY b')),
    ],
    [
      'IF NOT EXISTS for a concurrent index',
      'unsafe_notx',
      up(step('one', 'notx', 'CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)')),
    ],
    ['a concurrent index without a name', 'unsafe_notx', up(step('one', 'notx', 'CREATE INDEX CONCURRENTLY ON t (a)'))],
    ['two concurrent drops in one', 'unsafe_notx', up(step('one', 'notx', 'DROP INDEX CONCURRENTLY a, b'))],
    ['a statement that cannot be settled', 'unsafe_notx', up(step('one', 'notx', 'CALL p()'))],
    ['a probe that is no query', 'bad_step', up(step('one', 'notx probe=DELETE FROM t', 'CALL p()'))],
    ['a probe of two statements', 'bad_step', up(step('one', 'notx probe=SELECT true; SELECT true', 'CALL p()'))],
    [
      'an index that is rebuilt with the rest of its database',
      'unsafe_notx',
      up(step('one', 'notx', 'REINDEX DATABASE CONCURRENTLY d')),
    ],
    [
      'a setting of the server',
      'server_statement',
      up(step('one', 'notx rerun=safe', "ALTER SYSTEM SET work_mem = '1GB'")),
    ],
    ['another database', 'server_statement', up(step('one', 'notx rerun=safe', 'CREATE DATABASE d'))],
    [
      'a down step that undoes what there is not',
      'bad_step',
      revisionText({ id, up: step('one', 'tx', 'SELECT 1'), down: step('back', 'tx undoes=two', 'SELECT 1') }),
    ],
    ['an up step that undoes something', 'bad_step', up(step('one', 'tx undoes=one', 'SELECT 1'))],
    [
      'adoption by a later revision',
      'bad_header',
      revisionText({
        id,
        parents: ['bbbb00000001'],
        phase: 'baseline',
        header: '-- stanchion:adopt_when table=t',
        up: step('one', 'tx', 'SELECT 1'),
      }),
    ],
    [
      'adoption with a batch',
      'bad_step',
      revisionText({
        id,
        phase: 'baseline',
        header: '-- stanchion:adopt_when table=t',
        up: step('one', 'batch table=t key=id', 'SELECT 1'),
      }),
    ],
  ];
  for (const [what, code, text, name] of refused) {
    test(`refuses ${what}`, () => {
      assert.equal(faultsOf(text, name).code, code);
    });
  }

  test('accepts a statement outside of transactions that may run again', () => {
    const text = up(step('one', 'notx rerun=safe', 'VACUUM t'));

    assert.deepEqual(
      parseRevision({ file, text }).up.map((one) => one.mode),
      ['notx'],
    );
  });
});
