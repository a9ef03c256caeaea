import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { array, asyncProperty, assert as check, constantFrom, oneof, string } from 'fast-check';
import { createCommandLine } from '../../src/cli/command-line.ts';
import { globalOptions } from '../../src/cli/global-options.ts';
import { findPlainCall } from '../../src/cli/plain-call.ts';
import { migrateVerbs } from '../../src/cli/verbs.ts';

interface Understood {
  readonly name: string;
  readonly options: object;
  readonly flags: object;
}

/** What commander makes of a command line; undefined: help, or a mistake. */
async function readByCommander(args: readonly string[]): Promise<Understood | undefined> {
  let understood: Understood | undefined;
  const nothing = { out: () => {}, err: () => {} };
  const root = createCommandLine({ program: 'stanchion-migrate', json: false }, nothing, async ({ name }, options) => {
    understood = { name, options: Object.assign({}, options), flags: root.opts() };
  });
  await root.parseAsync([...args], { from: 'user' }).catch(() => undefined);
  return understood;
}

function readPlain(args: readonly string[]): Understood | undefined {
  const call = findPlainCall(migrateVerbs, args);
  return call && { name: call.entry.name, options: Object.assign({}, call.options), flags: call.flags };
}

const optionWords = [
  ...migrateVerbs.flatMap(({ options = [], required = [] }) => [...options, ...required]),
  ...globalOptions,
]
  .flatMap(([syntax]) => syntax.replaceAll(/[<[].*/g, '').split(/,? /))
  .filter((word) => word !== '');
const verbWords = migrateVerbs.flatMap(({ name }) => name.split(' '));
const odd = [
  '',
  '-',
  '--',
  '-1',
  '+1',
  '--help',
  '-h',
  'help',
  '--version',
  '-V',
  '--no-such',
  '--url=x',
  '--folder=',
  '-mx',
  '-x',
  '--json=1',
];
const word = oneof(
  { weight: 4, arbitrary: constantFrom(...optionWords) },
  { weight: 3, arbitrary: constantFrom(...verbWords) },
  { weight: 3, arbitrary: constantFrom('head', 'a:b', '7f3a', 'x.sql', '10') },
  { weight: 1, arbitrary: constantFrom(...odd) },
  { weight: 1, arbitrary: string({ maxLength: 3 }) },
);

describe('a plain command line', () => {
  test('means what commander makes of it, whatever stands in it', async () => {
    let plain = 0;
    await check(
      asyncProperty(
        constantFrom(...migrateVerbs),
        array(word, { maxLength: 2 }),
        array(word, { maxLength: 5 }),
        async (entry, before, behind) => {
          const args = [...before, ...entry.name.split(' '), ...behind];
          const found = readPlain(args);
          if (!found) return;
          plain += 1;
          assert.deepEqual(found, await readByCommander(args), args.join(' '));
        },
      ),
      { numRuns: 20_000 },
    );
    assert.ok(plain > 500, `only ${plain} were plain`);
  });

  for (const line of [
    'lint',
    'lint 7f3a: --fail-on warning',
    '--json current',
    'upgrade',
    'upgrade head --url x',
    'downgrade base --yes',
    'archive list',
    'heads --folder a',
    'status --watch --json',
  ]) {
    test(`is understood without commander: ${line}`, () => {
      assert.notEqual(readPlain(line.split(' ')), undefined);
    });
  }

  for (const line of [
    '',
    'nope',
    'lint --help',
    'help lint',
    'lint a b',
    'show',
    'upgrade --no-such',
    'downgrade -1',
    'heads --url',
    'heads --json --json',
    'heads --url=x',
    'archive',
  ]) {
    test(`is left to commander: ${line}`, () => {
      assert.equal(readPlain(line.split(' ')), undefined);
    });
  }
});
