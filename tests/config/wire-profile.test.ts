import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { presets } from '@stanchion/wire';
import { faultOf, faultsOf, load } from './support.ts';

describe('WIRE_PROFILE', () => {
  test("is the incumbent's releases when nobody sets it", () => {
    assert.deepEqual(load().config.wireProfile, presets['fastapi-0.128'].profile);
  });

  test('names a preset', () => {
    const { config } = load({ env: { WIRE_PROFILE: 'fastapi-0.115' } });
    assert.deepEqual(config.wireProfile, presets['fastapi-0.115'].profile);
  });

  test('names a file: a preset with overrides', () => {
    const text = '{"preset":"fastapi-0.131","overrides":{"missingCredentials":403}}';
    const { config } = load({ env: { WIRE_PROFILE: 'conf/p.json' }, files: { 'conf/p.json': text } });
    assert.deepEqual(config.wireProfile, { ...presets['fastapi-0.131'].profile, missingCredentials: 403 });
  });

  test('is refused when it is neither', () => {
    const fault = faultOf('WIRE_PROFILE', { env: { WIRE_PROFILE: 'fastapi-0.99' } });
    assert.equal(fault.problem, 'is neither a preset nor a file that can be read: fastapi-0.99');
    assert.match(fault.fix, /^name one of fastapi-0\.115, .*, or a file that \.\/stanchion wire fingerprint wrote$/);
  });

  test('is refused with every fault of its file', () => {
    const files = { 'p.json': '{"preset":"x","overrides":{"nullBody":1}}' };
    const problems = faultsOf({ env: { WIRE_PROFILE: 'p.json' }, files }).map(({ problem }) => problem);
    assert.equal(problems.length, 2);
    assert.match(problems[0] ?? '', /^names the file p\.json, in which "preset" must be one of /);
    assert.match(problems[1] ?? '', /"overrides\.nullBody" must be one of "absent", "value"$/);
  });
});
