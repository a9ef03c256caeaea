import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { scoreFile, scoreFolder, scoreTable } from './scoreboard.ts';
import type { SerializationVector } from './serialization.ts';
import { classesOf, runSerialization } from './serialization.ts';
import { readVectors, runVector } from './vectors.ts';

const folder = new URL('data/vectors', import.meta.url).pathname;
const files = [
  ...['pydantic-collections', 'pydantic-models', 'pydantic-net', 'pydantic-params', 'pydantic-scalars'],
  ...['pydantic-syntax', 'pydantic-temporal', 'pydantic-unions', 'serialization'],
];

describe('recorded answers of FastAPI and Pydantic', () => {
  for (const file of files) {
    test(`${file}: every case gives the recorded bytes`, () => {
      const { differences, cases } = scoreFile(`${folder}/${file}.jsonl`);
      const shown = differences.map(({ id, expected, actual }) => {
        return `${id}\n  expected ${expected.slice(0, 300)}\n  actual   ${actual.slice(0, 300)}`;
      });
      assert.equal(shown.join('\n'), '');
      assert.ok(cases > 100);
    });
  }

  test('a planted difference is found', () => {
    const [vector] = readVectors('pydantic-scalars').filter((candidate) => candidate.status === 422);
    assert.ok(vector !== undefined);
    assert.equal(runVector({ ...vector, errors: [], errors_raw: '[]' }).kind, 'differs');
  });

  test('a planted difference in an answer is found', () => {
    const planted: SerializationVector = {
      ...{ id: 'planted', type: 'float', mode: 'response_model', value: { $float: '1.0' } },
      ...{ schema: { type: 'number' }, status: 200, wire: '1' },
    };
    assert.equal(runSerialization(planted, classesOf([])).kind, 'differs');
  });

  test('the scoreboard of the README is the present one', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    assert.ok(readme.includes(scoreTable(scoreFolder(folder))), 'run npm run vectors -- --write');
  });
});
