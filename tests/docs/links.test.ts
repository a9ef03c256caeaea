import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const skipped = /(?:^|\/)(?:node_modules|\.git|\.data)(?:\/|$)/;
const pages = readdirSync(root, { recursive: true, withFileTypes: true })
  .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  .filter((path) => path.endsWith('.md') && !skipped.test(path));

test('every link between pages leads to a file, and to a heading of it', () => {
  assert.ok(pages.length > 30);
  assert.deepEqual(
    pages.flatMap((page) => findDeadLinks(page, readFileSync(join(root, page), 'utf8'))),
    [],
  );
});

test('a link to a file or a heading that is not there would be found', () => {
  const text = '[a](no-such.md) [b](README.md#no-such) [c](README.md#start) [d](#here)\n## Here';
  assert.deepEqual(findDeadLinks('PAGE.md', text), ['PAGE.md: no-such.md', 'PAGE.md: README.md#no-such']);
});

test('decisions are numbered from 1, each number once, as their headings say', () => {
  const found = readdirSync(join(root, 'docs/adr')).toSorted();
  const numbers = found.map((name) => Number(name.slice(0, 4)));
  assert.deepEqual(
    numbers,
    found.map((_, index) => index + 1),
  );
  for (const [index, name] of found.entries()) {
    assert.match(readFileSync(join(root, 'docs/adr', name), 'utf8'), new RegExp(`^# ${index + 1}\\. `));
  }
});

function findDeadLinks(page: string, text: string): string[] {
  const links = [...text.matchAll(/\]\(([^()\s]+)\)/g)].map(([, link]) => link ?? '');
  return links
    .filter((link) => !/^[a-z]+:/.test(link) && !leadsSomewhere(page, text, link))
    .map((link) => `${page}: ${link}`);
}

function leadsSomewhere(page: string, text: string, link: string): boolean {
  const [path = '', heading] = link.split('#');
  const target = join(root, dirname(page), path);
  if (path !== '' && !existsSync(target)) return false;
  if (heading === undefined || (path !== '' && !path.endsWith('.md'))) return true;
  return anchorsOf(path === '' ? text : readFileSync(target, 'utf8')).includes(heading);
}

/** As the hosts of repositories make them: lower case, no punctuation, hyphens for blanks. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  );
}
