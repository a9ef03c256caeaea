import assert from 'node:assert/strict';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inflateRawSync } from 'node:zlib';
import { listSkillFolders, packSkills, skillArchives } from '../scripts/skills/archives.ts';
import { checkSkills, inspectSkills } from '../scripts/skills/check.ts';
import { formatFinding, skillRules } from '../scripts/skills/finding.ts';
import { plantSkillsTree } from './support/skills-tree.ts';
import { planted } from './support/skills-violations.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));
const users = 'src/api/users.ts';
const apiSkill = '.claude/skills/api/SKILL.md';

describe('skills check', () => {
  test('finds nothing in a tree that keeps the rules', (t) => {
    const tree = plantSkillsTree(t);

    assert.deepEqual(checkSkills(tree.root).map(formatFinding), []);
  });

  for (const { rule, says, file, plant } of planted) {
    test(`finds a tree that ${says}: ${rule}`, (t) => {
      const tree = plantSkillsTree(t);

      plant(tree);

      const findings = checkSkills(tree.root);
      assert.ok(
        findings.some((finding) => finding.rule === rule && finding.file === file),
        `found only: ${findings.map(formatFinding).join('\n')}`,
      );
    });
  }

  test('has a planted violation for every rule', () => {
    const missing = skillRules.filter((rule) => !planted.some((item) => item.rule === rule));

    assert.deepEqual(missing, []);
  });

  test('names file, line, rule and fix', (t) => {
    const tree = plantSkillsTree(t);
    tree.write(users, '\n\nconsole.log(1);\n');

    const [finding] = checkSkills(tree.root);

    assert.equal(finding && formatFinding(finding).startsWith(`${users}:3  [effect]  `), true);
    assert.match(finding ? formatFinding(finding) : '', /Fix: .+\.$/);
  });
});

describe('this repository', () => {
  test('keeps the rules of its skills', () => {
    assert.deepEqual(checkSkills(repository).map(formatFinding), []);
  });

  test('has an owner for every file that needs one', () => {
    const { files, owned } = inspectSkills(repository);

    assert.equal(owned, files);
    assert.ok(files > 100, `only ${files} files were read`);
  });

  test('has the eleven skills', () => {
    assert.deepEqual(listSkillFolders(repository), [
      'api-compatibility',
      'auth-jwt',
      'backend-security',
      'database-migrations',
      'env-config',
      'error-handling',
      'logging',
      'neon-postgres',
      'service-architecture',
      'testing',
      'troubleshooting',
    ]);
  });
});

describe('packSkills', () => {
  test('writes the same bytes whatever the files are dated', (t) => {
    const tree = plantSkillsTree(t);
    const before = skillArchives(tree.root);

    utimesSync(join(tree.root, apiSkill), new Date(0), new Date(0));

    assert.deepEqual(skillArchives(tree.root), before);
  });

  test('writes nothing when nothing changed', (t) => {
    const tree = plantSkillsTree(t);

    assert.deepEqual(packSkills(tree.root), []);
  });

  test('mends a changed and a stray archive', (t) => {
    const tree = plantSkillsTree(t);
    writeFileSync(join(tree.root, '.claude/skills/api.skill'), 'changed');
    writeFileSync(join(tree.root, '.claude/skills/old.skill'), 'stray');

    packSkills(tree.root);

    assert.deepEqual(checkSkills(tree.root), []);
  });

  test('packs every file of the folder under its name, in order', (t) => {
    const tree = plantSkillsTree(t);
    tree.write('.claude/skills/api/references/b.md', 'b');
    tree.write('.claude/skills/api/references/a.md', 'a');

    const bytes = skillArchives(tree.root).get('.claude/skills/api.skill') ?? Buffer.alloc(0);

    const names = entriesOf(bytes).map(({ name }) => name);
    assert.deepEqual(names, ['api/SKILL.md', 'api/references/a.md', 'api/references/b.md']);
    assert.equal(entriesOf(bytes)[1]?.text, 'a');
  });
});

/** A reader of its own, by the central directory, so that the writer isn't checked by itself. */
function entriesOf(zip: Buffer): { name: string; text: string }[] {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  const entries: { name: string; text: string }[] = [];
  let at = zip.readUInt32LE(end + 16);
  for (let count = zip.readUInt16LE(end + 10); count > 0; count -= 1) {
    const nameLength = zip.readUInt16LE(at + 28);
    const local = zip.readUInt32LE(at + 42);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const body = zip.subarray(start, start + zip.readUInt32LE(at + 20));
    const text = zip.readUInt16LE(at + 10) === 8 ? inflateRawSync(body) : body;
    entries.push({ name: zip.toString('utf8', at + 46, at + 46 + nameLength), text: text.toString('utf8') });
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return entries;
}
