import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/asvs.md', root), 'utf8');
const rows = page.split('\n').flatMap((line) => {
  const [, id, level, how, heldBy] = /^\| (\d+\.\d+\.\d+) \| (\d) \| (.+) \| (.+) \|$/.exec(line) ?? [];
  return id === undefined ? [] : [{ id, level: Number(level), how: how ?? '', heldBy: heldBy ?? '' }];
});

/** How many requirements of levels 1 and 2 each section has that is about anything here. */
const sections: Readonly<Record<string, number>> = {
  ...{ '6.1': 3, '6.2': 11, '6.3': 4, '6.4': 4, '6.5': 5, '6.6': 3, '6.8': 2 },
  ...{ '7.1': 3, '7.2': 4, '7.3': 2, '7.4': 5, '7.5': 2, '7.6': 2 },
  ...{ '8.1': 2, '8.2': 3, '8.3': 1, '8.4': 1, '9.1': 3, '9.2': 4 },
  ...{ '10.1': 2, '10.2': 2, '10.3': 4, '10.4': 11, '10.5': 1 },
  ...{ '11.1': 2, '11.2': 3, '11.3': 3, '11.4': 3, '11.5': 1, '11.6': 1 },
};

test('the ASVS table has every requirement of levels 1 and 2, once', () => {
  const counted: Record<string, number> = {};
  for (const { id } of rows.filter(({ level }) => level <= 2)) {
    const section = id.split('.').slice(0, 2).join('.');
    counted[section] = (counted[section] ?? 0) + 1;
  }
  assert.deepEqual(counted, sections);
  assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length);
});

test('the ASVS table names a test that exists, or gives its reason', () => {
  for (const { id, how, heldBy } of rows) {
    const file = /^`(.+)`$/.exec(heldBy)?.[1];
    if (file === undefined) assert.ok(heldBy === 'the reason' && how.length > 5, id);
    else assert.ok(existsSync(new URL(file, root)), `${id}: ${file}`);
  }
});

test('the pages about security name only files that exist', () => {
  for (const name of ['SECURITY.md', 'docs/threat-model.md', 'docs/asvs.md']) {
    const text = readFileSync(new URL(name, root), 'utf8');
    const files = [...text.matchAll(/`((?:src|tests|scripts|docs)\/[^`*]+)`/g)].map(([, file]) => file ?? '');
    for (const file of files) assert.ok(existsSync(new URL(file, root)), `${name}: ${file}`);
  }
});
