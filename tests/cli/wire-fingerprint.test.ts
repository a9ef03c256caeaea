import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parseProfileFile } from '@stanchion/wire';
import { load } from '../config/support.ts';
import { createTestApp } from '../support/app.ts';
import { runCli } from './support.ts';

describe('wire fingerprint', () => {
  for (const preset of ['fastapi-0.121', 'fastapi-0.128', 'fastapi-0.165']) {
    test(`recognises this very server as what it was told to be: ${preset}`, async (t) => {
      const { app } = await createTestApp(t, { env: { WIRE_PROFILE: preset } });
      const url = await app.listen({ host: '127.0.0.1', port: 0 });
      const folder = mkdtempSync(join(tmpdir(), 'stanchion-fingerprint-'));
      t.after(() => rmSync(folder, { recursive: true }));
      const output = join(folder, 'wire-profile.json');
      const { code, stdout, stderr } = await runCli(['wire', 'fingerprint', url, '--output', output]);
      assert.deepEqual([code, stderr.includes('asking')], [0, true], stderr);
      assert.match(stdout, new RegExp(`^Nearest preset: ${preset} `));
      assert.match(stdout, /Not knowable from outside here, taken from the preset \(\d+\): /);
      const text = readFileSync(output, 'utf8');
      assert.deepEqual(parseProfileFile(text), { preset, overrides: {} });
      const { config } = load({ env: { WIRE_PROFILE: 'p.json' }, files: { 'p.json': text } });
      assert.deepEqual(config.wireProfile, load({ env: { WIRE_PROFILE: preset } }).config.wireProfile);
    });
  }

  test('prints its requests with --dry-run, and makes only the first', async (t) => {
    const { app, logLines } = await createTestApp(t);
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const { code, stdout } = await runCli(['wire', 'fingerprint', url, '--dry-run']);
    assert.equal(code, 0);
    assert.match(stdout, /^OPTIONS \/openapi\.json$/m);
    assert.match(stdout, /^POST /m);
    const probes = stdout.split('\n').filter((line) => /^[A-Z]+ \//.test(line));
    assert.equal(stdout.match(/^ {4}harmless: /gm)?.length, probes.length);
    const asked = logLines.filter((line) => line.includes('"path"') || line.includes('"url"'));
    assert.ok(
      asked.every((line) => line.includes('/openapi.json')),
      asked.join('\n'),
    );
  });

  test('says what is wrong with a URL, and that nobody answers', async () => {
    const bad = await runCli(['wire', 'fingerprint', 'localhost:8000']);
    assert.equal(bad.code, 2);
    assert.match(bad.stderr, /"localhost:8000" is no http or https URL/);
    const dead = await runCli(['wire', 'fingerprint', 'http://127.0.0.1:1']);
    assert.equal(dead.code, 3);
    assert.match(dead.stderr, /http:\/\/127\.0\.0\.1:1 did not answer: /);
  });
});
