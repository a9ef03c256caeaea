import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { getTableConfig } from 'drizzle-orm/pg-core';
import { models } from '../../src/models/schema.ts';

const root = new URL('../../', import.meta.url);
const summary = readFileSync(new URL('docs/upgrade-summary.md', root), 'utf8');
const revisions = readdirSync(new URL('migrations/', root)).filter((name) => name.endsWith('.sql'));
const baseline = readFileSync(new URL('migrations/23d54ac3b8d7_incumbent_baseline.sql', root), 'utf8');

/**
 * What the revisions add to the old backend's database, as the summary writes it. An entity of one's own, whose word is
 * also a router, is no part of the takeover.
 */
const added = models.tables.flatMap((table) => {
  const { name, columns } = getTableConfig(table);
  if (existsSync(new URL(`src/routers/${name.replaceAll('_', '-')}.ts`, root))) return [];
  const [, old] = new RegExp(`CREATE TABLE "?${name}"? \\(([\\s\\S]*?)\\n\\);`).exec(baseline) ?? [];
  if (old === undefined) return [`\`${name}\``];
  const isNew = (column: string) => !new RegExp(`^\\s+${column} `, 'm').test(old);
  return columns
    .filter((column) => isNew(column.name))
    .map((column) => `\`${name === 'user' ? '"user"' : name}.${column.name}\``);
});

test('the summary for the owner of an old backend names every table and column that is added to it', () => {
  assert.ok(added.includes('`task.owner_id`') && added.includes('`sessions`') && !added.includes('`task`'));
  assert.deepEqual(
    added.filter((name) => !summary.includes(name)),
    [],
  );
});

test('the list of revisions names each one', () => {
  const list = readFileSync(new URL('migrations/README.md', root), 'utf8');
  assert.deepEqual(
    revisions.filter((name) => !list.includes(`| \`${name.slice(0, 12)}\` |`)),
    [],
  );
});
