import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MigrationError, type MigrationErrorCode, targetErrorTable } from '@stanchion/migrate';
import { explainTargets } from '../../src/cli/migrate-targets.ts';
import { CliError } from '../../src/cli/verb.ts';
import { runCli } from './support.ts';

describe('the verbs of the migrations', () => {
  test('end with 2 for every target that names no revision', async () => {
    for (const code of Object.keys(targetErrorTable)) {
      const verb = explainTargets(() => {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a key of that table
        throw new MigrationError({ code: code as MigrationErrorCode, message: 'no' });
      });
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- this verb reads neither
      const run = verb({} as never, {} as never);
      await assert.rejects(
        async () => run,
        (error) => error instanceof CliError && error.exit === 'usage',
        code,
      );
    }
  });

  test('refuse a step too far before they connect', async () => {
    const { code, stderr } = await runCli(['migrate', 'upgrade', 'head+1'], {
      DATABASE_URL: 'postgresql://u@127.0.0.1:1/d',
    });
    assert.equal(code, 2, stderr);
    assert.match(stderr, /goes beyond the end/);
  });
});
