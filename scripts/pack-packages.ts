/**
 * `npm run pack [-- --out FOLDER] [NAME…]`: makes what another project installs of @stanchion/migrate and @stanchion/wire: plain
 * JavaScript with declarations, as one .tgz each (default: .data/packages). Names: migrate, wire; without them both.
 * Exits 0 when all are packed, 1 when the compiler or npm refuses, 2 for a name that there is not.
 */
import { join, relative, resolve } from 'node:path';
import { readOptions } from './options.ts';
import { isPackageName, type PackageName, PackError, packageNames, packPackage } from './pack/pack.ts';

const root = join(import.meta.dirname, '..');

const unlicensed = `No license is named, neither by a LICENSE file nor in package.json. That is for the owner to decide before anything is
published: without one nobody else may use it.`;

process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = readOptions(import.meta.filename, {
    options: { out: { type: 'string', default: join(root, '.data/packages') } },
    allowPositionals: true,
  });
  const unknown = positionals.find((name) => !isPackageName(name));
  if (unknown !== undefined) {
    console.error(`${unknown} is none of ${packageNames.join(', ')}`);
    return 2;
  }
  const names = positionals.length === 0 ? packageNames : positionals.filter(isPackageName);
  try {
    return await packAll(names, resolve(values.out));
  } catch (error) {
    if (!(error instanceof PackError)) throw error;
    console.error(error.message);
    return 1;
  }
}

async function packAll(names: readonly PackageName[], out: string): Promise<number> {
  let isLicensed = true;
  for (const name of names) {
    const packed = await packPackage({ root, name, out });
    const archive = relative(process.cwd(), packed.archive);
    console.log(`${packed.id}: ${archive}, ${packed.files} files, ${packed.kilobytes} kB`);
    isLicensed &&= packed.isLicensed;
  }
  if (!isLicensed) console.error(unlicensed);
  return 0;
}
