import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { recordRelease } from './releases/record.ts';
import { readRequestVectors } from './vectors.ts';

const vectors = readRequestVectors();

describe('a release that runs answers as it was recorded', () => {
  test('the release of the main recording all cases', async () => {
    assert.deepEqual(await recordRelease('fastapi-0.128', vectors), []);
  });

  test('the newest one those that it answers differently', async () => {
    const recorded = readFileSync(new URL('data/releases/fastapi-0.165.jsonl', import.meta.url), 'utf8');

    assert.equal(`${(await recordRelease('fastapi-0.165', vectors)).join('\n')}\n`, recorded);
  });
});
