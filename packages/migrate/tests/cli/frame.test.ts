import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import {
  CliError,
  exitOfFault,
  findExit,
  findingsOf,
  migrateExitCodes,
  migrateVerbs,
  renderError,
  reportError,
} from '../../src/cli/index.ts';
import { createTalk } from '../../src/cli/talk.ts';
import { MigrationError, type MigrationErrorCode, migrationErrorTable, targetErrorTable } from '../../src/index.ts';
import { makePlace } from './support.ts';

const names = { program: 'stanchion-migrate', command: 'x', json: false };

describe('the command line', () => {
  for (const { name } of migrateVerbs) {
    test(`has help for ${name}, with the options of all verbs`, async (t) => {
      const { code, stdout } = await (await makePlace(t)).run(...name.split(' '), '--help');
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`Usage: stanchion-migrate ${name}`));
      assert.match(stdout, /--json/);
      assert.match(stdout, /--url/);
    });
  }

  test('has a function for every verb', async () => {
    for (const entry of migrateVerbs) assert.equal(typeof (await entry.load()), 'function', entry.name);
  });

  test('has every verb in the README of the package', async () => {
    const text = await readFile(join(import.meta.dirname, '../../README.md'), 'utf8');
    assert.deepEqual(
      migrateVerbs.map(({ name }) => name).filter((name) => !text.includes(`\`${name}`)),
      [],
    );
  });

  test('has every exit code in the README of the package', async () => {
    const text = await readFile(join(import.meta.dirname, '../../README.md'), 'utf8');
    for (const { code } of Object.values(migrateExitCodes))
      assert.match(text, new RegExp(`^\\|.*\\b${code}\\b.*\\|`, 'm'));
  });

  test('documents every exit code in its help', async (t) => {
    const { stdout } = await (await makePlace(t)).run('--help');
    for (const exit of Object.values(migrateExitCodes)) assert.ok(stdout.includes(`${exit.code}  ${exit.meaning}`));
  });

  for (const args of [[], ['nope'], ['upgrade', 'head', 'more'], ['revision'], ['upgrade', '--no-such']]) {
    test(`ends with 2 for: stanchion-migrate ${args.join(' ')}`, async (t) => {
      assert.equal((await (await makePlace(t)).run(...args)).code, 2);
    });
  }

  test('reports a usage fault as one object with --json', async (t) => {
    const { code, stdout, stderr } = await (await makePlace(t)).run('upgarde', '--json');
    const report: { ok: boolean; findings: { id: string; cause: string }[] } = JSON.parse(stdout);
    assert.deepEqual([code, stderr, report.ok, report.findings[0]?.id], [2, '', false, 'ST-MIGRATE-USAGE']);
    assert.match(report.findings[0]?.cause ?? '', /Did you mean upgrade/);
  });

  test('ends with 78 and the fix where no database is named', async (t) => {
    const place = await makePlace(t);
    const { code, stderr } = await place.run('current', '--folder', '.');
    assert.equal(code, 78, stderr);
    assert.match(stderr, /MIGRATION_DATABASE_URL/);
  });

  test('refuses the pooled host before it connects, and names the direct one', async (t) => {
    const place = await makePlace(t, { DATABASE_URL: 'postgresql://u@ep-x-pooler.example.test/d' });
    for (const args of [['current'], ['upgrade'], ['downgrade', 'base', '--yes']]) {
      const { code, stderr } = await place.run(...args, '--folder', '.');
      assert.equal(code, 5, stderr);
      assert.match(stderr, /ep-x\.example\.test/);
    }
  });

  test('prefers --url to MIGRATION_DATABASE_URL, and that to DATABASE_URL', async (t) => {
    const url = (name: string) => `postgresql://u@${name}-pooler.example.test/d`;
    const both = await makePlace(t, { DATABASE_URL: url('c'), MIGRATION_DATABASE_URL: url('b') });
    assert.match((await both.run('current', '--folder', '.', '--url', url('a'))).stderr, /host is a\./);
    assert.match((await both.run('current', '--folder', '.')).stderr, /host is b\./);
    const one = await makePlace(t, { DATABASE_URL: url('c'), MIGRATION_DATABASE_URL: '' });
    assert.match((await one.run('current', '--folder', '.')).stderr, /host is c\./);
  });
});

describe('the configuration file', () => {
  test('is refused with every fault at once', async (t) => {
    const place = await makePlace(t);
    await place.write('stanchion-migrate.json', '{"foldr": "x", "searchPath": [], "lockWaitMs": "1"}');
    const { code, stderr } = await place.run('heads');
    assert.equal(code, 78);
    for (const key of ['foldr', 'searchPath', 'lockWaitMs']) assert.match(stderr, new RegExp(`"${key}" `));
  });

  for (const text of ['{', '[]', 'null', '""']) {
    test(`is refused when it holds ${text}`, async (t) => {
      const place = await makePlace(t);
      await place.write('stanchion-migrate.json', text);
      assert.equal((await place.run('heads')).code, 78);
    });
  }

  test('must exist when it is named', async (t) => {
    assert.equal((await (await makePlace(t)).run('heads', '--config', 'other.json')).code, 78);
  });

  test('gives the folder, from where it lies, unless --folder does', async (t) => {
    const place = await makePlace(t);
    await place.write('stanchion-migrate.json', '{"folder": "gone"}');
    assert.match((await place.run('heads')).stderr, new RegExp(`cannot read the folder ${join(place.cwd, 'gone')}`));
    assert.equal((await place.run('heads', '--folder', '.')).code, 0);
  });
});

describe('exit codes', () => {
  test('are all different', () => {
    const codes = Object.values(migrateExitCodes).map(({ code }) => code);
    assert.equal(new Set(codes).size, codes.length);
  });

  test('are 2 for every target that names no revision', () => {
    for (const code of Object.keys(targetErrorTable)) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a key of that table
      assert.equal(exitOfFault[code as MigrationErrorCode], 'usage');
    }
  });

  test('are chosen for every code', () => {
    const codes = Object.keys({ ...migrationErrorTable, ...targetErrorTable });
    assert.deepEqual(Object.keys(exitOfFault).toSorted(), codes.toSorted());
  });

  test('are 70, with the stack, for what nobody expected', () => {
    const report = reportError(new TypeError('a mistake'), names);
    assert.equal(report.exit, 'internal');
    assert.match(report.stderr, /a mistake[\s\S]*\n\s+at /);
    assert.equal(findExit(new TypeError('a mistake')), undefined);
  });
});

describe('a failure', () => {
  const error = new MigrationError([
    { code: 'sql_failed', message: 'no', file: 'f.sql', line: 3, column: 7, sqlstate: '42P01', hint: 'Do this.' },
    { code: 'bad_step', message: 'neither' },
  ]);

  test('is told with its place, SQLSTATE and fix, fault for fault', () => {
    assert.equal(renderError(error), 'f.sql:3:7: no (SQLSTATE 42P01)\n  fix: Do this.\nneither');
  });

  test('is one finding for each fault', () => {
    const findings = findingsOf(error, names);
    assert.deepEqual(
      findings.map(({ id, evidence, fix }) => [id, evidence, fix]),
      [
        ['ST-MIGRATE-SQL-FAILED', 'f.sql:3:7', 'Do this.'],
        ['ST-MIGRATE-BAD-STEP', 'x', migrateExitCodes.failed.meaning],
      ],
    );
  });

  test('of the command line says what to do', () => {
    const { stderr } = reportError(new CliError('refused', 'This would.', 'x --yes'), names);
    assert.equal(stderr, 'This would.\n  fix: x --yes\n');
  });
});

describe('talk', () => {
  test('writes one line over the other on a terminal, never longer than it', () => {
    let text = '';
    const talk = createTalk({ write: (more) => (text += more), columns: 6, now: () => 0 });
    talk.update('123456789');
    talk.update('2');
    talk.say('done');
    talk.update('3');
    talk.end();
    assert.equal(text, '12345\r\u001B[K2\r\u001B[Kdone\n3\r\u001B[K');
  });

  test('writes a line at most every five seconds elsewhere', () => {
    let text = '';
    let at = 0;
    const talk = createTalk({ write: (more) => (text += more), now: () => at });
    talk.say('start');
    for (at = 0; at <= 10_000; at += 1_000) talk.update(`after ${at}`);
    talk.end();
    assert.equal(text, 'start\nafter 5000\nafter 10000\n');
  });
});

test('the package offers each verb as a module of its own', async () => {
  const text = await readFile(join(import.meta.dirname, '../../package.json'), 'utf8');
  const { exports }: { exports: Record<string, string> } = JSON.parse(text);
  assert.equal(exports['./cli/*'], './src/cli/*.ts');
});
