import type { RevisionGraph } from './graph.ts';
import type { LintOptions, LintReport } from './lint/report.ts';

/**
 * What in the revisions, up and down, would make others wait, break code that still runs, lose rows or fail. Needs no database.
 * The parser is loaded here and not with the package: nothing else needs it.
 */
export async function lintRevisions(graph: RevisionGraph, options: LintOptions = {}): Promise<LintReport> {
  const { lintRevisions: lint } = await import('./lint/lint.ts');
  return lint(graph, options);
}

/** The rules as a page of Markdown. */
export async function renderLintRules(): Promise<string> {
  const { renderRules } = await import('./lint/render-rules.ts');
  return renderRules();
}
