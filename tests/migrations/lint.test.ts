import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type LintReport, lintRevisions, measureRevisions } from '@stanchion/migrate';
import { openDatabase } from './support.ts';

/** A new finding is mended, or accepted on its step with a reason. */
function assertSilent(report: LintReport): void {
  assert.deepEqual(
    report.findings.map(({ file, line, rule, message }) => `${file}:${line} ${rule} ${message}`),
    [],
  );
}

describe('the lint of the revisions', () => {
  test('finds nothing, on the oldest server and on the newest', async (t) => {
    const { graph } = await openDatabase(t);

    assertSilent(await lintRevisions(graph, { serverVersion: 15 }));
    assertSilent(await lintRevisions(graph, { serverVersion: 18 }));
  });

  test('finds nothing where every lock and scan was measured', async (t) => {
    const { graph, connection } = await openDatabase(t);
    const measured = await measureRevisions(graph, { connection });

    assertSilent(await lintRevisions(graph, { measured }));
  });
});
