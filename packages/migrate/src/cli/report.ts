import { MigrationError, type MigrationFault } from '../errors.ts';
import { exitOfFault, type MigrateExit, migrateExitCodes } from './exit-codes.ts';
import { CliError, type CliFinding, type VerbResult } from './verb.ts';

/** What is printed and how the process ends. */
export interface Report {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: MigrateExit;
}

export interface ReportOptions {
  readonly program: string;
  /** The verb's words. */
  readonly command: string;
  readonly json: boolean;
}

export function reportResult(result: VerbResult, options: ReportOptions): Report {
  const findings = result.findings ?? [];
  const exit = result.exit ?? (findings.some((finding) => finding.severity === 'error') ? 'findings' : 'ok');
  if (options.json) return { stdout: renderJson(options, { exit, data: result.data, findings }), stderr: '', exit };
  const stdout = result.text === '' ? '' : `${result.text}\n`;
  return { stdout, stderr: findings.map(renderFinding).join(''), exit };
}

/** An expected error is a message and its fix; anything else is a fault of this program and shows its stack. */
export function reportError(error: unknown, options: ReportOptions): Report {
  const exit = findExit(error) ?? 'internal';
  const findings = findingsOf(error, options);
  if (options.json) return { stdout: renderJson(options, { exit, data: null, findings }), stderr: '', exit };
  return { stdout: '', stderr: `${renderError(error)}\n`, exit };
}

/** How an expected error ends a command; undefined: nobody expected it. */
export function findExit(error: unknown): MigrateExit | undefined {
  if (error instanceof CliError) return error.exit;
  return error instanceof MigrationError ? exitOfFault[error.code] : undefined;
}

/** One for each fault. */
export function findingsOf(error: unknown, { program, command }: Omit<ReportOptions, 'json'>): CliFinding[] {
  const verify = `${program} ${command}`;
  if (error instanceof MigrationError) {
    return error.faults.map((fault) => ({
      id: idOf(fault.code),
      severity: 'error',
      evidence: placeOf(fault) ?? command,
      cause: causeOf(fault),
      fix: fault.hint ?? migrateExitCodes[exitOfFault[fault.code]].meaning,
      verify,
    }));
  }
  const [exit, fix] = error instanceof CliError ? [error.exit, error.fix] : (['internal', 'report it'] as const);
  const cause = error instanceof Error ? error.message : String(error);
  return [{ id: idOf(exit), severity: 'error', evidence: command, cause, fix, verify }];
}

/** For a person: where, what and how to mend it, for each fault. */
export function renderError(error: unknown): string {
  if (error instanceof MigrationError) return error.faults.map(renderFault).join('\n');
  if (error instanceof CliError) return `${error.message}\n  fix: ${error.fix}`;
  return `This is a fault of the program: ${error instanceof Error ? error.stack : String(error)}`;
}

interface JsonParts {
  readonly exit: MigrateExit;
  readonly data: unknown;
  readonly findings: readonly CliFinding[];
}

function renderJson({ command }: ReportOptions, { exit, data, findings }: JsonParts): string {
  return `${JSON.stringify({ schema_version: 1, command, ok: exit === 'ok', data, findings }, null, 2)}\n`;
}

function renderFinding({ severity, evidence, cause, fix }: CliFinding): string {
  return `${severity === 'warning' ? 'warning: ' : ''}${evidence}: ${cause}\n  fix: ${fix}\n`;
}

function renderFault(fault: MigrationFault): string {
  const place = placeOf(fault);
  const fix = fault.hint === undefined ? '' : `\n  fix: ${fault.hint}`;
  return `${place === undefined ? '' : `${place}: `}${causeOf(fault)}${fix}`;
}

function placeOf({ file, line, column }: MigrationFault): string | undefined {
  const parts = [file, line, column].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join(':');
}

function causeOf({ message, sqlstate }: MigrationFault): string {
  return sqlstate === undefined ? message : `${message} (SQLSTATE ${sqlstate})`;
}

function idOf(code: string): string {
  return `ST-MIGRATE-${code.toUpperCase().replaceAll('_', '-')}`;
}
