/** What a package's own package.json says, as far as packing reads it; the rest goes along unchanged. */
export interface SourceManifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** The oldest Node that the packages are for: the first whose type stripping, which revisions in TypeScript need, is stable. */
export const oldestNode = '24.12';

/**
 * The package.json of the packed form. Exports lead to JavaScript with its declarations; dependencies are ranges, so that their
 * fixes reach a project without a release of ours, and a project that has them already gets no second copy. The types of what
 * the declarations name come with them: here they are for development, there nothing compiles without.
 */
export function packedManifest(manifest: SourceManifest): Record<string, unknown> {
  const { private: _, devDependencies = {}, dependencies = {}, ...source } = manifest;
  const types = Object.entries(devDependencies).filter(([name]) => name.startsWith('@types/'));
  return {
    ...source,
    engines: { node: `>=${oldestNode}` },
    exports: mapValues(source.exports, compiledTarget),
    files: ['bin', 'dist', 'docs', '*.md', 'LICENSE'],
    dependencies: mapValues({ ...Object.fromEntries(types), ...dependencies }, rangeOf),
  };
}

function compiledTarget(target: string): { types: string; default: string } {
  const [, path] = /^\.\/src\/(.+)\.ts$/.exec(target) ?? [];
  if (path === undefined) throw new Error(`exports: ${target} is no source below ./src`);
  return { types: `./dist/${path}.d.ts`, default: `./dist/${path}.js` };
}

function rangeOf(version: string): string {
  if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Error(`dependencies: ${version} is no exact version`);
  return `^${version}`;
}

function mapValues<Value, Mapped>(
  record: Readonly<Record<string, Value>>,
  map: (value: Value) => Mapped,
): Record<string, Mapped> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
