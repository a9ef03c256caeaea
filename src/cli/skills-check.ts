import type { CliFinding } from '@stanchion/migrate/cli';
import { inspectSkills } from '../../scripts/skills/check.ts';
import type { CliContext, VerbResult } from './verb.ts';

/** Checks that every file follows the skill that owns it. */
export function skillsCheck(_options: object, context: CliContext): VerbResult {
  const { files, owned, skills, findings } = inspectSkills(context.rootDir);
  const coverage = `${owned} of ${files} files owned by one of ${skills} skills`;
  return {
    data: { files, owned, skills },
    text: findings.length === 0 ? `${coverage}, no findings.` : `${coverage}, ${findings.length} findings.`,
    findings: findings.map(
      (finding): CliFinding => ({
        id: `ST-SKILLS-${finding.rule.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '-')}`,
        severity: 'error',
        evidence: finding.line === undefined ? finding.file : `${finding.file}:${finding.line}`,
        cause: finding.message,
        fix: finding.fix,
        verify: './stanchion skills check',
      }),
    ),
  };
}
