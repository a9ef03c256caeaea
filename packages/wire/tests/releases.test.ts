import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { defaultPreset, presets } from '../src/profile/presets.ts';
import { fastapi0128 } from '../src/profile.ts';
import type { Vector } from './vectors.ts';
import { readLines, readRequestVectors, runVector } from './vectors.ts';

// Each preset against the answers of the releases that it names; data/README.md tells how they were recorded.

const vectors = readRequestVectors();

/** FastAPI < 0.124.0 lost aliased fields of a query model: none could be sent, so no client can depend on it. */
const notReproduced = /^g-pq-model2-/;

describe('a preset answers every recorded request as its releases do', () => {
  for (const [name, { profile, packages }] of Object.entries(presets)) {
    if (name === defaultPreset) continue;
    test(`${name} (${packages})`, () => {
      const others = new Map(readLines<Vector>(`releases/${name}`).map((line) => [line.id, line]));
      const differences = vectors.flatMap((vector) => {
        const { output: _, errors: __, errors_raw: ___, body: ____, ...request } = vector;
        const other = others.get(vector.id);
        if (other !== undefined && notReproduced.test(vector.id)) return [];
        const outcome = runVector(other === undefined ? vector : { ...request, ...other }, profile);
        if (outcome.kind === 'agrees' || outcome.kind === 'recorded-500') return [];
        return [{ id: vector.id, declared: vector.declared, input: vector.input, outcome }];
      });
      assert.deepEqual(differences, []);
    });
  }

  test('and the answers tell the presets apart', () => {
    const seen = new Map<string, string>();
    for (const [name, { profile }] of Object.entries(presets)) {
      const text = JSON.stringify(profile);
      assert.equal(seen.get(text), undefined, `${name} is ${seen.get(text)}`);
      seen.set(text, name);
    }
  });

  test('and the default is the profile of the main vectors', () => {
    assert.equal(presets[defaultPreset].profile, fastapi0128);
  });
});
