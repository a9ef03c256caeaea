import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { renderQuirkDocs } from '../../scripts/generators/quirks.ts';
import { testConfig } from '../support/app.ts';
import { loadQuirks, type Quirk } from './ledger.ts';
import { loadScenarios } from './replay/scenario.ts';

/** What the incumbent's contract lists. */
const observed: readonly string[] = JSON.parse(readFileSync(new URL('data/quirk-ids.json', import.meta.url), 'utf8'));
const root = new URL('../../', import.meta.url);
const ledger = loadQuirks();
const flags = ledger.filter(({ status }) => status === 'flag');

/** `QUIRK_EMAIL_NOT_VALIDATED` → `emailNotValidated`. */
function fieldOf(setting: string): string {
  const words = setting.toLowerCase().split('_').slice(1);
  return words.map((word, index) => (index === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1))).join('');
}

/** Faults of an entry, as sentences. */
function findFaults(quirk: Quirk): string[] {
  const faults: string[] = [];
  const answers = [quirk.accept ?? []].flat();
  if (!['defect', 'oddity', 'hardening'].includes(quirk.kind)) faults.push('kind is none');
  if (!['preserve', 'flag', 'fix'].includes(quirk.status)) faults.push('status is none');
  if (quirk.why.split(' ').length < 8) faults.push('why says too little');
  if (quirk.status === 'fix' && answers.length === 0) faults.push('a fix needs the answer that it gives');
  if (quirk.status === 'preserve' && answers.length > 0) faults.push('what is preserved has no other answer');
  if (answers.flatMap(({ status }) => [status].flat()).some((status) => status < 200 || status > 499))
    faults.push('an accepted answer has a status beyond 200 to 499');
  const isFlag = quirk.status === 'flag';
  if (isFlag !== (quirk.setting !== undefined)) faults.push('a flag, and only a flag, has a setting');
  if (isFlag && !['legacy', 'hardened'].includes(quirk.default ?? '')) faults.push('a flag has a default');
  faults.push(...findTestFaults(quirk));
  return faults;
}

function findTestFaults({ test: reference }: Quirk): string[] {
  const [file = '', name = ''] = reference.split(' › ');
  if (!file.startsWith('tests/contract/') || !existsSync(new URL(file, root))) return [`${file} does not exist`];
  const source = readFileSync(new URL(file, root), 'utf8');
  const isThere = name !== '' && [`test('${name}'`, `test("${name}"`].some((call) => source.includes(call));
  return isThere ? [] : [`${file} has no test '${name}'`];
}

describe('the quirk ledger', () => {
  test('has an entry for everything that was observed, and for nothing else', () => {
    assert.equal(observed.length, 43);
    // What is hardened was not observed: the incumbent has no bound.
    const found = ledger.filter(({ kind }) => kind !== 'hardening').map(({ id }) => id);
    assert.deepEqual(found.toSorted(), observed.toSorted());
  });

  test('knows every quirk that a recording names', () => {
    const scenarios = loadScenarios(new URL('data/exchanges', import.meta.url).pathname);
    const named = scenarios
      .flatMap(({ steps }) => steps.flatMap(({ quirk }) => (quirk ? [quirk.id, ...(quirk.also ?? [])] : [])))
      .toSorted();

    assert.deepEqual(
      [...new Set(named)].filter((id) => !ledger.some((entry) => entry.id === id)),
      [],
    );
    assert.ok(named.length >= 69);
  });

  for (const quirk of ledger) {
    test(`is complete about ${quirk.id}`, () => {
      assert.deepEqual(findFaults(quirk), []);
    });
  }

  test('names a test of its own for every entry', () => {
    assert.equal(new Set(ledger.map((quirk) => quirk.test)).size, ledger.length);
  });

  test('has a setting for every flag of the configuration, and the same default', () => {
    const { config } = testConfig('postgresql://u:p@127.0.0.1/x');
    const defaults = flags.map(({ setting = '', default: value }) => [fieldOf(setting), value === 'legacy'] as const);

    assert.deepEqual(Object.fromEntries(defaults), { ...config.quirks });
  });

  for (const { setting = '' } of flags) {
    test(`switches ${setting} both ways`, () => {
      const values = ['legacy', 'hardened'].map((value) => {
        const { quirks } = testConfig('postgresql://u:p@127.0.0.1/x', { [setting]: value }).config;
        return Object.entries(quirks).find(([field]) => field === fieldOf(setting))?.[1];
      });

      assert.deepEqual(values, [true, false]);
    });
  }

  test('hardens by default only what no honest client depends on', () => {
    const hardened = flags.filter((quirk) => quirk.default === 'hardened').map(({ id }) => id);

    assert.deepEqual(hardened.toSorted(), ['inactive-user-allowed', 'token-loose-base64', 'user-not-checked']);
  });

  test('is what docs/quirks.md says', () => {
    const page = readFileSync(new URL('docs/quirks.md', root), 'utf8');

    assert.equal(page, renderQuirkDocs(), 'run `npm run generate`');
    for (const { id } of ledger) assert.ok(page.includes(`### \`${id}\``), id);
  });
});

describe('the check of the ledger turns red on', () => {
  const good = ledger.find(({ status }) => status === 'flag');
  const planted: readonly (readonly [fault: string, change: Partial<Quirk>])[] = [
    ['an unknown status', { status: JSON.parse('"ignore"') }],
    ['an unknown kind', { kind: JSON.parse('"habit"') }],
    ['a reason that says nothing', { why: 'because' }],
    ['a flag without a default', { default: JSON.parse('null') }],
    ['a fix without an answer', { status: 'fix', accept: [] }],
    ['a fix with a setting', { status: 'fix' }],
    ['an answer that is a failure', { accept: { status: [422, 503] } }],
    ['something preserved with another answer', { status: 'preserve' }],
    ['a test file that is gone', { test: 'tests/contract/quirks/gone.test.ts › refuses' }],
    ['a test that is gone', { test: 'tests/contract/quirks/tokens.test.ts › does what nobody wrote' }],
    ['a test without a name', { test: 'tests/contract/quirks/tokens.test.ts' }],
  ];

  for (const [fault, change] of planted) {
    test(fault, () => {
      assert.ok(good);
      assert.deepEqual(findFaults(good), []);

      assert.notDeepEqual(findFaults({ ...good, ...change }), []);
    });
  }
});
