import { isBuiltin } from 'node:module';
import { matchesGlob, posix } from 'node:path';
import type { SourceImport } from '../../scripts/source-scan/imports.ts';
import { packageName, type SourceScan, scanSource } from '../../scripts/source-scan.ts';

/** One row of the import table. What it doesn't name is denied. */
export interface ImportRow {
  name: string;
  /** Globs of the files that the row is about. A file fits exactly one row. */
  files: readonly string[];
  /** Globs of our own files that they may import; with `type:` in front, for types only. */
  ours: readonly string[];
  /** npm packages, the same way. */
  npm: readonly string[];
}

/** Effects that only some places may have. */
export interface EffectFence {
  effect: string;
  files: readonly string[];
}

export interface ArchitectureRules {
  rows: readonly ImportRow[];
  fences: readonly EffectFence[];
  /** Files that may be called index.ts. */
  indexes: readonly string[];
  /** Index files whose purpose is to re-export: a package's face. */
  faces: readonly string[];
  /** Files that are run and not imported, so that their statements are their purpose. */
  entryPoints: readonly string[];
  /** Files whose purpose is to load what a user names. */
  loaders: readonly string[];
  /** Folders whose files may not import each other in a circle at run time. */
  acyclic: readonly string[];
  maxLines: number;
}

/** Sources by path from the root. */
export type SourceTree = ReadonlyMap<string, string>;

/** Every broken rule as `path:line rule: message`, in order of path. */
export function findViolations(rules: ArchitectureRules, tree: SourceTree): string[] {
  const scans = new Map([...tree].map(([file, text]) => [file, scanSource(text)]));
  const perFile = [...scans].flatMap(([file, scan]) => {
    const text = tree.get(file) ?? '';
    return [
      ...importFaults(rules, tree, file, scan),
      ...formFaults(rules, file, scan, text),
      ...effectFaults(rules, file, scan),
    ];
  });
  return [...perFile, ...circles(rules, scans)].toSorted();
}

function importFaults(rules: ArchitectureRules, tree: SourceTree, file: string, scan: SourceScan): string[] {
  const rows = rules.rows.filter((row) => row.files.some((glob) => matchesGlob(file, glob)));
  const [row] = rows;
  if (!row || rows.length > 1) {
    return [
      `${file}:1 row: fits ${rows.length} rows of the import table; give it exactly one in tests/architecture.test.ts`,
    ];
  }
  return scan.imports.flatMap((item) => {
    const isLoader = item.specifier === null && rules.loaders.includes(file);
    const fault = isLoader ? null : importFault(row, tree, file, item);
    return fault === null ? [] : [`${file}:${item.line} import: ${fault}`];
  });
}

function importFault(row: ImportRow, tree: SourceTree, file: string, item: SourceImport): string | null {
  const { specifier } = item;
  if (specifier === null) return 'the module is computed; name it';
  if (isBuiltin(specifier)) return null;
  if (specifier.startsWith('.')) {
    const target = targetOf(file, specifier);
    if (!tree.has(target) && /^(src|packages)\//.test(target) && !target.endsWith('.json'))
      return `'${specifier}' names no file`;
    return isAllowed(row.ours, target, item.typeOnly)
      ? null
      : `${row.name} may not import ${item.typeOnly ? 'even types of ' : ''}${target}`;
  }
  const name = packageName(specifier);
  return isAllowed(row.npm, name, item.typeOnly) ? null : `${row.name} may not import the package '${name}'`;
}

function isAllowed(globs: readonly string[], name: string, typeOnly: boolean): boolean {
  return globs.some((glob) => {
    const types = glob.startsWith('type:');
    return (!types || typeOnly) && matchesGlob(name, types ? glob.slice('type:'.length) : glob);
  });
}

function formFaults(rules: ArchitectureRules, file: string, scan: SourceScan, text: string): string[] {
  const faults: string[] = [];
  const lines = text.split('\n').length - 1;
  const isPlace = (globs: readonly string[]): boolean => globs.some((glob) => matchesGlob(file, glob));
  if (lines > rules.maxLines) faults.push(`${file}:1 length: ${lines} lines, ${rules.maxLines} are allowed; split it`);
  if (scan.hasDefaultExport) faults.push(`${file}:1 export: use named exports only`);
  if (posix.basename(file).startsWith('index.') && !isPlace(rules.indexes))
    faults.push(`${file}:1 barrel: no index file here; import the file that you mean`);
  if (!isPlace(rules.faces)) faults.push(...barrelFaults(rules, file, scan));
  if (!isPlace(rules.entryPoints)) {
    for (const { line, evidence } of scan.importTimeWork)
      faults.push(`${file}:${line} import-time: ${evidence} runs when the file is imported; put it into a function`);
  }
  return faults;
}

/** A re-export across layers opens a way round the table; a file of nothing but re-exports is a barrel. */
function barrelFaults(rules: ArchitectureRules, file: string, scan: SourceScan): string[] {
  const layerOf = (path: string): string | undefined =>
    rules.rows.find((row) => row.files.some((glob) => matchesGlob(path, glob)))?.name;
  return scan.imports
    .filter(({ kind, specifier }) => kind === 're-export' && specifier?.startsWith('.'))
    .filter(({ specifier }) => scan.exportsOnlyOthers || layerOf(targetOf(file, specifier)) !== layerOf(file))
    .map((item) => `${file}:${item.line} barrel: re-exports ${item.specifier}; let its users import it from there`);
}

function targetOf(file: string, specifier: string | null): string {
  return posix.normalize(posix.join(posix.dirname(file), specifier ?? ''));
}

function effectFaults(rules: ArchitectureRules, file: string, scan: SourceScan): string[] {
  return scan.effects.flatMap(({ effect, evidence, line }) => {
    const fence = rules.fences.find((candidate) => candidate.effect === effect);
    const outside = fence && !fence.files.some((glob) => matchesGlob(file, glob));
    return outside ? [`${file}:${line} effect: ${evidence} belongs in ${fence.files.join(', ')}`] : [];
  });
}

function circles(rules: ArchitectureRules, scans: ReadonlyMap<string, SourceScan>): string[] {
  return rules.acyclic.flatMap((folder) => {
    const files = [...scans.keys()].filter((file) => matchesGlob(file, folder));
    const edges = new Map(
      files.map((file) => [file, runtimeTargets(file, scans.get(file)).filter((target) => files.includes(target))]),
    );
    return files
      .filter((file) => reaches(edges, file, file))
      .map((file) => `${file}:1 circle: it imports itself through other files of ${folder}`);
  });
}

function runtimeTargets(file: string, scan: SourceScan | undefined): string[] {
  return (scan?.imports ?? [])
    .filter((item) => !item.typeOnly && item.specifier?.startsWith('.'))
    .map((item) => targetOf(file, item.specifier));
}

function reaches(edges: ReadonlyMap<string, readonly string[]>, from: string, goal: string): boolean {
  const open = [...(edges.get(from) ?? [])];
  const seen = new Set<string>();
  while (open.length > 0) {
    const next = open.pop() ?? goal;
    if (next === goal) return true;
    if (!seen.has(next)) open.push(...(edges.get(next) ?? []));
    seen.add(next);
  }
  return false;
}
