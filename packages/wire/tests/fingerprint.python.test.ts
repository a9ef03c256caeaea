import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PythonMissing } from '../../../tests/support/python-environment.ts';
import { fingerprint, planFingerprint } from '../src/fingerprint/fingerprint.ts';
import { sendTo } from '../src/fingerprint/send.ts';
import { isPresetName, presets } from '../src/profile/presets.ts';
import type { Incumbent } from './releases/incumbent.ts';
import { startIncumbent } from './releases/incumbent.ts';

// Every release of a preset runs for real, and is asked what fingerprint asks.

const names = Object.keys(presets).filter(isPresetName);

describe('fingerprint of a running FastAPI', () => {
  const incumbents = new Map<string, Incumbent>();
  let missing: Error | undefined;

  before(async () => {
    try {
      // One after the other: environments that are not there yet are made, which takes every core.
      for (const name of names) incumbents.set(name, await startIncumbent(name));
    } catch (cause) {
      if (!(cause instanceof PythonMissing)) throw cause;
      missing = cause;
    }
  });

  after(async () => {
    for (const incumbent of incumbents.values()) await incumbent.stop();
  });

  // In each test, so that each is counted as failed.
  const urlOf = (name: string): URL => {
    const incumbent = incumbents.get(name);
    if (incumbent === undefined) throw missing ?? new TypeError(`${name} was not started`);
    return incumbent.url;
  };

  const changesOf = async (url: URL): Promise<unknown> => (await fetch(new URL('/changes', url))).json();

  for (const name of names) {
    test(`recognises ${presets[name].packages} as ${name}, and no handler that changes something runs`, async () => {
      const url = urlOf(name);
      const found = await fingerprint(sendTo(url));
      assert.deepEqual(
        { preset: found.preset, overrides: found.overrides, doubts: found.doubts },
        { preset: name, overrides: {}, doubts: [] },
      );
      assert.ok(Object.keys(found.seen).length >= 18, `only ${Object.keys(found.seen).join(', ')} were seen`);
      assert.deepEqual(await changesOf(url), []);
    });
  }

  test('changes nothing with credentials either, and sees as much', async () => {
    const url = urlOf('fastapi-0.128');
    const send = sendTo(url, { bearerToken: 'test-token' });
    const found = await fingerprint(send, { hasCredentials: true });
    assert.equal(found.preset, 'fastapi-0.128');
    assert.deepEqual(found.doubts, []);
    assert.deepEqual(await changesOf(url), []);
  });

  test('plans what it does by reading the document alone', async () => {
    const send = sendTo(urlOf('fastapi-0.128'));
    const asked: string[] = [];
    const plan = await planFingerprint((probe) => {
      asked.push(`${probe.method} ${probe.path}`);
      return send(probe);
    });
    assert.deepEqual(asked, ['GET /openapi.json']);
    assert.equal((await fingerprint(send)).requests, plan.length);
    assert.ok(plan.every((probe) => probe.harmless !== ''));
  });
});
