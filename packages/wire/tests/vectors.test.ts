import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Outcome } from './vectors.ts';
import { readVectors, runVector } from './vectors.ts';

const files = [
  'pydantic-syntax',
  'pydantic-scalars',
  'pydantic-temporal',
  'pydantic-net',
  'pydantic-params',
  'pydantic-collections',
  'pydantic-models',
  'pydantic-unions',
];

describe('recorded answers of FastAPI and Pydantic', () => {
  for (const file of files) {
    test(`${file}: every supported schema gives the recorded bytes`, (t) => {
      const counts: Record<Outcome['kind'], number> = { agrees: 0, differs: 0, unsupported: 0, 'recorded-500': 0 };
      const differences: string[] = [];
      for (const vector of readVectors(file)) {
        const outcome = runVector(vector);
        counts[outcome.kind] += 1;
        if (outcome.kind !== 'differs') continue;
        differences.push(
          `${vector.id}\n  expected ${outcome.expected.slice(0, 300)}\n  actual   ${outcome.actual.slice(0, 300)}`,
        );
      }
      t.diagnostic(
        `${file}: ${counts.agrees} agree, ${counts['recorded-500']} better than a 500, ${counts.unsupported} unsupported schema`,
      );
      assert.equal(differences.join('\n'), '');
      assert.ok(counts.agrees + counts.unsupported > 0);
    });
  }

  test('a planted difference is found', () => {
    const [vector] = readVectors('pydantic-scalars').filter((candidate) => candidate.status === 422);
    assert.ok(vector !== undefined);
    assert.equal(runVector({ ...vector, errors: [], errors_raw: '[]' }).kind, 'differs');
  });
});
