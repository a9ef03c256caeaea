import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bodyProbes } from '../src/fingerprint/body-probes.ts';
import { formProbes } from '../src/fingerprint/form-probes.ts';
import { operationsIn } from '../src/fingerprint/operations.ts';

const model = { type: 'object', required: ['a', 'b'], properties: { a: { type: 'string' }, b: { type: 'string' } } };

function operation(mediaType: string): object {
  return { requestBody: { required: true, content: { [mediaType]: { schema: model } } } };
}

describe('the probes of a fingerprint', () => {
  test('send no body with GET, though FastAPI lets a route declare one', () => {
    const json = operation('application/json');
    const operations = operationsIn({ paths: { '/search': { get: json, put: json } } });

    const probes = bodyProbes(operations, () => true);

    assert.ok(probes.length > 0);
    assert.deepEqual([...new Set(probes.map(({ method }) => method))], ['PUT']);
  });

  test('ask about a form by the method of its route', () => {
    const operations = operationsIn({
      paths: { '/profile': { patch: operation('application/x-www-form-urlencoded') } },
    });

    const probes = formProbes(operations, () => true);

    assert.ok(probes.length > 0);
    assert.deepEqual([...new Set(probes.map(({ method }) => method))], ['PATCH']);
  });
});
