import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { packSkills } from '../../scripts/skills/archives.ts';
import { manifestPath } from '../../scripts/skills/manifest.ts';

/** A small tree that keeps every rule of the skills, in a folder of its own that goes with the test. */
export interface SkillsTree {
  readonly root: string;
  write(file: string, text: string): void;
  remove(file: string): void;
  /** Replaces a text that must be there. */
  edit(file: string, from: string, to: string): void;
  editManifest(change: (manifest: PlantedManifest) => void): void;
}

export interface PlantedManifest {
  [key: string]: unknown;
  roots: string[];
  forbidden: string[];
  skills: Record<
    string,
    {
      [key: string]: unknown;
      uses: string[];
      owns: { [key: string]: unknown; files: string[]; packages: string[]; effects: string[] }[];
    }
  >;
}

export function plantSkillsTree(t: TestContext): SkillsTree {
  const root = mkdtempSync(join(tmpdir(), 'stanchion-skills-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  const read = (file: string): string => readFileSync(join(root, file), 'utf8');
  for (const [file, text] of Object.entries(sound)) write(file, text);
  write(manifestPath, JSON.stringify(manifest()));
  packSkills(root);
  return {
    root,
    write,
    remove: (file) => rmSync(join(root, file), { recursive: true }),
    edit: (file, from, to) => {
      if (!read(file).includes(from)) throw new TypeError(`${file} has no '${from}'`);
      write(
        file,
        read(file).replace(from, () => to),
      );
    },
    editManifest: (change) => {
      const planted = manifest();
      change(planted);
      write(manifestPath, JSON.stringify(planted));
    },
  };
}

function manifest(): PlantedManifest {
  return {
    roots: ['src', 'tests'],
    forbidden: ['express', '@nestjs/*'],
    skills: {
      storage: { uses: [], owns: [{ files: ['src/storage/**'], packages: ['pg'], effects: ['pool', 'sql'] }] },
      api: {
        uses: ['storage'],
        owns: [
          { files: ['src/api/**'], packages: ['fastify'], effects: [] },
          { files: ['tests/**'], packages: ['fast-check'], effects: ['fs'] },
        ],
      },
    },
  };
}

function skill(name: string, rule: string): string {
  return `---
name: ${name}
description: How ${name} is written. Use when changing it.
---
# ${name}

## When to use
Always.

## Where the code is
${rule}

## Rules
1. Keep them.

## Right and wrong
Do, and don't.

## Check it
\`\`\`sh
npm test -- tests/${name}
./stanchion skills check
\`\`\`
`;
}

const sound: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({
    name: 'planted',
    scripts: { test: 'node --test tests/api.test.ts' },
    dependencies: { pg: '1', fastify: '1' },
    devDependencies: { 'fast-check': '1', typescript: '1' },
  }),
  '.claude/skills/storage/SKILL.md': skill(
    'storage',
    'It is in `src/storage/` and src/storage/*.ts, run by `npm test`.',
  ),
  '.claude/skills/api/SKILL.md': skill(
    'api',
    'It is in `src/api/users.ts`; begin with `./stanchion skills check --json`.',
  ),
  'src/storage/pool.ts':
    "import { Pool } from 'pg';\nexport const text = 'select id from task';\nexport const make = () => new Pool();\n",
  'src/api/users.ts':
    "import type { FastifyInstance } from 'fastify';\nimport { text } from '../storage/pool.ts';\nexport const list = (app: FastifyInstance) => [app, text];\n",
  'docs/cli.md': '| verb | what |\n|---|---|\n| `skills check [path]` | checks |\n| `user create` | creates |\n',
  'tests/api.test.ts':
    "import { readFileSync } from 'node:fs';\nimport fc from 'fast-check';\nexport const used = [readFileSync, fc];\n",
  'tests/storage.test.ts': "import { text } from '../src/storage/pool.ts';\nexport const used = text;\n",
};
