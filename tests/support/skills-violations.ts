import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SkillRule } from '../../scripts/skills/finding.ts';
import { manifestPath } from '../../scripts/skills/manifest.ts';
import type { SkillsTree } from './skills-tree.ts';

const users = 'src/api/users.ts';
const apiSkill = '.claude/skills/api/SKILL.md';

/** One way to break a rule of the skills in a sound tree. */
export interface PlantedViolation {
  rule: SkillRule;
  says: string;
  /** Where the finding must point. */
  file: string;
  plant: (tree: SkillsTree) => void;
}

const addTo = (file: string, text: string) => (tree: SkillsTree) =>
  tree.write(file, `${readFileSync(join(tree.root, file), 'utf8')}${text}\n`);
const inUsers = (text: string) => addTo(users, text);
const inSkill = (from: string, to: string) => (tree: SkillsTree) => tree.edit(apiSkill, from, to);

export const planted: readonly PlantedViolation[] = [
  { rule: 'manifest', says: 'is no JSON', file: manifestPath, plant: (tree) => tree.write(manifestPath, '{') },
  {
    rule: 'manifest',
    says: 'has an unknown key',
    file: manifestPath,
    plant: (tree) => tree.editManifest((m) => (m['skils'] = 1)),
  },
  {
    rule: 'manifest',
    says: 'grants an unknown effect',
    file: manifestPath,
    plant: (tree) => tree.editManifest((m) => m.skills['api']?.owns[0]?.effects.push('magic')),
  },
  {
    rule: 'manifest',
    says: 'has a skill that owns nothing',
    file: manifestPath,
    plant: (tree) => tree.editManifest((m) => m.skills['api']?.owns.splice(0)),
  },
  {
    rule: 'skill-graph',
    says: 'has a circle of uses',
    file: manifestPath,
    plant: (tree) => tree.editManifest((m) => m.skills['storage']?.uses.push('api')),
  },
  {
    rule: 'skill-graph',
    says: 'uses an unknown skill',
    file: manifestPath,
    plant: (tree) => tree.editManifest((m) => m.skills['api']?.uses.push('gone')),
  },
  {
    rule: 'skill-folder',
    says: 'is listed without a folder',
    file: manifestPath,
    plant: (tree) => tree.remove('.claude/skills/api'),
  },
  {
    rule: 'skill-folder',
    says: 'has a folder that is not listed',
    file: '.claude/skills/new/SKILL.md',
    plant: (tree) => tree.write('.claude/skills/new/SKILL.md', '---\nname: new\n---\n'),
  },
  {
    rule: 'skill-folder',
    says: 'has a folder without SKILL.md',
    file: apiSkill,
    plant: (tree) => tree.remove(apiSkill),
  },
  { rule: 'frontmatter', says: 'has no frontmatter', file: apiSkill, plant: inSkill('---\nname', 'name') },
  {
    rule: 'frontmatter',
    says: 'has another name than its folder',
    file: apiSkill,
    plant: inSkill('name: api', 'name: apis'),
  },
  {
    rule: 'frontmatter',
    says: 'has no description',
    file: apiSkill,
    plant: inSkill('description: How api is written. Use when changing it.\n', ''),
  },
  {
    rule: 'frontmatter',
    says: "doesn't say when to use it",
    file: apiSkill,
    plant: inSkill(' Use when changing it.', ''),
  },
  {
    rule: 'frontmatter',
    says: 'has a description that is too long',
    file: apiSkill,
    plant: inSkill('How api', `How ${'x'.repeat(1025)}`),
  },
  {
    rule: 'frontmatter',
    says: 'has markup in its description',
    file: apiSkill,
    plant: inSkill('How api', 'How <b>api</b>'),
  },
  {
    rule: 'frontmatter',
    says: 'has a description that is no plain YAML',
    file: apiSkill,
    plant: inSkill('How api is', 'How: api is'),
  },
  {
    rule: 'frontmatter',
    says: 'has an unknown field',
    file: apiSkill,
    plant: inSkill('name: api', 'name: api\nversion: 1'),
  },
  { rule: 'sections', says: 'lacks a section', file: apiSkill, plant: inSkill('## When to use', '## When') },
  { rule: 'sections', says: 'has no rules', file: apiSkill, plant: inSkill('## Rules', '## Ideas') },
  { rule: 'length', says: 'is too long', file: apiSkill, plant: inSkill('Always.', 'Always.\n'.repeat(151)) },
  {
    rule: 'dead-path',
    says: 'names a file that is gone',
    file: apiSkill,
    plant: inSkill('src/api/users.ts', 'src/api/gone.ts'),
  },
  {
    rule: 'dead-path',
    says: 'names a folder that is gone',
    file: apiSkill,
    plant: inSkill('Always.', 'Look in src/gone/.'),
  },
  {
    rule: 'dead-path',
    says: 'names a glob without a match',
    file: apiSkill,
    plant: inSkill('Always.', 'Look in `src/api/*.sql`.'),
  },
  {
    rule: 'dead-path',
    says: 'names a root file that is gone',
    file: apiSkill,
    plant: inSkill('Always.', 'Read GONE.md.'),
  },
  {
    rule: 'dead-command',
    says: 'names a script that is gone',
    file: apiSkill,
    plant: inSkill('Always.', 'Run `npm run gone`.'),
  },
  {
    rule: 'dead-command',
    says: 'names tests that are gone',
    file: apiSkill,
    plant: inSkill('npm test -- tests/api', 'npm test -- tests/gone'),
  },
  {
    rule: 'dead-command',
    says: 'names a verb that is gone',
    file: apiSkill,
    plant: inSkill('./stanchion skills check --json', './stanchion skills gone'),
  },
  {
    rule: 'dead-command',
    says: 'names a verb that is gone among its choices',
    file: apiSkill,
    plant: inSkill('./stanchion skills check --json', './stanchion skills check|gone'),
  },
  {
    rule: 'dead-command',
    says: 'joins two verbs that do not belong together',
    file: apiSkill,
    plant: inSkill('./stanchion skills check --json', './stanchion user check'),
  },
  {
    rule: 'dead-command',
    says: 'has a script that starts a file that is gone',
    file: 'package.json',
    plant: (tree) => tree.edit('package.json', 'tests/api.test.ts', 'tests/gone.ts'),
  },
  {
    rule: 'forbidden-package',
    says: 'depends on a forbidden package by another name',
    file: 'package.json',
    plant: (tree) => tree.edit('package.json', '"typescript":"1"', '"web":"npm:express@5"'),
  },
  {
    rule: 'forbidden-package',
    says: 'depends on the types of a forbidden package',
    file: 'package.json',
    plant: (tree) => tree.edit('package.json', '"typescript":"1"', '"@types/express":"1"'),
  },
  {
    rule: 'dead-command',
    says: 'names an unknown program',
    file: apiSkill,
    plant: inSkill('./stanchion skills check\n```', 'yarn test\n```'),
  },
  {
    rule: 'orphan',
    says: 'has a source file without an owner',
    file: 'src/other.ts',
    plant: (tree) => tree.write('src/other.ts', ''),
  },
  {
    rule: 'orphan',
    says: 'has a source file without an owner outside the roots',
    file: 'tools/other.sh',
    plant: (tree) => tree.write('tools/other.sh', ''),
  },
  {
    rule: 'orphan',
    says: 'has a test without an owner',
    file: 'tests/data.bin',
    plant: (tree) => {
      tree.write('tests/data.bin', '');
      tree.editManifest((m) => m.skills['api']?.owns[1]?.files.push('!**/*.bin'));
    },
  },
  {
    rule: 'double-owner',
    says: 'has a file with two owners',
    file: users,
    plant: (tree) => tree.editManifest((m) => m.skills['storage']?.owns[0]?.files.push('src/*/users.ts')),
  },
  {
    rule: 'idle-glob',
    says: 'has a glob that matches nothing',
    file: manifestPath,
    plant: (tree) => tree.editManifest((m) => m.skills['api']?.owns[0]?.files.push('src/apis/**')),
  },
  {
    rule: 'effect',
    says: 'has an effect out of bounds',
    file: users,
    plant: inUsers('export const port = () => process.env.PORT;'),
  },
  {
    rule: 'effect',
    says: 'has SQL out of bounds',
    file: users,
    plant: inUsers("export const all = 'delete from task';"),
  },
  {
    rule: 'effect',
    says: 'imports an effect out of bounds',
    file: users,
    plant: inUsers("import { spawn } from 'node:child_process';"),
  },
  {
    rule: 'package',
    says: "imports another skill's package",
    file: users,
    plant: inUsers("import { types } from 'pg';"),
  },
  {
    rule: 'package',
    says: "imports another skill's package as a type",
    file: users,
    plant: inUsers("import type { Pool } from 'pg';"),
  },
  {
    rule: 'package',
    says: "re-exports another skill's package",
    file: users,
    plant: inUsers("export { Pool } from 'pg';"),
  },
  {
    rule: 'package',
    says: "loads another skill's package later",
    file: users,
    plant: inUsers("export const later = () => import('pg/lib/client');"),
  },
  {
    rule: 'package',
    says: "requires another skill's package",
    file: users,
    plant: inUsers("export const later = () => require('pg');"),
  },
  {
    rule: 'package',
    says: "names another skill's package in a type",
    file: users,
    plant: inUsers("export type P = import('pg').Pool;"),
  },
  {
    rule: 'forbidden-package',
    says: 'imports a forbidden package',
    file: users,
    plant: inUsers("import express from 'express';"),
  },
  {
    rule: 'forbidden-package',
    says: 'depends on a forbidden package',
    file: 'package.json',
    plant: (tree) => tree.edit('package.json', '"typescript":"1"', '"@nestjs/core":"1"'),
  },
  {
    rule: 'computed-import',
    says: 'imports a computed name',
    file: users,
    plant: inUsers('export const load = (name: string) => import(name);'),
  },
  {
    rule: 'computed-import',
    says: 'imports a sum of names',
    file: users,
    plant: inUsers("export const load = () => import('p' + 'g');"),
  },
  {
    rule: 'import-form',
    says: 'imports by URL',
    file: users,
    plant: inUsers("export const load = () => import('https://example.com/x.js');"),
  },
  {
    rule: 'import-target',
    says: 'imports a file that is gone',
    file: users,
    plant: inUsers("import { gone } from './gone.ts';"),
  },
  {
    rule: 'skill-use',
    says: 'imports a skill that it does not use',
    file: 'src/storage/pool.ts',
    plant: addTo('src/storage/pool.ts', "import { list } from '../api/users.ts';"),
  },
  {
    rule: 'unowned-dependency',
    says: 'depends on a package that nobody allows',
    file: 'package.json',
    plant: (tree) => tree.edit('package.json', '"pg":"1"', '"pg":"1","left-pad":"1"'),
  },
  {
    rule: 'undeclared-package',
    says: 'imports a package that nobody declares',
    file: 'tests/api.test.ts',
    plant: addTo('tests/api.test.ts', "import pad from 'left-pad';"),
  },
  {
    rule: 'undeclared-package',
    says: 'runs a development dependency',
    file: users,
    plant: inUsers("import ts from 'typescript';"),
  },
  {
    rule: 'idle-package',
    says: 'allows a package that nobody brings',
    file: manifestPath,
    plant: (tree) => tree.editManifest((m) => m.skills['api']?.owns[0]?.packages.push('left-pad')),
  },
  {
    rule: 'archive',
    says: 'lacks an archive',
    file: '.claude/skills/api.skill',
    plant: (tree) => tree.remove('.claude/skills/api.skill'),
  },
  {
    rule: 'archive',
    says: 'has an archive of older text',
    file: '.claude/skills/api.skill',
    plant: inSkill('Always.', 'Now and then.'),
  },
  {
    rule: 'archive',
    says: 'has an archive without a folder',
    file: '.claude/skills/old.skill',
    plant: (tree) => tree.write('.claude/skills/old.skill', ''),
  },
];
