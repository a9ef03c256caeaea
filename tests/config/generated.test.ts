import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { generatedFiles } from '../../scripts/generate.ts';
import { parseDotenv } from '../../src/config/dotenv.ts';
import { renderConfigDocs, renderEnvExample } from '../../src/config/render.ts';
import { variables } from '../../src/config/variables.ts';
import { load } from './support.ts';

const root = dirname(dirname(import.meta.dirname));

describe('generated files', () => {
  for (const { path, render } of generatedFiles) {
    test(`are what \`npm run generate\` writes: ${path}`, async () => {
      assert.equal(readFileSync(join(root, path), 'utf8'), await render());
    });
  }

  test('are at least those of the configuration', () => {
    const paths = generatedFiles.map(({ path }) => path);
    for (const path of ['.env.example', 'docs/config.md', 'docs/cli.md']) assert.ok(paths.includes(path));
  });

  test('name every variable', () => {
    for (const name of Object.keys(variables)) {
      assert.ok(renderConfigDocs().includes(`\`${name}\``), name);
      assert.ok(renderEnvExample().includes(`\n# ${name}=`), name);
    }
  });
});

describe('.env.example', () => {
  test('sets nothing as it is', () => {
    assert.deepEqual(parseDotenv(renderEnvExample()), { entries: [], problems: [] });
  });

  test('is accepted in development with every example uncommented', () => {
    const text = renderEnvExample()
      .replaceAll(/^# (?=[A-Z][A-Z0-9_]*=)/gm, '')
      .replace(/^DATABASE_CA_FILE=.*$/m, '');
    assert.equal(load({ files: { '.env': text } }).config.environment, 'development');
  });
});
