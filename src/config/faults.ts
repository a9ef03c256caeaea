/** One thing that is wrong with the configuration: who said it, what is wrong and how to mend it. Never a secret's text. */
export interface ConfigFault {
  readonly variable: string;
  readonly problem: string;
  /** `process environment`, `.env.production:12`, `JWT_SECRET_FILE=/run/secrets/jwt`, `default`, `not set`. */
  readonly origin: string;
  readonly fix: string;
}

/** Every fault that a start would run into, at once. `code` is stable; the process ends with exit code 78. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'config_invalid';
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[], warnings: readonly string[] = []) {
    super([renderFaults(faults), ...warnings.map((warning) => `warning: ${warning}`)].join('\n'));
    this.faults = faults;
  }
}

/** The faults as an operator reads them: a line of what, a line of where, a line of how to mend it. */
export function renderFaults(faults: readonly ConfigFault[]): string {
  const title = `The configuration has ${faults.length === 1 ? '1 fault' : `${faults.length} faults`}:`;
  const width = Math.max(...faults.map((fault) => fault.variable.length));
  const blocks = faults.map((fault) => {
    const indent = ' '.repeat(width + 4);
    const lines = [`  ${fault.variable.padEnd(width)}  ${fault.problem}`];
    return [...lines, `${indent}from: ${fault.origin}`, `${indent}fix:  ${fault.fix}`].join('\n');
  });
  return [title, ...blocks].join('\n');
}
