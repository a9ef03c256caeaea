import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { findMissing } from '../../scripts/complete-lockfile.ts';

const text = readFileSync(join(import.meta.dirname, '..', '..', 'package-lock.json'), 'utf8');

describe('package-lock.json', () => {
  test('has an entry for every platform, or npm ci refuses it', () => {
    assert.deepEqual(findMissing(JSON.parse(text)), []);
  });

  test('would be found incomplete', () => {
    const lock = { packages: { 'node_modules/a': { optionalDependencies: { 'a-linux-x64': '1.0.0' } } } };
    assert.equal(findMissing(lock).length, 1);
  });

  test('names no address that a package was fetched from', () => {
    assert.doesNotMatch(text, /"resolved": "(?!packages\/)/);
  });
});
