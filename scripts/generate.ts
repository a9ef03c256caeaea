import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { renderCliDocs } from '../src/cli/render-docs.ts';
import { renderConfigDocs, renderEnvExample } from '../src/config/render.ts';

/** Every file that is generated, by its path from the root. A test compares each with a fresh rendering. */
export const generatedFiles: readonly { readonly path: string; readonly render: () => string }[] = [
  { path: '.env.example', render: renderEnvExample },
  { path: 'docs/cli.md', render: renderCliDocs },
  { path: 'docs/config.md', render: renderConfigDocs },
];

if (import.meta.main) {
  const rootDir = dirname(import.meta.dirname);
  for (const { path, render } of generatedFiles) {
    writeFileSync(join(rootDir, path), render());
    console.log(path);
  }
}
