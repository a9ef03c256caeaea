import { existsSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, matchesGlob, posix } from 'node:path';
import type { SourceImport } from '../source-scan/imports.ts';
import { packageName, scanSource } from '../source-scan.ts';
import type { Finding, SkillRule } from './finding.ts';
import { manifestPath, type SkillsManifest } from './manifest.ts';
import { type Ownership, sourceFile } from './tree.ts';

interface OwnedSource {
  rootDir: string;
  manifest: SkillsManifest;
  owners: ReadonlyMap<string, Ownership>;
  file: string;
  owner: Ownership;
}

/** Imports and effects of every owned source file against what its owner allows. */
export function checkSources(
  rootDir: string,
  manifest: SkillsManifest,
  owners: ReadonlyMap<string, Ownership>,
): Finding[] {
  return [...owners]
    .filter(([file]) => sourceFile.test(file))
    .flatMap(([file, owner]) => checkSource({ rootDir, manifest, owners, file, owner }));
}

function checkSource(source: OwnedSource): Finding[] {
  const scan = scanSource(readFileSync(join(source.rootDir, source.file), 'utf8'));
  const granted = source.owner.row.effects;
  const beyond = scan.effects
    .filter(({ effect }) => !granted.includes(effect))
    .map(
      ({ effect, evidence, line }): Finding => ({
        file: source.file,
        line,
        rule: 'effect',
        message: `the effect '${effect}' (${evidence}) is not allowed here by ${source.owner.skill}`,
        fix: `move it to a place whose row in ${manifestPath} has '${effect}'`,
      }),
    );
  return [...beyond, ...scan.imports.flatMap((item) => checkImport(source, item))];
}

function checkImport(source: OwnedSource, item: SourceImport): Finding[] {
  const finding = (rule: SkillRule, message: string, fix: string): Finding[] => [
    { file: source.file, line: item.line, rule, message, fix },
  ];
  const { specifier } = item;
  // Whoever may load modules by other means than an import may also import what a user names.
  const isLoader = item.kind === 'dynamic' && source.owner.row.effects.includes('module');
  if (specifier === null && isLoader) return [];
  if (specifier === null) {
    // What createRequire's resolve looks up is not run, but still not known.
    return finding(
      'computed-import',
      'the imported module is computed',
      'import by a literal name, one for each choice',
    );
  }
  if (/^\.{1,2}\//.test(specifier) || specifier === '.' || specifier === '..')
    return checkRelative(source, item, specifier);
  if (isBuiltin(specifier)) return [];
  if (/^(\/|#|[a-z]+:)/.test(specifier)) {
    return finding(
      'import-form',
      `'${specifier}' is neither a relative path nor a package`,
      'use a relative path with its ending, or a package name',
    );
  }
  return checkPackage(source, item, packageName(specifier));
}

function checkPackage(source: OwnedSource, item: SourceImport, name: string): Finding[] {
  const finding = (rule: SkillRule, message: string, fix: string): Finding[] => [
    { file: source.file, line: item.line, rule, message, fix },
  ];
  if (source.manifest.forbidden.some((glob) => matchesGlob(name, glob))) {
    return finding('forbidden-package', `'${name}' is forbidden`, 'use what the skills name instead');
  }
  if (source.owner.row.packages.some((glob) => matchesGlob(name, glob))) return [];
  return finding(
    'package',
    `'${name}' is not allowed here by ${source.owner.skill}`,
    `move the code, or add the package to its row in ${manifestPath} with a reason in the commit`,
  );
}

/** An import of another skill's code: type-only ones carry no behaviour, and the architecture test judges them. */
function checkRelative(source: OwnedSource, item: SourceImport, specifier: string): Finding[] {
  const target = posix.normalize(posix.join(posix.dirname(source.file), specifier));
  const owner = source.owners.get(target);
  const place = { file: source.file, line: item.line };
  if (!owner) {
    const exists = existsSync(join(source.rootDir, target));
    if (exists && !sourceFile.test(target)) return [];
    const message = exists ? `'${specifier}' has no single owner` : `'${specifier}' names no file`;
    return [
      {
        ...place,
        rule: 'import-target',
        message,
        fix: `import an existing file by its full name, and see that ${manifestPath} gives it one owner`,
      },
    ];
  }
  const { skill } = source.owner;
  if (item.typeOnly || owner.skill === skill || source.manifest.skills.get(skill)?.uses.includes(owner.skill))
    return [];
  const message = `code of ${skill} imports code of ${owner.skill} (${target}), which it doesn't use`;
  return [
    {
      ...place,
      rule: 'skill-use',
      message,
      fix: `go through a skill that ${skill} uses, or add '${owner.skill}' to its uses in ${manifestPath}`,
    },
  ];
}
