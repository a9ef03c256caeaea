import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { createPasswordHasher } from '../../src/security/passwords.ts';
import { readHashVectors } from './vectors.ts';

describe('recorded password hashes', () => {
  const hasher = createPasswordHasher({ memoryKib: 64, iterations: 1, workers: 1, maxQueue: 500 });
  after(() => hasher.close());

  for (const { id, scheme, hash, password, ok, library } of readHashVectors()) {
    test(`${id} (${scheme}) is ${ok ? 'accepted' : 'refused'}${library ? ', where the library raised' : ''}`, async () => {
      const verdict = await hasher.verify(password, hash);
      assert.equal(verdict.ok, ok);
      if (library) assert.notEqual(verdict.reason, undefined);
    });
  }
});
