import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { migrationErrorTable } from '@stanchion/migrate';
import { exitCodes, findExitName } from '../../src/cli/exit-codes.ts';
import { createProgram, nameOf } from '../../src/cli/program.ts';
import { reportError } from '../../src/cli/report.ts';
import { AppError } from '../../src/errors.ts';
import { repository, runCli, runStanchion } from './support.ts';

const withCode = (code: string, more: object = {}) => Object.assign(new Error('expected'), { code, ...more });

const names = { command: 'x', again: './stanchion x', json: false, pathOf: (file: string) => file };

describe('the command line', () => {
  test('suggests a verb that is near', async () => {
    assert.match((await runCli(['confg'])).stderr, /Did you mean config/);
    const { code, stdout, stderr } = await runCli(['config', 'chekc']);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /Did you mean check/);
  });

  for (const args of [
    [],
    ['nope'],
    ['config'],
    ['config', 'check', 'more'],
    ['config', 'check', '--no-such'],
    ['generate', 'secret', '--bytes'],
  ]) {
    test(`ends with 2 for: stanchion ${args.join(' ')}`, async () => {
      assert.equal((await runCli(args)).code, 2);
    });
  }

  test('reports a usage fault as one object with --json', async () => {
    const { code, stdout, stderr } = await runCli(['nope', '--json']);
    const report: { ok: boolean; findings: { id: string }[] } = JSON.parse(stdout);
    assert.deepEqual([code, stderr, report.ok, report.findings[0]?.id], [2, '', false, 'ST-CLI-USAGE']);
  });

  for (const words of verbs()) {
    test(`has help for ${words}, with the global option`, async () => {
      const { code, stdout } = await runCli([...words.split(' '), '--help']);
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`Usage: stanchion ${words}`));
      assert.match(stdout, /--json/);
    });
  }

  test('prints the version of package.json', async () => {
    const { version }: { version: string } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
    const { code, stdout } = await runCli(['--version']);
    assert.deepEqual([code, stdout], [0, `${version}\n`]);
  });

  test('documents every exit code in its help', async () => {
    const { code, stdout } = await runCli(['--help']);
    assert.equal(code, 0);
    for (const exit of Object.values(exitCodes)) assert.ok(stdout.includes(`${exit.code}  ${exit.meaning}`));
  });

  test('passes its exit codes through the process', async () => {
    assert.equal((await runStanchion(['nope'], {})).code, 2);
    assert.equal((await runStanchion(['generate', 'secret'], {})).code, 0);
  });
});

describe('generate secret', () => {
  test('prints 86 URL-safe characters, new each time', async () => {
    const [one, other] = [await runCli(['generate', 'secret']), await runCli(['generate', 'secret'])];
    assert.match(one.stdout, /^[\w-]{86}\n$/);
    assert.notEqual(one.stdout, other.stdout);
  });

  test('is accepted by production', async () => {
    const secret = (await runCli(['generate', 'secret', '--bytes', '48'])).stdout.trim();
    const env = { ENVIRONMENT: 'production', DATABASE_URL: 'postgresql://u@h/d', JWT_SECRET: secret };
    assert.equal((await runCli(['config', 'check'], env)).code, 0);
  });

  for (const bytes of ['47', '0', '-1', 'many', '64.5', '1025', '']) {
    test(`refuses --bytes ${bytes}`, async () => {
      assert.equal((await runCli(['generate', 'secret', `--bytes=${bytes}`])).code, 2);
    });
  }
});

describe('exit codes', () => {
  test('are all different', () => {
    const codes = Object.values(exitCodes).map(({ code }) => code);
    assert.equal(new Set(codes).size, codes.length);
  });

  test('are chosen for every code of the migrations', () => {
    for (const code of Object.keys(migrationErrorTable)) assert.notEqual(findExitName(withCode(code)), undefined, code);
  });

  for (const [code, exit] of Object.entries({
    config_invalid: 78,
    EADDRINUSE: 69,
    data_folder_locked: 75,
    data_folder_read_only: 73,
    connection_failed: 4,
    database_unavailable: 4,
    pooled_connection: 5,
    EROFS: 73,
  })) {
    test(`is ${exit} for ${code}`, () => {
      const report = reportError(withCode(code), names);
      assert.equal(exitCodes[report.exit].code, exit);
      assert.doesNotMatch(report.stderr, /\n\s+at /);
    });
  }

  test('is 69 for a port that only root may have, and 73 for a folder that is not writable', () => {
    assert.equal(findExitName(withCode('EACCES', { syscall: 'listen' })), 'port_taken');
    assert.equal(findExitName(withCode('EACCES', { syscall: 'mkdir' })), 'folder_not_writable');
  });

  test('comes with what really happened and a fix when the database cannot be reached', () => {
    const cause = new Error('connect ECONNREFUSED 127.0.0.1:1');
    const { stderr } = reportError(new AppError('database_unavailable', { cause }), names);
    assert.match(stderr, /connect ECONNREFUSED 127\.0\.0\.1:1\n  fix: .*DATABASE_URL/);
  });

  test('is 70, with the stack, for what nobody expected', () => {
    const report = reportError(new TypeError('a mistake'), names);
    assert.equal(exitCodes[report.exit].code, 70);
    assert.match(report.stderr, /a mistake[\s\S]*\n\s+at /);
  });

  test('comes with the refused values of an application error', () => {
    const issues = [{ type: 'value_error', loc: ['body', 'email'], msg: 'is not valid', input: 'x' }];
    const report = reportError(new AppError('invalid_value', { issues }), names);
    assert.match(report.stderr, /email: is not valid\n {2}fix: mend what/);
  });

  test('comes with a fix that is one, also in a report', () => {
    for (const code of ['conflict', 'EADDRINUSE', 'data_folder_locked', 'EROFS', 'read_only']) {
      const { stdout, exit } = reportError(withCode(code), { ...names, json: true });
      const { findings }: { findings: { fix: string; verify: string }[] } = JSON.parse(stdout);
      assert.ok((findings[0]?.fix.length ?? 0) > 5);
      assert.notEqual(findings[0]?.fix, exitCodes[exit].meaning);
      assert.equal(findings[0]?.verify, './stanchion x');
    }
  });
});

function verbs(): string[] {
  const leaves = (command: ReturnType<typeof createProgram>): string[] =>
    command.commands.length === 0 ? [nameOf(command)] : command.commands.flatMap(leaves);
  return leaves(createProgram(async () => {}));
}
