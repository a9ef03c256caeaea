import { type SourceEffect, scanEffects } from './source-scan/effects.ts';
import { type ImportTimeWork, scanImportTimeWork } from './source-scan/import-time.ts';
import { type SourceImport, scanImports, withoutImports } from './source-scan/imports.ts';
import { tokenize } from './source-scan/tokens.ts';

export interface SourceScan {
  imports: SourceImport[];
  effects: SourceEffect[];
  importTimeWork: ImportTimeWork[];
  hasDefaultExport: boolean;
  /** It re-exports and declares nothing itself. */
  exportsOnlyOthers: boolean;
}

/** What a TypeScript or JavaScript file imports and does, read from its text. */
export function scanSource(source: string): SourceScan {
  const tokens = tokenize(source);
  const declarations = withoutImports(tokens).filter(
    (token) => token.depth === 0 && /^(const|let|var|function|class|interface|enum)$/.test(token.text),
  );
  const imports = [...scanImports(tokens), ...referencedTypes(source)];
  return {
    imports,
    effects: scanEffects(tokens, imports),
    importTimeWork: scanImportTimeWork(tokens, imports),
    hasDefaultExport: tokens.some(
      (token, at) =>
        token.text === 'default' &&
        ((tokens[at - 1]?.text === 'export' && token.depth === 0) || tokens[at - 1]?.text === 'as'),
    ),
    exportsOnlyOthers: declarations.length === 0 && imports.some(({ kind }) => kind === 're-export'),
  };
}

/** The package of a bare specifier: `@scope/name/deep` → `@scope/name`. */
export function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** `/// <reference types="x" />` imports types from a comment. */
function referencedTypes(source: string): SourceImport[] {
  return [...source.matchAll(/^\/\/\/\s*<reference\s+types\s*=\s*["']([^"']+)["']/gm)].map((match) => ({
    kind: 'static',
    specifier: match[1] ?? null,
    typeOnly: true,
    names: [],
    line: source.slice(0, match.index).split('\n').length,
  }));
}
