import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { makePlace } from './support.ts';

describe('revision and merge', () => {
  test('write a file, print its path, and refuse one beside unfinished ones', async (t) => {
    const place = await makePlace(t);
    await mkdir(join(place.cwd, 'migrations'));

    const first = await place.run('revision', '-m', 'Orders', '--branch-label', 'orders');
    const path = first.stdout.trim();
    assert.match(path, /migrations\/[0-9a-f]{12}_orders\.sql$/);
    assert.match(await readFile(path, 'utf8'), /stanchion:down_revision \[\]\n.*labels \[orders\]/);
    const refused = await place.report('revision', '-m', 'Next');
    assert.deepEqual([refused.code, refused.findings[0]?.id], [3, 'ST-MIGRATE-BAD-STEP']);
    await writeFile(path, (await readFile(path, 'utf8')).replaceAll('-- Write the statements here.', 'SELECT 1;'));
    assert.equal((await place.run('merge', '-m', 'Join')).code, 2);
    assert.equal((await place.run('revision', '-m', 'Next', '--phase', 'later')).code, 2);
    assert.match((await place.run('revision', '-m', 'Next')).stdout, /_next\.sql\n$/);
  });
});
