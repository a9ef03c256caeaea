import { existsSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, matchesGlob } from 'node:path';
import { packageName, scanSource } from '../source-scan.ts';
import type { Finding } from './finding.ts';
import { manifestPath, type SkillsManifest } from './manifest.ts';
import { sourceFile } from './tree.ts';

const runtimeKinds = ['dependencies', 'optionalDependencies', 'peerDependencies'];
const runtimeCode = /^(src|packages\/[^/]+\/src)\//;

/** Every package that a package.json brings is allowed by some skill, and every allowed package is brought by one. */
export function checkPackages(rootDir: string, manifest: SkillsManifest, files: readonly string[]): Finding[] {
  const allowed = [...manifest.skills.values()].flatMap(({ owns }) => owns.flatMap((row) => row.packages));
  const described = files
    .filter((file) => /^(packages\/[^/]+\/)?package\.json$/.test(file))
    .map((file) => ({ file, json: readPackage(rootDir, file) }));
  const declared = described.flatMap(({ json }) => [
    ...dependenciesOf(json, [...runtimeKinds, 'devDependencies']),
    ...nameOf(json),
  ]);
  const beyond = described.flatMap(({ file, json }) => [
    ...unownedPackages(file, json, allowed),
    ...forbiddenPackages(file, json, manifest),
    ...deadScripts(rootDir, file, json),
  ]);
  const idle = [...new Set(allowed)]
    .filter((glob) => !declared.some((name) => matchesGlob(name, glob)))
    .map(
      (glob): Finding => ({
        file: manifestPath,
        rule: 'idle-package',
        message: `'${glob}' is allowed, but no package.json brings it`,
        fix: 'remove it from the manifest',
      }),
    );
  return [...beyond, ...idle, ...undeclaredImports(rootDir, files, described)];
}

function unownedPackages(file: string, json: Record<string, unknown>, allowed: readonly string[]): Finding[] {
  return dependenciesOf(json, runtimeKinds)
    .filter((name) => !allowed.some((glob) => matchesGlob(name, glob)))
    .map(
      (name): Finding => ({
        file,
        rule: 'unowned-dependency',
        message: `no skill allows the dependency '${name}'`,
        fix: `remove it, or give it to the skill that needs it in ${manifestPath}`,
      }),
    );
}

/** Under its own name, as an alias (`npm:name@1`) or as the types of it. */
function forbiddenPackages(file: string, json: Record<string, unknown>, manifest: SkillsManifest): Finding[] {
  const kinds = [...runtimeKinds, 'devDependencies'];
  const entries = kinds.flatMap((kind) => Object.entries(json[kind] ?? {}));
  return entries
    .filter(([name, version]) => {
      const alias = /^npm:(@?[^@]+)/.exec(String(version))?.[1];
      return [name, name.replace(/^@types\//, ''), alias ?? name].some((one) =>
        manifest.forbidden.some((glob) => matchesGlob(one, glob)),
      );
    })
    .map(
      ([name]): Finding => ({
        file,
        rule: 'forbidden-package',
        message: `the dependency '${name}' is forbidden`,
        fix: 'remove it',
      }),
    );
}

/** A script that starts a file that is gone. */
function deadScripts(rootDir: string, file: string, json: Record<string, unknown>): Finding[] {
  return Object.entries(json['scripts'] ?? {}).flatMap(([name, command]) =>
    String(command)
      .split(/\s+/)
      .filter((word) => /^[\w./-]+\.[cm]?[jt]s$/.test(word) && !existsSync(join(rootDir, dirname(file), word)))
      .map(
        (word): Finding => ({
          file,
          rule: 'dead-command',
          message: `the script '${name}' starts '${word}', which does not exist`,
          fix: 'correct or remove the script',
        }),
      ),
  );
}

/** Code imports only what its own package.json brings, and at run time only what production installs. */
function undeclaredImports(rootDir: string, files: readonly string[], described: readonly Described[]): Finding[] {
  return files
    .filter((file) => sourceFile.test(file) && /^(src|tests|scripts|bench|packages)\//.test(file))
    .flatMap((file) => {
      const { always, typesOnly } = packagesFor(file, described);
      return scanSource(readFileSync(join(rootDir, file), 'utf8')).imports.flatMap(({ specifier, typeOnly, line }) => {
        if (specifier === null || !/^[a-z@]/.test(specifier) || /^[a-z]+:/.test(specifier) || isBuiltin(specifier))
          return [];
        const name = packageName(specifier);
        if (always.includes(name) || (typeOnly && [name, `@types/${name}`].some((types) => typesOnly.includes(types))))
          return [];
        const message = typesOnly.includes(name)
          ? `'${name}' is a development dependency`
          : `'${name}' is in no package.json that covers this file`;
        return [
          {
            file,
            line,
            rule: 'undeclared-package',
            message,
            fix: 'declare it as a dependency there, or do without it',
          },
        ];
      });
    });
}

interface Described {
  file: string;
  json: Record<string, unknown>;
}

/** A package's sources stand alone; everything else lives on the root's packages. */
function packagesFor(file: string, described: readonly Described[]): { always: string[]; typesOnly: string[] } {
  const of = (path: string, kinds: readonly string[]): string[] =>
    described
      .filter((item) => item.file === path)
      .flatMap(({ json }) => [...dependenciesOf(json, kinds), ...nameOf(json)]);
  const own = /^packages\/[^/]+\//.exec(file)?.[0];
  const development = of('package.json', ['devDependencies']);
  if (own && runtimeCode.test(file)) return { always: of(`${own}package.json`, runtimeKinds), typesOnly: development };
  const root = of('package.json', runtimeKinds);
  if (runtimeCode.test(file)) return { always: root, typesOnly: development };
  return { always: [...root, ...development, ...(own ? of(`${own}package.json`, runtimeKinds) : [])], typesOnly: [] };
}

function readPackage(rootDir: string, file: string): Record<string, unknown> {
  const value: unknown = JSON.parse(readFileSync(join(rootDir, file), 'utf8'));
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function dependenciesOf(json: Record<string, unknown>, kinds: readonly string[]): string[] {
  return kinds.flatMap((kind) => Object.keys(json[kind] ?? {}));
}

function nameOf(json: Record<string, unknown>): string[] {
  return typeof json['name'] === 'string' ? [json['name']] : [];
}
