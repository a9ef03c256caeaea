// After a change of dependencies: `npm install --package-lock-only`, then this. A registry that lacks a platform's package
// (a mirror may hold only some) makes npm leave it out of the lockfile, and `npm ci` then refuses the whole lockfile.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface LockedPackage {
  version?: string;
  dev?: boolean;
  optionalDependencies?: Record<string, string>;
}

interface Lockfile {
  packages: Record<string, LockedPackage>;
}

const systems = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const processors = ['arm64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x', 'x64'];

/** Platform packages that some package names and the lockfile has no entry for, by the path of their entry. */
export function findMissing({ packages }: Lockfile): [path: string, version: string, parent: LockedPackage][] {
  return Object.entries(packages).flatMap(([parentPath, parent]) =>
    Object.entries(parent.optionalDependencies ?? {})
      .filter(([name]) => !(`node_modules/${name}` in packages) && !(`${parentPath}/node_modules/${name}` in packages))
      .map(([name, version]): [string, string, LockedPackage] => [`node_modules/${name}`, version, parent]),
  );
}

/** The platform that a package is for, read off its name as its authors build it. */
function platformOf(path: string): { os: string[]; cpu: string[]; libc?: string[] } {
  const words = path.split('/').at(-1)?.split('-') ?? [];
  const os = systems.filter((system) => words.includes(system));
  const cpu = processors.filter((processor) => words.includes(processor));
  if (os.length !== 1 || cpu.length !== 1) throw new Error(`${path}: the name does not say for which platform it is`);
  const musl = words.some((word) => word.startsWith('musl')) ? ['musl'] : undefined;
  const libc = musl ?? (words.some((word) => word.startsWith('gnu')) ? ['glibc'] : undefined);
  return { os, cpu, ...(libc ? { libc } : {}) };
}

if (import.meta.main) {
  const file = join(import.meta.dirname, '..', 'package-lock.json');
  const lock: Lockfile = JSON.parse(readFileSync(file, 'utf8'));
  for (const [path, version, parent] of findMissing(lock)) {
    const entry = { version, ...platformOf(path), ...(parent.dev ? { dev: true } : {}), optional: true };
    lock.packages[path] = entry;
    console.log(`${path} ${version}`);
  }
  const sorted = Object.entries(lock.packages).toSorted(([a], [b]) => a.localeCompare(b, 'en'));
  writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
}
