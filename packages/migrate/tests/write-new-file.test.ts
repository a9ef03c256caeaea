import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { writeNewFile } from '../src/write-new-file.ts';

describe('a new file', () => {
  test('that cannot be written is named with the reason, and what is there stays', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'stanchion-write-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'there.sql');
    writeFileSync(path, 'first');

    for (const [target, reason] of [
      [path, /there\.sql cannot be written: EEXIST/],
      [join(path, 'below.sql'), /below\.sql cannot be written: ENOTDIR/],
    ] as const) {
      await assert.rejects(writeNewFile(target, 'second'), { code: 'folder_not_writable', message: reason });
    }
    assert.equal(readFileSync(path, 'utf8'), 'first');
  });
});
