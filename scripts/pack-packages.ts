/**
 * `npm run pack [-- --out FOLDER] [NAME…]`: makes what another project installs of @stanchion/migrate and @stanchion/wire: plain
 * JavaScript with declarations, as one .tgz each (default: .data/packages). Names: migrate, wire; without them both.
 * Exits 0 when all are packed, 1 when the compiler or npm refuses, 2 for a name that there is not.
 */
import { join, relative } from 'node:path';
import { readOptions } from './options.ts';
import { isPackageName, packageNames, packPackage } from './pack/pack.ts';

const root = join(import.meta.dirname, '..');

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
  let isLicensed = true;
  for (const name of names) {
    const packed = await packPackage({ root, name, out: values.out });
    console.log(
      `${packed.id}: ${relative(process.cwd(), packed.archive)}, ${packed.files} files, ${packed.kilobytes} kB`,
    );
    isLicensed &&= packed.isLicensed;
  }
  if (!isLicensed) {
    console.error(
      'No license is named, by a LICENSE file or in package.json: that is for the owner to decide, and nobody else may use what is published without one.',
    );
  }
  return 0;
}
