import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type LintReport, lintRevisions } from '../../src/index.ts';
import { graphOf, step } from '../support/revisions.ts';
import { dangerous, type LintCase, schema } from './dangerous.ts';
import { safe } from './safe.ts';
import { variants } from './variants.ts';

const base = 'aaaa00000001';
const change = 'aaaa00000002';

async function lint({ steps, server }: Pick<LintCase, 'steps' | 'server'>, direction = 'up'): Promise<LintReport> {
  const text = steps.map(([mode, sql], index) => step(`s${index}`, mode, `${sql};`)).join('\n');
  const harmless = step('one', 'tx', 'SELECT 1;');
  const graph = graphOf(
    { id: base, phase: 'baseline', up: step('schema', 'tx', schema), down: harmless },
    {
      id: change,
      parents: [base],
      up: direction === 'up' ? text : harmless,
      down: direction === 'up' ? harmless : text,
    },
  );
  return lintRevisions(graph, { only: new Set([change]), ...(server === undefined ? {} : { serverVersion: server }) });
}

describe('what is dangerous', () => {
  for (const one of [...dangerous, ...variants]) {
    test(`is reported: ${one.id}`, async () => {
      const { findings } = await lint(one);

      const loud = findings.filter(({ severity }) => severity !== 'notice').map(({ rule }) => rule);
      for (const rule of one.rules)
        assert.ok(loud.includes(rule), `${rule} is not in ${loud.join(', ') || 'the empty report'}`);
    });
  }

  for (const one of [...dangerous, ...variants].filter(({ rules }) => !rules.includes('ST113'))) {
    test(`is reported in a down section too: ${one.id}`, async () => {
      const { findings } = await lint(one, 'down');

      assert.deepEqual(
        one.rules.filter((rule) => !findings.some((finding) => finding.rule === rule && finding.direction === 'down')),
        [],
      );
    });
  }
});

describe('what is safe', () => {
  for (const one of safe) {
    test(`is not reported: ${one.id}`, async () => {
      const { findings } = await lint(one);

      assert.deepEqual(
        findings.map(({ rule, severity, message }) => `${rule} ${severity}: ${message}`),
        [],
      );
    });
  }
});
