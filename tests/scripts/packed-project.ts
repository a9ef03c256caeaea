import { execFile, type SpawnOptions, spawn } from 'node:child_process';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type PackageName, packageNames } from '../../scripts/pack/pack.ts';
import { collect, type Outcome } from '../cli/support.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));

export interface PackedProject {
  readonly root: string;
  /** The first block of a README that holds the text. */
  readonly example: (name: PackageName, text: string) => string;
  readonly write: (path: string, text: string) => void;
  readonly start: (file: string, args: readonly string[], env?: Record<string, string>) => ReturnType<typeof spawn>;
  readonly run: (file: string, args: readonly string[], env?: Record<string, string>) => Promise<Outcome>;
  readonly remove: () => void;
}

/**
 * What a new user has: a folder outside of this repository, and both packages in it as npm unpacks them. Tests ask no
 * registry, so that what npm would fetch is linked from here: exactly what the packed package.json and the README's line
 * for npm name. Nothing above the folder holds packages: an import of anything else fails.
 */
export async function createPackedProject(): Promise<PackedProject> {
  const root = mkdtempSync(join(tmpdir(), 'stanchion-packed-'));
  const modules = join(root, 'node_modules');
  mkdirSync(join(modules, '.bin'), { recursive: true });
  writeFileSync(join(root, 'package.json'), '{ "name": "new-user", "private": true, "type": "module" }\n');
  const out = join(root, 'archives');
  await promisify(execFile)(process.execPath, [join(repository, 'scripts/pack-packages.ts'), '--out', out]);
  for (const name of packageNames) await install(name, { root, out });
  link('@types/node', modules);
  const env = { PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`, HOME: root };
  const start = (file: string, args: readonly string[], more: Record<string, string> = {}) => {
    const options: SpawnOptions = { cwd: root, env: { ...env, ...more }, timeout: 120_000 };
    return spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  };
  return {
    root,
    example: (name, text) => findExample(readFileSync(join(packageFolder(modules, name), 'README.md'), 'utf8'), text),
    write: (path, text) => writeFileSync(join(root, path), text),
    start,
    run: (...call) => collect(start(...call)),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

async function install(name: PackageName, { root, out }: { root: string; out: string }): Promise<void> {
  const modules = join(root, 'node_modules');
  const [archive = ''] = globSync(join(out, `stanchion-${name}-*.tgz`));
  const folder = packageFolder(modules, name);
  mkdirSync(folder, { recursive: true });
  await promisify(execFile)('tar', ['-xzf', archive, '-C', folder, '--strip-components=1']);
  const manifest: Record<'bin' | 'dependencies' | 'peerDependencies', Record<string, string> | undefined> = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  );
  for (const [program, path] of Object.entries(manifest.bin ?? {})) {
    symlinkSync(join(folder, path), join(modules, '.bin', program));
  }
  const line = findExample(readFileSync(join(folder, 'README.md'), 'utf8'), 'npm install');
  const installed = line.trim().split(' ').slice(2);
  if (!installed.includes(`@stanchion/${name}`)) throw new Error(`${name}: the README's line for npm is ${line}`);
  const named = { ...manifest.dependencies, ...manifest.peerDependencies };
  for (const dependency of new Set([...Object.keys(named), ...installed])) link(dependency, modules, name);
}

function packageFolder(modules: string, name: PackageName): string {
  return join(modules, '@stanchion', name);
}

/** Where npm has put it: beside the package, when the repository has another version of it too. */
function link(dependency: string, modules: string, name?: PackageName): void {
  const target = join(modules, dependency);
  if (existsSync(target)) return;
  const own = join(repository, 'packages', name ?? '', 'node_modules', dependency);
  mkdirSync(dirname(target), { recursive: true });
  symlinkSync(existsSync(own) ? own : join(repository, 'node_modules', dependency), target);
}

function findExample(page: string, text: string): string {
  const blocks = [...page.matchAll(/^```(?:ts|sh)\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
  const found = blocks.find((block) => block.includes(text));
  if (found === undefined) throw new Error(`no example has ${text}`);
  return found;
}
