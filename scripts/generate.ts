import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { renderCliDocs } from '../src/cli/render-docs.ts';
import { renderConfigDocs, renderEnvExample } from '../src/config/render.ts';
import { renderErrorDocs } from './generators/errors.ts';
import { renderLintRulesDocs } from './generators/lint-rules.ts';
import { renderOpenapi } from './generators/openapi.ts';
import { renderQuirkDocs } from './generators/quirks.ts';
import { packSkills } from './skills/archives.ts';

/** Every text that is generated, by its path from the root. A test compares each with a fresh rendering. */
export const generatedFiles: readonly { readonly path: string; readonly render: () => string | Promise<string> }[] = [
  { path: '.env.example', render: renderEnvExample },
  { path: 'docs/cli.md', render: renderCliDocs },
  { path: 'docs/config.md', render: renderConfigDocs },
  { path: 'docs/errors.md', render: renderErrorDocs },
  { path: 'docs/lint-rules.md', render: renderLintRulesDocs },
  { path: 'docs/openapi.json', render: renderOpenapi },
  { path: 'docs/quirks.md', render: renderQuirkDocs },
];

if (import.meta.main) {
  const rootDir = dirname(import.meta.dirname);
  for (const { path, render } of generatedFiles) {
    writeFileSync(join(rootDir, path), await render());
    console.log(path);
  }
  packSkills(rootDir);
}
