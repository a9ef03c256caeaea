/** Every rule that the check knows; each has a planted violation in tests/skills.test.ts. */
export const skillRules = [
  'manifest',
  'skill-graph',
  'skill-folder',
  'frontmatter',
  'sections',
  'length',
  'dead-path',
  'dead-command',
  'orphan',
  'double-owner',
  'idle-glob',
  'effect',
  'package',
  'forbidden-package',
  'computed-import',
  'import-form',
  'import-target',
  'skill-use',
  'unowned-dependency',
  'undeclared-package',
  'idle-package',
  'archive',
] as const;
export type SkillRule = (typeof skillRules)[number];

/** One broken rule: where, which, what, and how to mend it. */
export interface Finding {
  /** Relative to the root, with `/`. */
  file: string;
  line?: number;
  rule: SkillRule;
  message: string;
  fix: string;
}

/** `file:line  rule  message; fix`, one line. */
export function formatFinding(finding: Finding): string {
  const place = finding.line === undefined ? finding.file : `${finding.file}:${finding.line}`;
  return `${place}  [${finding.rule}]  ${finding.message}. Fix: ${finding.fix}.`;
}
