import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { loadRevisions, type MigrationError } from '../src/index.ts';
import { fileName, revisionText, step, writeFolder } from './support/revisions.ts';

const one = revisionText({ id: 'aaaa00000001', up: step('one', 'tx', 'SELECT 1') });

describe('loadRevisions', () => {
  test('reads the SQL files of a folder and leaves the rest', async (t) => {
    const { folder, remove } = await writeFolder({ [fileName('aaaa00000001')]: one, 'README.md': 'not SQL' });
    t.after(remove);
    await mkdir(join(folder, 'nested.sql'));

    const graph = await loadRevisions(folder);

    assert.deepEqual(graph.heads, ['aaaa00000001']);
  });

  test('reports the faults of all files at once', async (t) => {
    const { folder, remove } = await writeFolder({
      [fileName('aaaa00000001')]: one,
      'notes.sql': 'SELECT 1',
      [fileName('aaaa00000002')]: Buffer.from([0xc3, 0x28]),
    });
    t.after(remove);

    await assert.rejects(loadRevisions(folder), (error: MigrationError) => {
      assert.deepEqual(
        error.faults.map((fault) => fault.code),
        ['not_utf8', 'bad_file_name'],
      );
      return true;
    });
  });

  test('names a folder that is not there', async () => {
    await assert.rejects(loadRevisions('/nonexistent/migrations'), { code: 'folder_unreadable' });
  });

  test('knows no revision in an empty folder', async (t) => {
    const { folder, remove } = await writeFolder({});
    t.after(remove);

    assert.deepEqual((await loadRevisions(folder)).heads, []);
  });
});
