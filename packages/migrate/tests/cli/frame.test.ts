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
import { hintOf } from '../../src/hints.ts';
import { MigrationError, type MigrationErrorCode, migrationErrorTable, targetErrorTable } from '../../src/index.ts';
import { makePlace } from './support.ts';

const names = { program: 'stanchion-migrate', command: 'x', again: 'stanchion-migrate x y', json: false };

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

  test('prints its version, which is that of the package', async (t) => {
    const text = await readFile(join(import.meta.dirname, '../../package.json'), 'utf8');
    const { version }: { version: string } = JSON.parse(text);
    for (const flag of ['--version', '-V']) {
      const { code, stdout, stderr } = await (await makePlace(t)).run(flag);
      assert.deepEqual([code, stdout, stderr], [0, `${version}\n`, '']);
    }
  });

  test('says in its help what the verbs of archive are about', async (t) => {
    assert.match((await (await makePlace(t)).run('--help')).stdout, /^ {2}archive +what was set aside/m);
  });

  test('has examples that it takes, and exit codes, in the help of every verb', async (t) => {
    const place = await makePlace(t);
    for (const { name, examples } of migrateVerbs) {
      const { stdout } = await place.run(...name.split(' '), '--help');
      assert.match(stdout, /\nExit codes.*:\n +0 {2}done/, name);
      for (const example of examples) {
        assert.ok(stdout.includes(`\n  stanchion-migrate ${name}${example === '' ? '' : ` ${example}`}\n`), name);
        const words = example.replace(/ ?>.*/, '').match(/"[^"]*"|\S+/g) ?? [];
        // It stops at the folder that is not there, which is after the words were understood.
        const given = words.map((word) => word.replaceAll('"', ''));
        if (name !== 'init' && name !== 'alembic-env') {
          assert.notEqual((await place.run(...name.split(' '), ...given)).code, 2, `${name} ${example}`);
        }
      }
    }
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

  test('repeats itself in a report, with its words but no URL', async (t) => {
    const place = await makePlace(t);
    const url = 'postgresql://u:secret@h/d';
    for (const given of [
      ['show', 'a b', '--url', url],
      ['nope', 'a b', `--url=${url}`],
      ['--url', url, 'nope'],
    ]) {
      const { stdout } = await place.run(...given, '--json');
      assert.doesNotMatch(stdout, /secret/);
      const report: { findings: { verify: string }[] } = JSON.parse(stdout);
      assert.match(report.findings[0]?.verify ?? '', /^stanchion-migrate (?:show 'a b'|nope 'a b'|nope)$/);
    }
  });

  for (const url of ['nonsense', 'mysql://a/b', 'sqlite:///x.db', 'postgresql://u:secret@h:99999/d', 'http://h']) {
    test(`ends with 78, and neither connects nor shows a secret, for the URL ${url}`, async (t) => {
      const place = await makePlace(t, { DATABASE_URL: url });
      const { code, stderr } = await place.run('current', '--folder', '.');
      assert.equal(code, 78, stderr);
      assert.match(stderr, /postgresql:\/\/user:password@host/);
      assert.doesNotMatch(stderr, /secret|\n +at /);
    });
  }

  test('takes the URLs that Python writes and those of a Unix socket', async (t) => {
    for (const url of ['postgresql+asyncpg://u@127.0.0.1:1/d', 'postgres://u:p%2F@/d?host=/nowhere', '/nowhere']) {
      const { code, stderr } = await (await makePlace(t, { DATABASE_URL: url })).run('current', '--folder', '.');
      assert.equal(code, 4, stderr);
      assert.match(stderr, /\n {2}fix: /);
    }
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
    const text = renderError(error, names);
    assert.match(
      text,
      /^f\.sql:3:7: no \(SQLSTATE 42P01\)\n {2}fix: Do this\.\nneither\n {2}fix: Write at least one statement/,
    );
  });

  test('is one finding for each fault', () => {
    const findings = findingsOf(error, names);
    assert.deepEqual(
      findings.map(({ id, evidence, fix }) => [id, evidence, fix]),
      [
        ['ST-MIGRATE-SQL-FAILED', 'f.sql:3:7', 'Do this.'],
        ['ST-MIGRATE-BAD-STEP', 'x', hintOf({ code: 'bad_step' })],
      ],
    );
  });

  test('says once what mends several faults, and calls commands by the name of the program', () => {
    const twice = new MigrationError([
      { code: 'unknown_revision', message: 'no a' },
      { code: 'unknown_revision', message: 'no b' },
    ]);
    assert.equal(
      renderError(twice, { ...names, program: './stanchion migrate' }),
      'no a\nno b\n  fix: See `./stanchion migrate history` for all revisions and labels.',
    );
  });

  test('of PostgreSQL says what its SQLSTATE asks for', () => {
    const of = (sqlstate: string) => hintOf({ code: 'sql_failed', sqlstate });
    assert.match(of('23505'), /^Mend the rows/);
    assert.match(of('42501'), /GRANT/);
    assert.match(of('53100'), /disk/);
    assert.equal(of('42P01'), hintOf({ code: 'sql_failed' }));
    assert.equal(hintOf({ code: 'sql_failed', sqlstate: '42501', hint: 'Its own.' }), 'Its own.');
  });

  test('names a file as it is called in the working directory', () => {
    const pathOf = (file: string) => `migrations/${file}`;
    assert.match(renderError(error, { ...names, pathOf }), /^migrations\/f\.sql:3:7: /);
    assert.equal(findingsOf(error, { ...names, pathOf })[0]?.evidence, 'migrations/f.sql:3:7');
  });

  test('has advice for every code, and no command in it that does not exist', () => {
    const verbs = new Set(migrateVerbs.map(({ name }) => name.split(' ')[0]));
    for (const code of Object.keys({ ...migrationErrorTable, ...targetErrorTable })) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a key of those tables
      const fault = { code: code as MigrationErrorCode, message: '' };
      const [finding] = findingsOf(new MigrationError(fault), { ...names, program: 'PROGRAM' });
      assert.ok((finding?.fix.length ?? 0) > 10, code);
      assert.doesNotMatch(finding?.fix ?? '', /\bmigrate /, code);
      for (const [, verb] of finding?.fix.matchAll(/PROGRAM (\w+)/g) ?? [])
        assert.ok(verbs.has(verb), `${code}: ${verb}`);
    }
  });

  test('with --json holds what was finished before it', () => {
    const late = new MigrationError({ code: 'sql_failed', message: 'no' });
    late.finished = [{ revision: 'aaaa00000001', outcome: 'applied', durationMs: 1 }];
    const { data }: { data: unknown } = JSON.parse(reportError(late, { ...names, json: true }).stdout);
    assert.deepEqual(data, { finished: late.finished });
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
