import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { scoreAuthFolder } from '../../scripts/vectors/auth-scores.ts';
import { readHashVectors, readTokenVectors } from '../security/vectors.ts';

test('recorded hashes and tokens of another folder are scored, and a difference is found', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'stanchion-vectors-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [hash] = readHashVectors();
  const tokens = readTokenVectors().slice(0, 20);
  const [token] = tokens;
  assert.ok(hash && token);
  const turned = {
    ...token,
    hardened: { outcome: token.hardened.outcome === 'accept' ? '401' : 'accept', reason: '' },
  };
  writeFileSync(join(folder, 'hashes.json'), JSON.stringify({ cases: [hash, { ...hash, ok: !hash.ok }] }));
  writeFileSync(join(folder, 'jwt.json'), JSON.stringify({ cases: [...tokens, turned] }));

  const scores = await scoreAuthFolder(folder);

  assert.deepEqual(
    scores.map(({ group, differ }) => [group, differ]),
    [
      ['hashes', 1],
      ['jwt, strict policy', 1],
      ['jwt, incumbent’s profile', 0],
    ],
  );
});

test('a folder without hashes and tokens has no scores', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'stanchion-vectors-'));
  t.after(() => rmSync(folder, { recursive: true }));
  assert.deepEqual(await scoreAuthFolder(folder), []);
});
