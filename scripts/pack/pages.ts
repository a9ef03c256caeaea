import { cpSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A package's own pages. What they link to elsewhere in the repository comes along, at the same path below the package. */
export function copyPages(root: string, source: string, target: string): void {
  for (const page of globSync('*.md', { cwd: source })) {
    const text = readFileSync(join(source, page), 'utf8');
    const outside = /(?<=\]\()\.\.\/\.\.\/([^)#\s]+)/g;
    for (const [, path = ''] of text.matchAll(outside)) {
      mkdirSync(dirname(join(target, path)), { recursive: true });
      cpSync(join(root, path), join(target, path));
    }
    writeFileSync(join(target, page), text.replaceAll(outside, '$1'));
  }
}
