import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

export const repository = fileURLToPath(new URL('../../', import.meta.url));

export interface EntityPage {
  readonly newFiles: readonly { readonly path: string; readonly text: string }[];
  /** Hunks without line numbers: what stands there, and what is put between. */
  readonly changes: readonly { readonly path: string; readonly before: string; readonly after: string }[];
  /** Whole lines of its `sh` blocks. */
  readonly commands: readonly string[];
  /** As its last paragraph sums them up. */
  readonly named: readonly string[];
}

/**
 * docs/adding-an-entity.md as data: its blocks, by the files that the text before them names. The entity gets another
 * word, as the page advises: a repository that has notes already can add one more.
 */
export function readEntityPage(word: string): EntityPage {
  const capital = word.slice(0, 1).toUpperCase() + word.slice(1);
  const written = readFileSync(join(repository, 'docs/adding-an-entity.md'), 'utf8');
  const text = written.replaceAll('note', word).replaceAll('Note', capital);
  const newFiles: { path: string; text: string }[] = [];
  const changes: { path: string; before: string; after: string }[] = [];
  const commands: string[] = [];
  let [heading, changed] = ['', ''];
  for (const [, title, file, language, block = ''] of text.matchAll(
    /^## .*: `(.+)`$|^In `(.+)`:$|^```(ts|diff|sh)\n([\s\S]*?)^```$/gm,
  )) {
    if (title !== undefined) heading = title;
    if (file !== undefined) changed = file;
    if (language === 'ts') newFiles.push({ path: heading, text: block });
    if (language === 'sh') commands.push(...block.trimEnd().split('\n'));
    if (language === 'diff') changes.push({ path: changed, ...readHunk(block) });
  }
  return { newFiles, changes, commands, named: readNamed(text) };
}

function readHunk(block: string): { before: string; after: string } {
  const lines = block.trimEnd().split('\n');
  const textOf = (kept: readonly string[]) => `\n${kept.map((line) => line.slice(1)).join('\n')}\n`;
  return { before: textOf(lines.filter((line) => line.startsWith(' '))), after: textOf(lines) };
}

function readNamed(text: string): string[] {
  const summary = text.slice(text.indexOf('That is all:'));
  const inBackticks = [...summary.matchAll(/`([^`]+)`/g)].map(([, word]) => word ?? '');
  const folders = inBackticks.filter((word) => !/\.\w+$/.test(word));
  const entity = inBackticks.find((word) => /^\w+\.ts$/.test(word)) ?? '';
  const files = inBackticks.filter((word) => word.includes('/') && /\.\w+$/.test(word));
  const test = `tests/routers/${entity.replace('.ts', '.test.ts')}`;
  const layers = folders.filter((folder) => folder.startsWith('src/')).map((folder) => `${folder}/${entity}`);
  return [...files, ...layers, test].toSorted();
}

const notTracked = /^(?:\.git|\.data|\.env(?!\.example)|node_modules)(?:[/.]|$)/;

/** This repository without what is not tracked, with the same packages; gone after the test. */
export function copyRepository(t: TestContext): string {
  const copy = mkdtempSync(join(tmpdir(), 'stanchion-entity-'));
  t.after(() => rmSync(copy, { recursive: true, force: true }));
  for (const name of readdirSync(repository)) {
    if (notTracked.test(name)) continue;
    cpSync(join(repository, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(repository, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** Writes the page's files and makes its changes. Throws where a hunk does not fit. */
export function followPage(copy: string, { newFiles, changes }: EntityPage): void {
  for (const { path, text } of newFiles) writeFileSync(join(copy, path), text, { flag: 'wx' });
  for (const { path, before, after } of changes) {
    const text = readFileSync(join(copy, path), 'utf8');
    if (!text.includes(before)) throw new Error(`docs/adding-an-entity.md: ${path} has no\n${before}`);
    writeFileSync(
      join(copy, path),
      text.replace(before, () => after),
    );
  }
}

/** The files of the copy that are new, gone, or not as here. */
export function changedFiles(copy: string): string[] {
  const [here, there] = [listFiles(repository), listFiles(copy)];
  const paths = new Set([...here, ...there]);
  const read = (root: string, path: string) => readFileSync(join(root, path));
  return [...paths]
    .filter((path) => !here.has(path) || !there.has(path) || !read(repository, path).equals(read(copy, path)))
    .toSorted();
}

function listFiles(root: string): Set<string> {
  const found = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length).replace(/^\//, ''));
  return new Set(found.filter((path) => !notTracked.test(path)));
}
