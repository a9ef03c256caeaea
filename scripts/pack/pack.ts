import { execFile } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { packedManifest, type SourceManifest } from './manifest.ts';
import { copyPages } from './pages.ts';

export const packageNames = ['migrate', 'wire'] as const;
export type PackageName = (typeof packageNames)[number];

export function isPackageName(text: string): text is PackageName {
  return packageNames.some((name) => name === text);
}

export interface Packed {
  /** Name and version. */
  readonly id: string;
  /** The .tgz. */
  readonly archive: string;
  readonly files: number;
  readonly kilobytes: number;
  readonly isLicensed: boolean;
}

export interface PackRequest {
  /** Of the repository. */
  readonly root: string;
  readonly name: PackageName;
  /** Gets the archive, and beside it a folder with its content. */
  readonly out: string;
}

/** What the compiler or npm printed. */
export class PackError extends Error {
  override readonly name = 'PackError';
}

/** Compiles one package and packs it. Rejects with PackError. */
export async function packPackage({ root, name, out }: PackRequest): Promise<Packed> {
  const source = join(root, 'packages', name);
  const target = join(out, name);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own file, and the type check of its users needs no more of it
  const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as SourceManifest;
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(packedManifest(manifest), undefined, 2)}\n`);
  await compile({ root, source, target });
  copyOtherFiles(source, target);
  copyPages(root, source, target);
  const license = join(root, 'LICENSE');
  if (existsSync(license)) cpSync(license, join(target, 'LICENSE'));
  const isLicensed = existsSync(license) || manifest.license !== undefined;
  return { id: `${manifest.name}@${manifest.version}`, ...(await makeArchive(target, out)), isLicensed };
}

/**
 * Without source maps: what is compiled differs from its source by types and blank lines alone, comments included, so that a stack
 * trace leads to code that can be read.
 */
async function compile({ root, source, target }: { root: string; source: string; target: string }): Promise<void> {
  const config = join(target, 'tsconfig.json');
  const compilerOptions = {
    ...{ noEmit: false, declaration: true, rewriteRelativeImportExtensions: true },
    ...{ rootDir: join(source, 'src'), outDir: join(target, 'dist'), typeRoots: [join(root, 'node_modules/@types')] },
  };
  const content = { extends: join(root, 'tsconfig.json'), compilerOptions, include: [join(source, 'src')] };
  writeFileSync(config, JSON.stringify(content));
  await run(join(root, 'node_modules/.bin/tsc'), ['-p', config], target);
  rmSync(config);
}

/** What the code reads or runs beside itself: the bin, which finds the code by the package's name, and what is not TypeScript. */
function copyOtherFiles(source: string, target: string): void {
  for (const file of globSync('bin/**/*', { cwd: source })) copy(join(source, file), join(target, file));
  const isCode = (path: string): boolean => path.endsWith('.ts');
  for (const entry of globSync('**/*', { cwd: join(source, 'src'), withFileTypes: true })) {
    if (!entry.isFile() || isCode(entry.name)) continue;
    const file = join(entry.parentPath, entry.name);
    copy(file, file.replace(join(source, 'src'), join(target, 'dist')));
  }
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to);
}

async function makeArchive(folder: string, out: string): Promise<Pick<Packed, 'archive' | 'files' | 'kilobytes'>> {
  const npm = process.env['npm_execpath'];
  const [file, first] = npm?.endsWith('.js') === true ? [process.execPath, [npm]] : ['npm', []];
  const printed = await run(
    file,
    [...first, 'pack', '--json', '--ignore-scripts', '--no-update-notifier', '--pack-destination', out],
    folder,
  );
  const [report]: { filename: string; size: number; files: unknown[] }[] = JSON.parse(printed);
  if (report === undefined) throw new PackError(`npm pack made nothing of ${folder}`);
  return {
    archive: join(out, report.filename),
    files: report.files.length,
    kilobytes: Math.round(report.size / 1000),
  };
}

async function run(file: string, args: readonly string[], cwd: string): Promise<string> {
  try {
    return (await promisify(execFile)(file, args, { cwd, timeout: 120_000, maxBuffer: 2 ** 26 })).stdout;
  } catch (error) {
    const { stdout = '', stderr = '' }: { stdout?: unknown; stderr?: unknown } = Object(error);
    throw new PackError(`${file} ${args.join(' ')} failed:\n${String(stdout)}${String(stderr)}`, { cause: error });
  }
}
