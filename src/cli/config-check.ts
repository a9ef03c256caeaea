import type { CliFinding } from '@stanchion/migrate/cli';
import type { CliContext, VerbResult } from './verb.ts';

/** Reads and checks the whole configuration. Throws ConfigError with every fault. Writes nothing. */
export function configCheck(_options: object, context: CliContext): VerbResult {
  const { config, files, warnings, origins } = context.loadConfig({ generated: 'discard' });
  const set = Object.values(origins).filter((origin) => !origin.startsWith('default')).length;
  const sources = ['process environment', ...files].join(', ');
  return {
    data: { environment: config.environment, files, set },
    text: `The configuration for ${config.environment} is valid (${set} of ${Object.keys(origins).length} variables set; read: ${sources}).`,
    findings: warnings.map(toFinding),
  };
}

function toFinding(warning: string): CliFinding {
  return {
    id: 'ST-CONFIG-WARNING',
    severity: 'warning',
    evidence: warning,
    cause: 'the configuration is valid, but this may not be what was meant',
    fix: 'see docs/config.md',
    verify: './stanchion config check',
  };
}
