import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { buildGraph, openShadow, parseRevision, type Shadow } from '../src/index.ts';
import { lintRevisions } from '../src/lint/lint.ts';
import { roundTrip } from './autogenerate/run-case.ts';
import { baseline, graphBefore, type PageRecipe, parsePage, renderPage } from './cookbook/page.ts';
import { recipes } from './cookbook/recipes.ts';
import { preparePostgres } from './postgres/environment.ts';

describe('the cookbook', () => {
  let shadow: Shadow;
  let page: string;
  before(async () => {
    page = await readFile(new URL('../COOKBOOK.md', import.meta.url), 'utf8');
    shadow = await openShadow({ majorVersion: 18, binaryFolders: [await preparePostgres(18)] });
  });
  after(async () => shadow.close());

  test('is what autogenerate writes: node packages/migrate/tests/cookbook/write.ts', async () => {
    assert.equal(page, await renderPage(shadow));
  });

  test('has the ten most common changes at least', () => {
    assert.ok(recipes.length >= 10);
    assert.deepEqual(
      parsePage(page).map(({ title }) => title),
      recipes.map(({ name }) => name),
    );
  });

  for (const [index, recipe] of recipes.entries()) {
    test(`leads there and back, beside rows: ${recipe.name}`, async () => {
      const shown = parsePage(page)[index];
      assert.ok(shown && shown.revisions.length > 0);
      const lint = await lintRevisions(graphOf(shown));
      const errors = lint.findings.filter((one) => one.severity === 'error' && !one.file.startsWith(baseline));
      assert.deepEqual(
        errors.map(({ rule, step, message }) => `${rule} ${step}: ${message}`),
        [],
      );
      await roundTrip(shadow, graphOf(shown), { ...recipe, before: shown.before, after: shown.models });
    });
  }
});

function graphOf({ before, revisions }: PageRecipe) {
  const parsed = revisions.map((text) => {
    const id = /stanchion:revision (\w+)/.exec(text)?.[1] ?? '';
    return parseRevision({ file: `${id}_recipe.sql`, text });
  });
  return buildGraph([...graphBefore(before).byId.values(), ...parsed]);
}
